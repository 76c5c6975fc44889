"""Settings. Imports nothing of ours.

settings.py says what can be configured; load.py is the only reader of files and environment.
"""
