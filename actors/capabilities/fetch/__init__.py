"""Pictures from addresses into the session's files; a map of the folder.

- `capability`: the contract's face of it; `request`, `settings`, `errors`: its words.
- `urls` (pure): what an address says, read once and strictly.
- `addresses` (pure): which network addresses may be connected to.
- `answers` (pure): what the head of a source's answer means for us.
- `inflate` (pure): gzip with a lid.
- `transport`: resolves, checks, connects; the only file that opens a connection.
- `exchange`: one HTTP request and its answer over one connection.
- `work`: hops, deadlines, several at once, one outcome an address.

Every hop of every address goes through `urls`, `addresses` and `transport` in this order: a
redirect is a new address from a stranger, not a continuation of the old one.
"""
