"""Looks and news: near the head often and all, far back rarely and little."""

from actors.lookout import MOST_LOOKS, MOST_PATIENCE, Lookout, differs, patience
from actors.messages import Eta, Hold, Outlook


def outlook(position: int, limit: str = "global_jobs") -> Outlook:
    holds = (Hold(limit=limit, used=3, max=3),)
    return Outlook(position=position, waiting_for=holds, eta=Eta(p50=position, p90=position))


def test_a_line_of_ten_thousand_that_moves_up_by_one_is_news_to_a_few() -> None:
    news = sum(differs(outlook(place + 1), outlook(place)) for place in range(1, 10_000))

    assert news <= 10
    assert all(differs(outlook(place + 1), outlook(place)) for place in range(1, 9))


def test_another_limit_and_a_time_that_becomes_known_are_news() -> None:
    assert differs(outlook(5000), outlook(5000, "stitch.paused"))
    assert differs(Outlook(position=5), Outlook(position=5, eta=Eta(p50=1, p90=2)))
    assert not differs(Outlook(position=5000), Outlook(position=5001))


def test_that_time_passes_is_no_news() -> None:
    told, now = (Outlook(position=9, eta=Eta(p50=s, p90=s)) for s in (100, 60))

    assert not differs(told, now, passed=40)
    assert differs(told, now, passed=10)


def test_looks_are_rarer_the_further_off_the_end_is() -> None:
    waits = [patience(Outlook(position=9, eta=Eta(p50=s, p90=s))) for s in (0, 40, 200, 1e6)]

    assert waits == [0.0, 2.0, 10.0, MOST_PATIENCE]


def test_what_was_told_by_another_message_is_not_told_again() -> None:
    lookout = Lookout()
    lookout.told("job", outlook(100), 0)

    assert lookout.due(["job"], 1) == []
    assert lookout.due(["job"], 6) == ["job"]
    assert not lookout.is_news("job", outlook(94), 6)
    assert lookout.due(["job"], 7) == []
    assert lookout.is_news("job", outlook(50), 20)


def test_a_thousand_jobs_are_looked_at_in_turns_none_twice_before_all_once() -> None:
    lookout = Lookout()
    jobs = [str(number) for number in range(10 * MOST_LOOKS)]
    looked: list[str] = []
    for second in range(10):
        due = lookout.due(jobs, second)
        assert len(due) == MOST_LOOKS
        for job in due:
            lookout.is_news(job, outlook(400), second)
        looked += due

    assert sorted(looked) == sorted(jobs)


def test_who_waits_no_longer_is_forgotten() -> None:
    lookout = Lookout()
    lookout.told("gone", outlook(1), 0)
    lookout.due([], 1)

    assert not lookout._seen
