"""Faults inside one process: the real tree on virtual time, so that each can be had again.

`work.py` is what jobs do, `record.py` and `rig.py` are what a tree stands on, `story.py` is what
users do and `truth.py` what must be true afterwards; `stage.py` plays a story with one accident at
one point, at every point. The accidents: `cancels.py` (F20 of hostile.md 8), `falls.py` (F18),
`races.py` (F17), `stores.py` (the record and the disk fail), `crowds.py` (F19, no buffers).

`python -m tests.faults.inside` plays them all, at every point, and prints the numbers.
"""
