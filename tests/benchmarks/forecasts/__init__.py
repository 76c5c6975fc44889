"""How true stitch's forecasts are: `python -m tests.benchmarks.forecasts SAMPLES PICTURES`.

Owns: the joins that are foretold and done (`cases`), of what (`pictures`), what each took
(`measured`), and how near the forecast came (`__main__`).
Never: changes a constant: whoever fits `estimates` anew reads the table, and the file of all cases.
"""
