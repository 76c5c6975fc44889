"""The headers that keep browsers from guessing: plain data, the same on every answer.

Owns: what every answer carries, whoever gives it: the application (answers.py) or the edge, which
refuses before the application is asked (edge/rules.py).
Never: imports anything.
"""

CONTENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For all but our own pages, users' bytes above all: whatever a browser takes it for is inert."""

PRIVATE = "private, no-store"
"""How long an answer may be kept that says nothing else: not at all."""

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer, pages included."""
