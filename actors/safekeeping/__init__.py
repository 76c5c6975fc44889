"""Keeping a data folder safe: copied while its service runs, checked, put back, repaired.

check.py finds what is wrong and changes nothing; backup.py and restore.py carry a whole folder to
another place; repair.py makes a new journal of what can be read of a damaged one.

Behind them: findings.py compares what is on record with what is on disk and has the words;
manifest.py is what a backup says of itself; snapshot.py takes a steady copy of a journal, which
reading.py reads; carrying.py copies a folder's contents (copying.py one file), places.py makes
folders that appear whole or not at all, taking.py holds one that no server has; salvage.py saves
what pages.py can read of a damaged journal, and wall.py lets the time in between count for nothing.

All of it is blocking and for programs of their own, beside a service and never inside of it.
"""
