"""The end-to-end list of seed 002, in its order. (A browser's own is e2e/test_gateway.py.)"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from integration.gateway.client import Gateway, join, said
from integration.waiting import until


async def test_4_1_connect_welcome_message_response(gateway: Gateway) -> None:
    async with join(gateway.first, "tok") as client:
        for text in ("Hello, I need help.", "Can you help me understand?"):
            await client.send(said("guide", text))
            response = await client.next()
            assert response.pop("timestamp")
            assert response == {
                "type": "response",
                "message": f"You said: {text}",
                "agent_type": "guide",
                "pillar": None,
                "conversation_id": "c1",
                "data": {"step": 1},
            }


async def test_4_2_from_guide_to_pillars_and_back(gateway: Gateway) -> None:
    async with join(gateway.first) as client, join(gateway.second) as content:
        await content.send(said("pillar:content", "here"))
        await content.settle()
        for channel in ("guide", "pillar:content", "pillar:insights", "guide"):
            await client.send(said(channel, channel))
            answers = [frame["message"] for frame in await client.settle()]
            assert answers == (["You said: guide"] if channel == "guide" else [])
            assert gateway.record(client.connection_id)["channel"] == channel
            if channel != "pillar:insights":
                assert (await content.hears(channel))["channel"] == channel
        members = {name: len(gateway.members("channel", name)) for name in ("guide", "pillar:insights")}
        assert members == {"guide": 2, "pillar:insights": 1}


async def test_4_3_tabs_at_the_same_time(gateway: Gateway) -> None:
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(join(gateway.both[n % 2], f"tab{n % 2}")) for n in range(6)]
        assert len({tab.connection_id for tab in tabs}) == 6

        async def ask(n: int) -> list[str]:
            await tabs[n].send(said("guide", f"from {n}"))
            frames = [await tabs[n].next() for _ in range(6)]
            return [frame["message"] for frame in frames if frame.get("type") == "response"]

        answers = await asyncio.gather(*(ask(n) for n in range(6)))
        assert answers == [[f"You said: from {n}"] for n in range(6)]


async def test_4_4_after_the_network_went_it_goes_on(gateway: Gateway) -> None:
    async with join(gateway.first, "tok") as client:
        first = client.connection_id
        await client.send(said("guide", "First connection message"))
        assert (await client.next())["type"] == "response"
        client.drop()

        async def is_forgotten() -> bool:
            return gateway.members("user", "tok") == set()

        await until(is_forgotten)
    async with join(gateway.second, "tok") as client:
        assert client.connection_id != first
        await client.send(said("guide", "Reconnected message"))
        assert (await client.next())["message"] == "You said: Reconnected message"


async def test_4_5_errors_end_nothing(gateway: Gateway) -> None:
    async with join(gateway.first) as client:
        await client.send("not json")
        assert (await client.next())["message"] == "Invalid message format"
        await client.send({"intent": "chat", "payload": {"message": "Missing channel"}})
        assert (await client.next())["message"] == "You said: Missing channel"
        await client.send(said("invalid:channel:name"))
        assert await client.settle() == []
        for nonsense in ({"channel": 5}, {"channel": "x" * 201}, {"pillar": 1}):
            await client.send(nonsense)
            assert (await client.next())["message"] == "Message processing failed"
        await client.send({"payload": 5})  # the agent's own mistake
        assert (await client.next())["message"] == "Message processing failed"
        await client.send(said())
        assert (await client.next())["message"] == "You said: hi"


async def test_4_6_a_client_may_ping_and_the_heartbeat_does_not_disturb(gateway: Gateway) -> None:
    async with join(gateway.first) as client:
        for answer in ({"type": "pong"}, {"type": "heartbeat", "action": "pong"}):
            await client.send(answer)
        assert await client.settle() == []
        await client.send(said())
        assert (await client.next())["message"] == "You said: hi"
