"""5. Errors: said in words, with a code, and the connection lives."""

from __future__ import annotations

import time
from typing import Any

import pytest

from integration.core.client import Core, Figures

CASES: list[tuple[str, str, str]] = [
    ("", "INVALID_MESSAGE", "Empty message received"),
    ("{", "JSON_ERROR", "Invalid JSON syntax: "),
    ("[1]", "INVALID_MESSAGE", "Message must be a JSON object"),
    ("{}", "INVALID_TYPE", "Message type not specified"),
    ('{"type":"dance"}', "INVALID_TYPE", "Unknown message type: dance"),
    ('{"type":["ping"]}', "INVALID_TYPE", "Unknown message type: "),
    ('{"type":"state_update","payload":{}}', "INVALID_MESSAGE", '"update_type" must be a text'),
    ('{"type":"state_update","payload":{"update_type":"a"}}', "INVALID_MESSAGE", '"data" is missing'),
    (
        '{"type":"state_update","payload":{"update_type":"id","data":1}}',
        "INVALID_MESSAGE",
        "cannot be members",
    ),
    (
        '{"type":"state_update","payload":{"update_type":"a","data":1,"version":-1}}',
        "INVALID_MESSAGE",
        "from 0",
    ),
    ('{"type":"partial_state_update","payload":{"data":[]}}', "INVALID_MESSAGE", "must be an object"),
    ('{"type":"auth_refresh","payload":{}}', "INVALID_MESSAGE", '"token" must be a text'),
    ('{"type":"auth_refresh","payload":5}', "INVALID_MESSAGE", '"payload" must be an object'),
    ('{"type":"user_message","payload":NaN}', "JSON_ERROR", "NaN is not JSON"),
    ("[" * 2000, "JSON_ERROR", "nested"),
]


async def test_every_error_is_told_at_once(core: Core, figures: Figures) -> None:
    async with core.open() as client:
        figures.start()
        for _ in range(100):
            began = time.perf_counter()
            await client.send("{")
            assert (await client.next())["payload"]["code"] == "JSON_ERROR"
            figures.seconds.append(time.perf_counter() - began)
        figures.done("errors told")
        await client.ping()


@pytest.mark.parametrize(("text", "code", "says"), CASES)
async def test_what_makes_no_sense_is_named(core: Core, text: str, code: str, says: str) -> None:
    async with core.open() as client:
        await client.send(text)
        told: dict[str, Any] = await client.next()
        assert told["type"] == "error"
        assert (told["payload"]["code"], told["payload"]["recoverable"]) == (code, True)
        assert says in told["payload"]["message"]
        await client.ping()


async def test_the_errors_of_one_are_nothing_to_another(core: Core) -> None:
    async with core.open("alice") as alice, core.open("bob") as bob:
        for _ in range(50):
            await alice.send("{")
        await bob.ping()
        assert {(await alice.next())["type"] for _ in range(50)} == {"error"}


async def test_too_many_messages_are_refused_and_the_heartbeat_is_not_counted(strict: Core) -> None:
    async with strict.open() as client:
        for _ in range(15):
            await client.ping()
            await client.answer({"type": "nonsense counts as well"})
        refused = await client.answer({"type": "ping"})
        assert refused["payload"]["code"] == "RATE_LIMITED"
        for _ in range(100):
            await client.send("pong")
        assert (await client.answer({"type": "ping"}))["payload"]["code"] == "RATE_LIMITED"
