"""Cuts a long result into pieces where nothing is cut through.

`cuts`: from how lively each row is to the rows where to cut; pure. `order`: what is asked of a
child and answered. `activity`, `find`: for child processes only, since they look at pixels.
"""
