"""What a backup says of itself survives being written down, and lies are found."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.safekeeping.findings import Code
from actors.safekeeping.manifest import Manifest, ManifestError, decode, disagreements, encode

numbers = st.integers(0, 1 << 50)
manifests = st.builds(
    Manifest,
    release=st.text(),
    schema=numbers,
    made_at=st.text(),
    sessions=numbers,
    jobs=numbers,
    files=numbers,
    uploads=numbers,
    bytes=numbers,
    left_out=numbers,
    damaged=numbers,
    journal_sha256=st.text(),
    format=st.just(1),
)


@given(manifests)
def test_a_manifest_is_read_as_it_was_written(manifest: Manifest) -> None:
    assert decode(encode(manifest)) == manifest
    assert not list(disagreements(manifest, manifest))


@given(st.binary())
def test_what_is_no_manifest_is_told_so(text: bytes) -> None:
    with pytest.raises(ManifestError):
        decode(text)


@given(manifests)
def test_a_manifest_of_another_layout_is_not_taken_for_ours(manifest: Manifest) -> None:
    with pytest.raises(ManifestError):
        decode(encode(replace(manifest, format=2)))


@given(manifests, manifests)
def test_whatever_is_not_so_is_found(said: Manifest, seen: Manifest) -> None:
    names = ("sessions", "jobs", "files", "uploads", "bytes", "journal_sha256")
    wrong = [name for name in names if getattr(said, name) != getattr(seen, name)]

    found = list(disagreements(said, seen))

    assert len(found) == len(wrong)
    assert {finding.code for finding in found} <= {Code.MANIFEST}
