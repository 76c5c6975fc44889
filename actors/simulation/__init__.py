"""The real tree on virtual time: a day of ten thousand users in seconds, and always the same day.

Owns: what stands in for time, disk, processes and chance (clockwork.py, world.py, work.py); the
loads that users bring (load.py, history.py); playing a load through the tree (play.py); and what is
told afterwards (report.py, advice.py).
Never: contains a second supervisor, session or limiter. What is simulated is the work alone.
"""
