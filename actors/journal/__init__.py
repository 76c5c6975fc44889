"""The durable record of sessions, files and jobs.

port.py says what a journal promises; sqlite.py keeps it on disk; memory.py keeps the same promises
without threads, for the virtual clock. One contract suite runs against both.

Behind sqlite.py: groups.py turns many writers into few commits, store.py is the open database,
opening.py opens it once inspection.py has nothing against it, writeahead.py reads SQLite's log;
statements.py, queries.py and schema.py hold the SQL; sound.py and stamps.py bear with rows that
are damaged. Behind memory.py: shelves.py. Both share
age.py, records.py and paging.py.
"""
