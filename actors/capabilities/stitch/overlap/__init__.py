"""Finds by how much a page was scrolled between screenshots, and what of each is to be kept.

`order`: what is asked and answered, plain values. `votes`, `edges`, `parts`: the decisions, pure.
`look`, `facing`, `bar`, `find`: for child processes only, since they look at pixels.
"""
