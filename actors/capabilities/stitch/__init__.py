"""Joins a session's pictures into one.

In the server, pure: `request`, made of `fields/`, and `wishes` what a user asks, `settings` what an
operator limits, `errors` why not. `items` which pictures and what of each, `usable` whether those
are enough, `layouts/` where each lies on the canvas as `asked`, `design` all of it together.
`costs` what it takes: `memory`, `estimates` (bytes) and `durations`, less where pictures are likely
to be `copies`. `forecast` the judgement, `offers` what would do instead, `notes` what else is said,
`asking` what a child is asked. `geometry` and `formats` have the shapes and the formats' limits.
In the server, waiting: `capability` answers the tree, `joining` goes through the steps of a job,
`looking` has children look for what must be known before, `course` makes one line of how far all
steps are.

In a child: `work` joins. `shortcuts` copies what is compressed already (`jpeg/`, `png/`, unless it
is of an `unknown` form); else `painting` paints, straight into place where it can (`windows`), with
`decor/` around the pictures, band by band (`bands`, `press`, several `hands`), and `sinks/` write
(`tiff/`, `pdf`, `extras` and `facts` with what goes beside the pixels, `depth` tells what they
lost; `quality` finds the one that meets a size).
`survey` looks at pictures one by one: for `overlap/`, a caption `band/`, rows for `cutting/`, or to
be sure that all can be read (`checking`, `reading`).

`order` has the values that cross the pipe.
"""

from typing import Final

SUMMARY: Final = (
    "Joins my pictures into one: below or beside each other, as a grid, a collage or by a template."
)
"""One sentence for people; here, since a help that lists all capabilities loads none."""
