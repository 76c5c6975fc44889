"""Seeded chaos over the whole tree on virtual time; `python -m tests.simulation --help`.

`chaos.py` makes the days and plays them, `chores.py` is the work, `ledger.py` keeps what was
promised and judges every step.
"""
