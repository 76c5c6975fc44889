"""Starts processes of every kind in a worker, and stays with them until it is cancelled."""
