import pytest

from actors.workers.call import Call
from actors.workers.lifeline import Report


@pytest.mark.parametrize(
    "target", ["os", "os:", ":system", "os.path:join.x", "a b:c", "../a:b", ""]
)
def test_a_target_that_names_no_function_of_a_module_is_refused_at_once(target: str) -> None:
    with pytest.raises(ValueError, match=r"package\.module:function"):
        Call(target, int, int)


def test_the_last_words_of_a_guard_arrive_whole_or_not_at_all() -> None:
    for report in (Report(status=9, ended=4), Report(status=None, ended=4)):
        assert Report.parse(report.pack()) == report
    assert Report.parse(report.pack()[:-1]) is None
    assert Report.parse(b"") is None
