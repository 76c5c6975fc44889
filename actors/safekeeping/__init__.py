"""Keeping a data folder safe: copied while its service runs, checked, put back, repaired.

check.py finds what is wrong and changes nothing; backup.py and restore.py carry a whole folder to
another place; repair.py makes a new journal of what can be read of a damaged one.

Behind them: findings.py compares what is on record with what is on disk and has the words;
manifest.py is what a backup says of itself; reading.py takes a steady copy of a journal and reads
it; carrying.py copies a folder's contents, places.py makes folders that appear whole or not at all;
salvage.py reads around damage.

All of it is blocking and for programs of their own, beside a service and never inside of it.
"""
