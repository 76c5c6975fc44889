"""The durable record of sessions, files and jobs.

port.py says what a journal promises; sqlite.py keeps it on disk; memory.py keeps the same promises
without threads, for the virtual clock. One contract suite runs against both.

Behind sqlite.py: groups.py turns many writers into few commits, store.py is the open database,
opening.py finds out whether a folder may be opened, statements.py, queries.py and schema.py hold
the SQL. Behind memory.py: shelves.py. Shared by both: age.py, records.py and paging.py.
"""
