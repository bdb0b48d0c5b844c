"""9. Order: what is sent first is heard first, once, whoever else sends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import pytest

from integration.client import Frame
from integration.core.client import Core, Figures, StateSocket


async def send_all(client: StateSocket, messages: Iterable[Any]) -> None:
    for message in messages:
        await client.send({"type": "user_message", "payload": message, "broadcast": True})


async def say(client: StateSocket, messages: Iterable[Any], *, others: int = 0) -> None:
    """Send them, and read acks and what `others` say meanwhile: a socket that nobody reads closes late."""
    messages = list(messages)
    sending = asyncio.create_task(send_all(client, messages))
    for _ in range(len(messages) + others):
        await client.next()
    await sending


async def hear(client: StateSocket, count: int) -> list[Frame]:
    heard: list[Frame] = []
    while len(heard) < count:
        frame = await client.next()
        if frame["type"] == "user_message":
            heard.append(frame)
    return heard


def is_dense(frames: list[Frame]) -> bool:
    sequence = [frame["sequence"] for frame in frames]
    return sequence == list(range(sequence[0], sequence[0] + len(sequence)))


async def test_messages_arrive_in_the_order_they_were_sent(core: Core, figures: Figures) -> None:
    count = 200
    async with core.open() as sender, core.open() as receiver:
        figures.start()
        saying = asyncio.create_task(say(sender, ({"n": n, "at": time.perf_counter()} for n in range(count))))
        heard = await hear(receiver, count)
        figures.seconds += [time.perf_counter() - frame["payload"]["at"] for frame in heard[-50:]]
        figures.done("messages in order", count)
        await saying
        assert [frame["payload"]["n"] for frame in heard] == list(range(count))
        assert is_dense(heard)


async def test_several_who_send_at_once_keep_their_own_order_in_one_sequence(core: Core) -> None:
    count = 30
    async with core.open() as a, core.open() as b, core.open() as c, core.open() as listener:
        senders = {"a": a, "b": b, "c": c}
        work = [
            say(client, [[name, n] for n in range(count)], others=2 * count)
            for name, client in senders.items()
        ]
        sending = asyncio.gather(*work)
        heard = await hear(listener, 3 * count)
        await sending
        assert is_dense(heard)
        for name in senders:
            mine = [frame["payload"][1] for frame in heard if frame["payload"][0] == name]
            assert mine == list(range(count))


async def test_two_instances_give_one_sequence(core: Core, elsewhere: Core) -> None:
    count = 25
    async with core.open() as a, elsewhere.open() as b, core.open() as here, elsewhere.open() as there:
        sending = asyncio.gather(
            say(a, (["a", n] for n in range(count)), others=count),
            say(b, (["b", n] for n in range(count)), others=count),
        )
        heard = await asyncio.gather(hear(here, 2 * count), hear(there, 2 * count))
        await sending
        assert heard[0] == heard[1]
        assert is_dense(heard[0])


async def test_a_sender_does_not_hear_itself(core: Core) -> None:
    async with core.open() as sender, core.open() as receiver:
        await send_all(sender, range(5))
        assert [(await sender.next())["type"] for _ in range(5)] == ["ack"] * 5
        await sender.ping()
        assert len(await hear(receiver, 5)) == 5


async def test_what_is_refused_leaves_no_gap(core: Core) -> None:
    async with core.open() as sender, core.open() as receiver:
        await say(sender, [1])
        await sender.send("{")
        await sender.send({"type": "user_message", "payload": "x" * 9000, "broadcast": True})
        await say(sender, [2])
        heard = await hear(receiver, 2)
        assert [frame["payload"] for frame in heard] == [1, 2]
        assert is_dense(heard)


@pytest.mark.parametrize("drops", [1, 5])
async def test_who_comes_back_goes_on_without_a_repeat(core: Core, drops: int) -> None:
    async with core.open() as sender:
        last = 0
        for n in range(drops):
            async with core.open() as receiver:
                await say(sender, [n])
                [frame] = await hear(receiver, 1)
                assert frame["payload"] == n
                assert frame["sequence"] > last
                last = frame["sequence"]
                receiver.drop()
