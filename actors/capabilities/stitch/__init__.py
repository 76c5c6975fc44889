"""Joins a session's pictures into one.

request.py what a user asks, settings.py what an operator limits, errors.py why not.
geometry.py where each picture lies, memory.py what it takes, forecast.py both for a request: pure.
capability.py answers the tree. order.py is what it sends to a child, where work.py joins:
actors/pictures.py reads, work.py paints, writers.py writes.
"""
