"""What a comparison of record and disk must find, for all of both."""

from hypothesis import given
from hypothesis import strategies as st

from actors.safekeeping.findings import ADVICE, Code, Contents, Recorded, Stored, compare

places = st.tuples(st.sampled_from("ab"), st.sampled_from("123"))
sizes = st.integers(0, 2)
stored = st.builds(
    Stored, files=st.dictionaries(places, sizes), drafts=st.dictionaries(places, sizes)
)
contents = st.builds(
    Contents,
    files=st.dictionaries(places, st.builds(Recorded, sizes, st.just("0" * 64))),
    uploads=st.dictionaries(places, sizes),
)


def test_every_finding_says_what_to_do() -> None:
    assert ADVICE.keys() == set(Code)
    assert all(text.endswith(".") for text in ADVICE.values())


@given(contents)
def test_a_disk_that_holds_what_is_on_record_is_no_finding(contents: Contents) -> None:
    files = {place: file.size for place, file in contents.files.items()}

    assert not compare(contents, Stored(files, contents.uploads))


@given(contents, stored)
def test_each_difference_is_found_under_its_place_and_nothing_else(
    contents: Contents, stored: Stored
) -> None:
    found = {(finding.code, (finding.session, finding.id)) for finding in compare(contents, stored)}

    files, uploads = contents.files, contents.uploads
    missing = {place for place in files if place not in stored.files}
    wrong = {place for place in files.keys() - missing if files[place].size != stored.files[place]}
    assert {place for code, place in found if code is Code.FILE_MISSING} == missing
    assert {place for code, place in found if code is Code.FILE_SIZE} == wrong
    unrecorded = stored.files.keys() - files.keys() - uploads.keys()
    assert {place for code, place in found if code is Code.FILE_UNRECORDED} == unrecorded
    gone = uploads.keys() - stored.drafts.keys() - stored.files.keys()
    assert {place for code, place in found if code is Code.DRAFT_MISSING} == gone
    drafts = stored.drafts.keys() - uploads.keys()
    assert {place for code, place in found if code is Code.DRAFT_UNRECORDED} == drafts
