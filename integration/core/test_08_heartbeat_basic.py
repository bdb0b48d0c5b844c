"""8. The heartbeat: every 0.5 s, a timeout of 1 s, two missed."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from integration.core.client import Core, Figures
from integration.waiting import until


async def test_the_server_beats_at_its_interval_and_who_answers_stays(
    beating: Core, figures: Figures
) -> None:
    async with beating.open() as client, beating.open() as another:
        beats = []
        figures.start()
        for answer in ("pong", {"type": "pong"}, {"type": "heartbeat"}, "{"):
            for each in (client, another):
                beat = await each.next()
                assert (beat["type"], beat["connection_id"]) == ("heartbeat", each.connection_id)
                assert isinstance(beat["timestamp"], int)
            beats.append(time.monotonic())
            await client.send(answer)  # whatever a client says counts, nonsense too
            await another.send("pong")
        between = [later - earlier for earlier, later in itertools.pairwise(beats)]
        figures.seconds += [abs(each - 0.5) for each in between]
        figures.done("beats, deviation from 0.5 s", len(beats))
        assert (await client.next())["payload"]["code"] == "JSON_ERROR"
        await client.ping()
        await another.ping()


async def test_who_answers_nothing_is_closed_with_4002_who_cannot_is_forgotten_and_the_others_stay(
    beating: Core,
) -> None:
    async with beating.open("alice") as silent, beating.open("carol") as cut, beating.open("bob") as lively:
        cut.connection.transport.pause_reading()  # it is gone without a word
        closed = asyncio.create_task(silent.closed())

        async def one_is_left() -> bool:
            found = await beating.leftovers()
            return found["connections"] == found["users"] == found["vitals"] == 1

        left = asyncio.create_task(until(one_is_left))
        while not (closed.done() and left.done()):
            await lively.next()
            await lively.send("pong")
        assert (await closed)[0] == 4002
        await left
        await lively.send({"type": "user_message", "payload": {"message_id": 1}})
        while (await lively.next())["type"] != "ack":
            pass
        cut.connection.transport.resume_reading()


@pytest.mark.parametrize("text", ["ping", "PONG", "pong pong"])
async def test_what_only_looks_like_an_answer_is_an_error(core: Core, text: str) -> None:
    async with core.open() as client:
        await client.send(text)
        assert (await client.next())["payload"]["code"] == "JSON_ERROR"
