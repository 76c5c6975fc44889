"""The commands `stitchery backup`, `check`, `restore` and `repair`.

command.py has the commands, view.py what they print; the work is done in actors/safekeeping.
"""
