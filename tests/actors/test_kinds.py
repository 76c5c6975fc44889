from importlib.util import find_spec

import pytest

from actors import kinds, pictures
from actors.kinds import readable


def test_every_kind_that_has_a_decoder_is_told_of() -> None:
    assert {kind for kind, _ in kinds._PICTURES} == set(pictures._DECODERS)


def test_heic_is_told_of_only_where_its_decoder_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ("image/heic" in readable()) == (find_spec("pillow_heif") is not None)
    monkeypatch.setattr(kinds, "find_spec", lambda _: None)
    assert "image/heic" not in readable()
    assert "image/jpeg" in readable()
