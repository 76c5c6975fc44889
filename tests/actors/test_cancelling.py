import trio

from actors.cancelling import but_cancelling, is_cancelled


async def cancelled() -> trio.Cancelled:
    """One, as Trio makes them."""
    with trio.CancelScope() as scope:
        scope.cancel()
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled as error:
            return error
    raise AssertionError


async def test_of_mere_cancelling_nothing_is_left() -> None:
    one = await cancelled()

    assert but_cancelling(one) is None
    assert but_cancelling(BaseExceptionGroup("", [one, BaseExceptionGroup("", [one])])) is None


async def test_what_broke_beside_cancelling_is_left_at_any_depth() -> None:
    one, error = await cancelled(), ValueError()
    group = BaseExceptionGroup("", [one, BaseExceptionGroup("", [one, error])])

    left = but_cancelling(group)

    assert isinstance(left, ExceptionGroup)
    assert left.split(ValueError)[1] is None


async def test_what_ends_the_interpreter_is_left_as_that() -> None:
    left = but_cancelling(BaseExceptionGroup("", [await cancelled(), KeyboardInterrupt()]))

    assert isinstance(left, BaseExceptionGroup)
    assert not isinstance(left, Exception)


def test_an_error_alone_is_left_as_it_is() -> None:
    error = ValueError()
    assert but_cancelling(error) is error


async def test_a_task_is_cancelled_where_any_scope_around_it_is_and_not_in_a_shield() -> None:
    with trio.CancelScope() as outer, trio.CancelScope():
        assert not is_cancelled()
        outer.cancel()
        assert is_cancelled()
        with trio.CancelScope(shield=True):
            await trio.lowlevel.checkpoint()
            assert not is_cancelled()
