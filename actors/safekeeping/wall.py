"""The wall clock's mark in a journal that is put in place of another.

Owns: that the time for which a record lay in a backup, or lay damaged, counts for nothing.
Never: changes the age itself, or opens a journal.

At a start the time since the mark counts as age (actors/journal/age.py). A backup of ten days ago
would so be ten days older at once, and what it was restored for removed as too old.
"""

import sqlite3


def forget_mark(connection: sqlite3.Connection) -> None:
    """Takes the mark off the record. Without one no time has passed since the last life."""
    connection.execute("DELETE FROM meta WHERE name = 'wall'")
