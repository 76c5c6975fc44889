"""The stamps on rows: the ages at which files were added, jobs ended and sessions were last used.

Owns: which stamps a life can have made, and what becomes of the others. Blocking.
Never: takes what makes no sense for old: retention removes what is old.

A stamp is eight bytes in a row. One flipped bit puts it a thousand years ahead, or below nothing.
"""

import sqlite3
from typing import Final

_STAMPS: Final = (("sessions", "used"), ("files", "added"), ("jobs", "ended"))


def reached(connection: sqlite3.Connection, most: float) -> float:
    """The greatest stamp on record that is not beyond `most`; 0.0 where there is none."""
    greatest = 0.0
    for table, stamp in _STAMPS:
        ((found,),) = connection.execute(
            f"SELECT coalesce(max({stamp}), 0.0) FROM {table} WHERE {stamp} BETWEEN 0 AND ?",  # noqa: S608 -- our own names
            (most,),
        ).fetchall()
        greatest = max(greatest, found)
    return greatest


def renew(connection: sqlite3.Connection, age: float) -> tuple[str, ...]:
    """Stamps anew what bears a stamp that is greater than the age, or less than 0; tells it.

    Within a transaction. SQLite takes texts and bytes for greater than any number, and reads what
    is no number of a stamp as NULL, which is before nothing.
    """
    told = []
    for table, stamp in _STAMPS:
        renewed = connection.execute(
            f"UPDATE {table} SET {stamp} = :age WHERE {stamp} > :age OR {stamp} < 0",  # noqa: S608 -- our own names
            {"age": age},
        ).rowcount
        if renewed:
            told.append(
                f"The journal's table {table} had {renewed} row(s) with an age that nothing on "
                "record can have. They count as made now: they are kept longer, and not removed "
                "sooner."
            )
    return tuple(told)
