"""JPEG at the level of its segments: whole pictures copied, or strips of pixels joined.

Owns: everything between a JPEG's bytes and what a decoder sees of it.
Never: knows a layout or a job. What it reads may be hostile: every length is checked before it is
believed, and what it does not know it refuses.
"""
