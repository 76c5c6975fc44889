"""Capabilities that only the fault suite has: guest.py makes the server look for them here, too."""
