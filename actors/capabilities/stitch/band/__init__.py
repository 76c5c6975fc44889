"""Film lines: of each still but the first, only the rows that hold its caption.

`percent`: the band as somebody writes it, and what is then shown of each picture; pure. `order`:
what is asked of a child and answered. `agreement`, `runs`: from the strokes in each row to a band;
pure. `strokes`, `find`: for child processes only, since they look at pixels.
"""
