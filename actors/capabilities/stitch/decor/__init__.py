"""What is drawn around and on the pictures: captions, numbers, marks, frames, backdrops.

Owns: how each of them looks, and the shipped font.
Never: reads a request or an order, opens a picture's file, decides whether something is drawn.

- `words`, `coverage`, `room`: pure. Which of a stranger's characters are shown, where lines break,
  how much room a caption takes, where a mark lies. The server may import these.
- `stamping`, `text`, `captions`, `frames`, `backdrop`, `marks`: draw with Pillow; for child
  processes only.

All that draws into a strip takes boxes in the strip's own rows. A strip may hold some rows of the
canvas only, so a box may reach beyond it: what does not lie in the strip is left out, and what
does has the pixels that it would have on the whole canvas.
"""
