"""Listed cases of what does not exist here, each with the reason."""

from tests.hostile.cases.case import SKIPPED

SKIPPED.update(
    dict.fromkeys(
        ("EXT-01", "EXT-03", "EXT-05", "EXT-07"), "there is no capability that publishes yet"
    )
)
SKIPPED.update(
    dict.fromkeys(("MED-01", "MED-03", "MED-05", "MED-07"), "there is no capability of videos yet")
)
SKIPPED["UPL-15"] = "a full disk needs a file system of its own: tests/actors/test_workspace.py"
