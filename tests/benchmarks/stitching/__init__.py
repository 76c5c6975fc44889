"""How fast and lean stitch joins, beside its peers: `python -m tests.benchmarks.stitching`.

What is joined is in workloads.py, of what in inputs.py (photographs.py, screenshots.py); who joins
in contenders.py, and how each does it in worker.py (ours; ours.py plans it, service.py asks a
running service), pillow.py, vips.py, sharp.cjs and magick.py, which peers.py installs. launcher.py
runs one of them and measures, difference.py compares what they made, goals.py judges, and
tables.py prints.
"""
