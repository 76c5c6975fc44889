"""The durable record of sessions, files and jobs.

port.py says what a journal promises; sqlite.py keeps it on disk; memory.py keeps the same promises
without threads, for the virtual clock. One contract suite runs against both.
"""
