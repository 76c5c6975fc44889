"""Black-box cases: what a stranger may send to the running program, and what must come of it.

Owns: one module an area, the cases' ids (those of hostile/cases.json, a letter behind one for its
siblings), the runner (`python -m tests.hostile.cases`) and its table.
Never: imports the product but for words that tests share; a case knows sockets and nothing else.
"""
