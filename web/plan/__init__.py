"""The command `stitchery plan`: what users would meet, before they do.

`options` are what may be asked, `command` asks it of `actors.simulation`, `measure` asks this
machine, `view` and `words` tell.
"""
