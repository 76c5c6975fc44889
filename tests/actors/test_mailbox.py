"""Mailboxes: nobody who asks is left without an answer."""

from dataclasses import dataclass, field

import pytest
import trio
import trio.testing

from actors.errors import ActorGone
from actors.mailbox import Inbox, Reply


@dataclass(frozen=True)
class Question:
    text: str = ""
    reply: Reply[str] = field(default_factory=Reply)


async def test_messages_arrive_in_the_order_in_which_they_were_sent() -> None:
    inbox: Inbox[Question] = Inbox("tester")
    for text in "abc":
        await inbox.send(Question(text))

    assert [(await inbox.receive()).text for _ in range(3)] == ["a", "b", "c"]


async def test_a_message_whose_handling_breaks_is_answered() -> None:
    inbox: Inbox[Question] = Inbox("tester")
    question = Question()

    with pytest.raises(ValueError, match="broken"), inbox.handling(question):
        raise ValueError("broken")

    with pytest.raises(ActorGone, match="tester"):
        await question.reply.wait()


async def test_who_lies_unread_when_the_actor_goes_is_told() -> None:
    inbox: Inbox[Question] = Inbox("tester", size=1)
    questions = [Question(), Question()]
    async with trio.open_nursery() as nursery:
        for question in questions:
            nursery.start_soon(inbox.send, question)
        await trio.testing.wait_all_tasks_blocked()
        inbox.close()

    for question in questions:
        with pytest.raises(ActorGone):
            await question.reply.wait()


async def test_who_comes_after_the_actor_has_gone_is_told_at_once() -> None:
    inbox: Inbox[Question] = Inbox("tester")
    inbox.close()

    with pytest.raises(ActorGone):
        await inbox.send(Question())


async def test_the_first_answer_stands() -> None:
    reply: Reply[int] = Reply()
    reply.give(1)
    reply.give(2)
    reply.refuse(ValueError())

    assert await reply.wait() == 1
