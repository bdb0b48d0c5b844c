"""2. Basic messages, both ways."""

from __future__ import annotations

import time

from integration.core.client import Core, Figures


async def test_a_message_is_acknowledged_and_arrives_as_it_was_sent(core: Core, figures: Figures) -> None:
    text = 'tea ☕ "quoted" \\ \u2028 ' + "x" * 500
    async with core.open() as sender, core.open() as other:
        figures.start()
        for n in range(100):
            began = time.perf_counter()
            payload = {"message_id": f"m{n}", "text": text, "nested": [{"n": n}, None, True, 1.5]}
            ack = await sender.answer({"type": "user_message", "payload": payload, "broadcast": True})
            assert ack == {"type": "ack", "payload": {"message_id": f"m{n}", "type": "user_message"}}
            heard = await other.next()
            figures.seconds.append(time.perf_counter() - began)
            assert (heard["type"], heard["payload"]) == ("user_message", payload)
        figures.done("messages acknowledged and heard")


async def test_a_message_without_an_id_is_acknowledged_all_the_same(core: Core) -> None:
    async with core.open() as client:
        ack = await client.answer({"type": "user_message", "payload": "text"})
        assert ack["payload"]["message_id"] is None


async def test_a_binary_message_is_refused_and_the_connection_lives(core: Core) -> None:
    async with core.open() as client:
        await client.send(b"\x00\x01")
        refused = await client.next()
        assert (refused["type"], refused["payload"]["code"]) == ("error", "INVALID_MESSAGE")
        await client.ping()


async def test_a_message_over_the_limit_of_characters_is_refused(core: Core) -> None:
    async with core.open() as client:
        refused = await client.answer({"type": "user_message", "payload": "x" * 9000})
        assert refused["payload"]["code"] == "MESSAGE_TOO_LARGE"
        await client.ping()


async def test_a_frame_over_the_limit_of_bytes_closes_with_1009(core: Core) -> None:
    async with core.open() as client:
        await client.send({"type": "user_message", "payload": "x" * 600_000})
        assert (await client.closed())[0] == 1009
