"""The one word for files that are joined by painting alone, since their form is not known.

Owns: the exception that all raise who read what is compressed as it is.
Never: blames a file: another way of reading it may do, or name the fault.
"""


class UnknownForm(Exception):
    """Why a file cannot be copied from, as words about it: "it is interlaced"."""
