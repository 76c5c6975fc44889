"""Settings. Imports nothing of ours.

settings.py     what can be configured: sections, defaults, units, rules over several keys
load.py         the only reader: defaults < preset < file < environment < command line
documents.py    pure: JSON and TOML whose keys know their lines
environment.py  pure: STITCHERY_SECTION__KEY
check.py        pure: judges each value, then what stands together
mistakes.py     pure: how a mistake is told; ConfigurationError holds all of them
schema.py       pure: the JSON Schema, and in words what a field accepts
explain.py      pure: what a configuration means, and what deserves a second thought
machine.py      what the machine allows
presets/        small.json, medium.json, large.json
"""
