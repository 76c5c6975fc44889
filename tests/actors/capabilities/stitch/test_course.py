"""Several steps that each count from 0 to 1 make one line, which never goes back."""

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.course import Course
from actors.messages import Progress

Steps = list[tuple[float, float, bool, list[float]]]

seconds = st.floats(0, 1000, allow_nan=False)
steps = st.lists(
    st.tuples(seconds, seconds, st.booleans(), st.lists(st.floats(0, 1, allow_nan=False)))
)


def heard(steps: Steps) -> list[float]:
    told: list[Progress] = []
    course = Course(told.append)
    for seconds, rest, again, fractions in steps:
        hear = course.step(seconds, rest=rest, again=again)
        for fraction in fractions:
            hear(Progress(fraction=fraction, step=""))
    return [one.fraction for one in told]


@given(steps)
def test_it_never_falls_and_stays_within_0_and_1(steps: Steps) -> None:
    fractions = heard(steps)

    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)


def test_each_step_takes_its_share_of_the_seconds() -> None:
    assert heard([(1, 3, False, [0.0, 0.5, 1.0]), (3, 0, False, [0.5, 1.0])]) == [
        0,
        0.125,
        0.25,
        0.625,
        1,
    ]


def test_who_begins_before_the_step_has_ended_goes_on_from_there() -> None:
    """As a join does that is tried again without a picture that turned out to be broken."""
    assert heard([(1, 0, False, [0.5]), (1, 1, False, [0.0, 1.0])]) == [0.5, 0.5, 0.75]


def test_a_step_that_begins_anew_by_itself_takes_half_of_what_is_left_each_time() -> None:
    assert heard([(1, 0, True, [0.0, 1.0, 0.0, 1.0, 0.5])]) == [0, 0.5, 0.5, 0.75, 0.8125]


def test_the_words_of_a_step_are_left_as_they_are() -> None:
    told: list[Progress] = []
    hear = Course(told.append).step(1, rest=1)

    hear(Progress(fraction=1.0, step="looking", done=2, total=2, unit="pictures"))

    assert told == [Progress(fraction=0.5, step="looking", done=2, total=2, unit="pictures")]
