"""The tables of the journal, as the steps that lead to them.

Owns: the migrations. A step that was released is never edited; a change is a further step.
Never: runs one (opening.py does).

Each row keeps the whole record as JSON text in `document`; columns beside it exist where a query
looks for them. `id` sorts by creation, so that rows are appended and lists need no sorting. `used`,
`added` and `ended` are ages of the record in seconds (age.py); `meta` has the last mark, `age` and
`wall`, in microseconds. SQL stays within SQLite 3.24, the first to know `ON CONFLICT DO UPDATE`.
"""

from typing import Final

APPLICATION_ID: Final = 0x53746368
"""Marks the file as ours ("Stch"), so that another program's database is not taken for it."""

_FIRST = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('life', 0)",
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, document TEXT NOT NULL)",
    """
    CREATE TABLE jobs (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        capability TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    )
    """,
    "CREATE INDEX unfinished_jobs ON jobs (id) WHERE state IN ('queued', 'running')",
    """
    CREATE TABLE keys (
        session TEXT NOT NULL,
        key TEXT NOT NULL,
        job TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (session, key),
        FOREIGN KEY (session, job) REFERENCES jobs ON DELETE CASCADE
    )
    """,
    "CREATE INDEX keys_of_job ON keys (session, job)",
    """
    CREATE TABLE files (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        size INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    )
    """,
)

_OWNERS_AND_UPLOADS = (
    "ALTER TABLE sessions ADD COLUMN owner TEXT",
    "CREATE UNIQUE INDEX owners ON sessions (owner) WHERE owner IS NOT NULL",
    """
    CREATE TABLE uploads (
        session TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        id TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (session, id)
    )
    """,
    "CREATE INDEX jobs_by_age ON jobs (id)",
)

# What is kept already gets the age 0, at which every record begins: its retention begins with this
# step. Without a wall clock on record, the time before it counts as nothing.
_AGES = (
    "INSERT INTO meta VALUES ('age', 0)",
    "ALTER TABLE sessions ADD COLUMN used REAL NOT NULL DEFAULT 0",
    "CREATE INDEX sessions_by_use ON sessions (used, id)",
    "ALTER TABLE files ADD COLUMN added REAL NOT NULL DEFAULT 0",
    "CREATE INDEX files_by_age ON files (added, id)",
    "ALTER TABLE jobs ADD COLUMN ended REAL",
    "UPDATE jobs SET ended = 0 WHERE state NOT IN ('queued', 'running')",
    "CREATE INDEX ended_jobs ON jobs (ended, id) WHERE ended IS NOT NULL",
    "CREATE TABLE learnt (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST, _OWNERS_AND_UPLOADS, _AGES)
"""Step number n leads from version n (an empty file is 0) to n + 1."""

VERSION: Final = len(MIGRATIONS)
