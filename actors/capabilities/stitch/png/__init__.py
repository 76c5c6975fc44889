"""PNG at the level of its rows: read the structure, join rows of several pictures, write rows.

Owns: everything between a PNG's bytes and its filtered rows.
Never: knows a layout or a job, or which colours the bytes of rows mean that it copies. What it
reads may be hostile: every length is checked before it is believed, and what it does not know it
refuses.
"""
