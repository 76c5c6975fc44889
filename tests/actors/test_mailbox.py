"""Mailboxes: nobody who asks is left without an answer."""

from dataclasses import dataclass

import pytest
import trio

from actors.errors import ActorGone
from actors.mailbox import Inbox, Question, Reply


@dataclass(frozen=True, kw_only=True)
class Hello(Question[str]):
    text: str = ""


async def test_messages_arrive_in_the_order_in_which_they_were_sent() -> None:
    inbox: Inbox[Hello] = Inbox("tester")
    for text in "abc":
        inbox.post(Hello(text=text))

    assert [(await inbox.receive()).text for _ in range(3)] == ["a", "b", "c"]


async def test_a_message_whose_handling_breaks_is_answered() -> None:
    inbox: Inbox[Hello] = Inbox("tester")
    question = Hello()

    with pytest.raises(ValueError, match="broken"), inbox.answering(question):
        raise ValueError("broken")

    with pytest.raises(ActorGone, match="tester"):
        await question.reply.wait()


async def test_who_lies_unread_when_the_actor_goes_is_told() -> None:
    inbox: Inbox[Hello] = Inbox("tester")
    questions = [Hello(), Hello()]
    for question in questions:
        inbox.post(question)
    inbox.close()

    for question in questions:
        with pytest.raises(ActorGone):
            await question.reply.wait()


async def test_who_comes_after_the_actor_has_gone_is_told_at_once() -> None:
    inbox: Inbox[Hello] = Inbox("tester")
    inbox.close()

    with pytest.raises(ActorGone):
        inbox.post(Hello())


async def test_the_first_answer_stands() -> None:
    reply: Reply[int] = Reply()
    reply.give(1)
    reply.give(2)
    reply.refuse(ValueError())

    assert await reply.wait() == 1


async def test_who_is_cancelled_with_the_actor_is_told_of_the_cancelling() -> None:
    inbox: Inbox[Hello] = Inbox("tester")
    inbox.close()
    with trio.CancelScope() as scope:
        scope.cancel()
        await inbox.ask(Hello())
    assert scope.cancelled_caught
    with pytest.raises(ActorGone):
        await inbox.ask(Hello())


async def test_whoever_asked_what_an_actor_fell_over_is_told() -> None:
    inbox: Inbox[Hello] = Inbox("tester")
    question = Hello()
    inbox.post(question)
    await inbox.receive()

    assert inbox.let_go() is None
    with pytest.raises(ActorGone):
        await question.reply.wait()


async def test_what_nobody_waits_for_comes_back_to_who_fell_over_it_once() -> None:
    inbox: Inbox[str] = Inbox("tester")
    inbox.post("leave")
    await inbox.receive()

    assert (inbox.let_go(), inbox.let_go()) == ("leave", None)
