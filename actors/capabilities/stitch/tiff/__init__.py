"""TIFF at the level of its directories and strips: facts are read from them, pictures written.

Owns: everything between pixels and a TIFF's bytes, and the directories that EXIF is made of, too.
Never: knows Pillow's reader, a layout, or a job. What it reads may be hostile: every length is
checked before it is believed.
"""
