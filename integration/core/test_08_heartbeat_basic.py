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
    async with beating.open() as client:
        beats = []
        figures.start()
        for answer in ("pong", {"type": "pong"}, {"type": "heartbeat"}, "pong"):
            beat = await client.next()
            beats.append(time.monotonic())
            assert (beat["type"], beat["connection_id"]) == ("heartbeat", client.connection_id)
            assert isinstance(beat["timestamp"], int)
            await client.send(answer)
        between = [later - earlier for earlier, later in itertools.pairwise(beats)]
        figures.seconds += [abs(each - 0.5) for each in between]
        figures.done("beats, deviation from 0.5 s")
        assert all(0.3 < each < 1.2 for each in between)
        await client.ping()


async def test_who_answers_nothing_is_closed_with_4002(beating: Core) -> None:
    async with beating.open() as silent:
        began = time.monotonic()
        assert (await silent.closed())[0] == 4002
        assert 0.9 < time.monotonic() - began < 4


async def test_who_is_cut_off_without_a_word_is_forgotten(beating: Core) -> None:
    async with beating.open() as client:
        client.connection.transport.pause_reading()
        await until(beating.is_empty, 4)
        client.connection.transport.resume_reading()


async def test_whatever_a_client_says_counts_as_an_answer(beating: Core) -> None:
    async with beating.open() as client:
        for _ in range(4):
            while (await client.next())["type"] != "heartbeat":
                pass
            await client.send("{")  # nonsense, but alive


async def test_the_silence_of_one_is_nothing_to_another(beating: Core) -> None:
    async with beating.open("alice") as silent, beating.open("bob") as lively:
        closed = asyncio.create_task(silent.closed())
        while not closed.done():
            await lively.next()
            await lively.send("pong")
        assert (await closed)[0] == 4002
        await lively.send({"type": "user_message", "payload": {"message_id": 1}})
        while (await lively.next())["type"] != "ack":
            pass


@pytest.mark.parametrize("text", ["ping", "PONG", "pong pong"])
async def test_what_only_looks_like_an_answer_is_an_error(core: Core, text: str) -> None:
    async with core.open() as client:
        await client.send(text)
        assert (await client.next())["payload"]["code"] == "JSON_ERROR"
