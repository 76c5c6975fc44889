"""What a session may hold, counted before it is written."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import QuotaExceeded, TooLarge, UnsupportedMedia
from actors.quota import Allowance, Quota, Reservation


def a_quota(max_bytes: int = 100, max_files: int = 3) -> Quota:
    return Quota(max_bytes=max_bytes, max_files=max_files)


def test_the_last_byte_fits_and_the_next_does_not() -> None:
    quota = a_quota(max_bytes=100)
    room = quota.reserve(60)
    room.cover(100)
    with pytest.raises(QuotaExceeded) as caught:
        room.cover(101)
    assert caught.value.limit == "session_bytes"
    assert quota.reserved_bytes == 100


def test_the_last_file_fits_and_the_next_does_not() -> None:
    quota = a_quota(max_files=2)
    quota.reserve().commit(0)
    quota.reserve()
    with pytest.raises(QuotaExceeded) as caught:
        quota.reserve()
    assert caught.value.limit == "session_files"


def test_a_refused_reservation_promises_nothing() -> None:
    quota = a_quota(max_bytes=10)
    with pytest.raises(QuotaExceeded, match="11 more do not fit"):
        quota.reserve(11)
    assert (quota.reserved_files, quota.reserved_bytes) == (0, 0)


def test_what_was_reserved_beyond_the_file_is_given_back() -> None:
    quota = a_quota(max_bytes=100)
    quota.reserve(90).commit(20)
    assert (quota.used_bytes, quota.used_files) == (20, 1)
    quota.reserve(80)


def test_a_reservation_ends_once() -> None:
    quota = a_quota()
    room = quota.reserve(10)
    room.release()
    room.release()
    assert (quota.reserved_files, quota.reserved_bytes) == (0, 0)
    for late in (room.cover, room.commit):
        with pytest.raises(ValueError, match="has ended"):
            late(20)
    assert quota.used_files == 0


def test_a_lowered_limit_holds_back_what_is_new_only() -> None:
    quota = a_quota(max_bytes=100)
    room = quota.reserve(50)
    quota.max_bytes = 10
    room.cover(50)
    room.commit(50)
    with pytest.raises(QuotaExceeded):
        quota.reserve(1)
    quota.remove(50)
    quota.reserve(10)


def test_an_allowance_refuses_in_the_words_of_its_owner() -> None:
    allowance = Allowance(5)
    allowance.cover(5)
    with pytest.raises(TooLarge, match="5 bytes"):
        allowance.cover(6)
    with pytest.raises(UnsupportedMedia):
        Allowance(5, refuse=lambda limit: UnsupportedMedia(str(limit))).cover(6)


def test_an_allowance_takes_the_room_of_its_session() -> None:
    quota = a_quota(max_bytes=10)
    allowance = Allowance(8, quota.reserve())
    with pytest.raises(TooLarge):
        allowance.cover(9)
    assert quota.reserved_bytes == 0
    other = Allowance(8, quota.reserve())
    allowance.cover(6)
    with pytest.raises(QuotaExceeded):
        other.cover(5)
    allowance.release()
    other.cover(5)
    other.commit(5)
    assert (quota.used_bytes, quota.reserved_bytes) == (5, 0)


steps = st.sampled_from([Reservation.cover, Reservation.commit, Reservation.release])


@given(st.lists(st.tuples(st.integers(0, 3), steps, st.integers(0, 60))))
def test_the_count_is_the_truth_whatever_happens(
    story: list[tuple[int, Callable[..., None], int]],
) -> None:
    """Used and reserved are what a plain list of files and promises comes to, within the limits."""
    quota = a_quota(max_bytes=100, max_files=3)
    open_rooms: dict[int, tuple[Reservation, int]] = {}
    files: list[int] = []
    for slot, step, size in story:
        try:
            room, covered = open_rooms.get(slot) or (quota.reserve(size), size)
            open_rooms[slot] = room, covered
            if step is Reservation.release:
                room.release()
                del open_rooms[slot]
            else:
                step(room, size)
                open_rooms[slot] = room, max(covered, size)
                if step is Reservation.commit:
                    del open_rooms[slot]
                    files.append(size)
        except QuotaExceeded:
            pass
        promised = [covered for _, covered in open_rooms.values()]
        assert (quota.used_files, quota.used_bytes) == (len(files), sum(files))
        assert (quota.reserved_files, quota.reserved_bytes) == (len(promised), sum(promised))
        assert quota.used_files + quota.reserved_files <= quota.max_files
        assert quota.used_bytes + quota.reserved_bytes <= quota.max_bytes
