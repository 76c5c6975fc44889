from hypothesis import given
from hypothesis import strategies as st

from actors.workers import staffing

few = st.integers(0, 12)


@given(warm=few, extra=few, ready=few, starting=few, busy=few, wanting=few)
def test_never_more_than_the_most_and_always_the_warm(
    *, warm: int, extra: int, ready: int, starting: int, busy: int, wanting: int
) -> None:
    most, places = warm + extra, ready + starting + busy
    started = staffing.to_start(
        warm=warm, most=most, places=places, ready=ready, starting=starting, wanting=wanting
    )
    assert started >= 0
    assert places + started <= max(most, places)
    if places <= most:
        assert places + started >= warm
    if places + started < most:
        assert ready + starting + started >= wanting, "somebody waits though there is room"


def test_a_call_waits_for_a_worker_that_starts_already() -> None:
    assert staffing.to_start(warm=1, most=9, places=3, ready=0, starting=1, wanting=1) == 0


def test_only_who_idles_long_and_is_beyond_the_warm_is_retired() -> None:
    now = 1000.0
    long = now - staffing.IDLE_SECONDS
    assert staffing.to_retire(warm=1, places=4, idle=[long, long, now], now=now) == 2
    assert staffing.to_retire(warm=1, places=2, idle=[long, long], now=now) == 1
    assert staffing.to_retire(warm=3, places=3, idle=[long, long, long], now=now) == 0
    assert staffing.to_retire(warm=0, places=2, idle=[now, now], now=now) == 0


def test_there_is_room_for_more_than_the_processors() -> None:
    assert staffing.most() >= 6
