"""Child processes that compute.

call.py names the work, pool.py lends workers, child.py is a worker's main loop, guard.py sees to
it that nothing survives, wire.py is the protocol between them.
"""
