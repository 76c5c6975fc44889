"""Capabilities that only benchmarks have; `served.py` puts this folder beside the product's own."""
