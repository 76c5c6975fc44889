"""Pictures from addresses into the session's files; a map of the folder.

- `capability`: the contract's face of it; `request`, `settings`, `errors`: its words.
- `urls` (pure): what an address says, read once and strictly.
- `addresses` (pure): which network addresses may be connected to.
- `answers` (pure): what the head of a source's answer means for us.
- `inflate` (pure): gzip with a lid.
- `dialer`: resolves, checks, connects; the only file that opens a connection.
- `exchange`: one HTTP request and its answer over one connection.
- `transport`: httpx, which joins `work` to `dialer` and `exchange`, and how it is tamed.
- `work`: hops, deadlines, several at once, one outcome an address.

Every hop of every address goes through `urls`, `addresses` and `dialer` in this order: a
redirect is a new address from a stranger, not a continuation of the old one.
"""

from typing import Final

SUMMARY: Final = "Fetches pictures from addresses into my files."
"""One sentence for people; here, since a help that lists all capabilities loads none."""
