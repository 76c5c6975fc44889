"""Child processes that compute.

Read in this order: call.py names the work; pool.py lends workers to calls; worker.py is one worker
as the server sees it; wire.py is what is said over its pipe. In the child: guard.py sees to it
that nothing survives, child.py is the worker's main loop, limits.py what bounds one call,
processes.py who stands below us. Pure: staffing.py (how many), deaths.py (what a death means),
lines.py (what a worker may say on standard error), lifeline.py (server and guard).
"""
