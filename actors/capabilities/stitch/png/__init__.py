"""PNG at the level of its rows: read the structure, join rows without decoding pixels, write rows.

Owns: everything between a PNG's bytes and its filtered rows.
Never: knows Pillow's decoder, a layout, or a job. What it reads may be hostile: every length is
checked before it is believed, and what it does not know it refuses.
"""
