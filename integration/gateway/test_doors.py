"""With sessions on, nobody hears or says anything on the gateway's channels without one, by any door."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import redis as redis_client

from integration.client import Frame, Socket, connect, http
from integration.gateway.client import Gateway, join, said
from integration.gateway.conftest import SETTINGS
from integration.waiting import until
from server.core.events import gateway_channel
from syncbed.world import World


@pytest.fixture
async def guarded(world: World, redis_url: str, redis_prefix: str) -> AsyncIterator[Gateway]:
    """`alice` and `bob` have a session."""
    settings = SETTINGS | {
        "redis_prefix": redis_prefix,
        "gateway_sessions": True,
        "gateway_session_key": f"{redis_prefix}-session:{{token}}",
        "test_mode": False,
    }
    one = world.reference(redis_url=redis_url, **settings).address
    with redis_client.Redis.from_url(redis_url) as caller:
        for token in ("alice", "bob"):
            caller.set(f"{redis_prefix}-session:{token}", "{}")
    gateway = Gateway(one, one, redis_url, redis_prefix)
    yield gateway
    await until(gateway.is_empty)


STRANGERS: dict[str, tuple[list[Frame], list[Frame]]] = {
    "broadcast": (
        [{"subscribe": ["guide"]}, {"subscribe": [gateway_channel("guide")]}],
        [],
    ),
    "rooms": (
        [{"type": "subscribe", "room": "guide"}, {"type": "subscribe", "room": gateway_channel("guide")}],
        [{"type": "publish", "room": "guide", "data": "from a stranger"}],
    ),
    "mq": (
        [
            {"header": {"messageID": f"m{n}", "type": "subscribe", "topic": topic}, "body": None}
            for n, topic in enumerate(["guide", gateway_channel("guide")])
        ],
        [
            {"header": {"messageID": "m9", "type": "event", "topic": topic}, "body": {"from": "a stranger"}}
            for topic in ("guide", gateway_channel("guide"))
        ],
    ),
}
"""By dialect: how one would listen, and how one would talk."""


@pytest.mark.parametrize("dialect", STRANGERS)
async def test_another_dialect_neither_hears_the_gateway_nor_is_heard_there(
    guarded: Gateway, dialect: str
) -> None:
    listens, talks = STRANGERS[dialect]
    async with (
        join(guarded.first, "alice") as alice,
        join(guarded.first, "bob") as bob,
        connect(guarded.first, f"/ws/{dialect}") as stranger,
    ):
        for frame in listens:
            await stranger.send(frame)
        before = await everything_until_answered(stranger, dialect)
        await alice.send(said(text="a secret"))
        await bob.hears("a secret")
        for frame in talks:
            await stranger.send(frame)
        after = await everything_until_answered(stranger, dialect)
        assert "a secret" not in str(before + after)
        assert await alice.settle() == await bob.settle() == []


LAST: dict[str, tuple[Frame, str]] = {
    "broadcast": ({"type": "ping"}, "pong"),
    "rooms": ({"type": "subscribe", "room": "last"}, "last"),
    "mq": (
        {
            "header": {"messageID": "l", "correlationID": "last", "type": "request", "topic": "x"},
            "body": None,
        },
        "last",
    ),
}
"""A frame that is answered at once, and a word of its answer."""


async def everything_until_answered(stranger: Socket, dialect: str) -> list[Frame]:
    frame, word = LAST[dialect]
    await stranger.send(frame)
    frames: list[Frame] = []
    while not frames or word not in str(frames[-1]):
        frames.append(await stranger.next())
    return frames


async def test_the_post_office_asks_for_a_session(guarded: Gateway) -> None:
    requests = {
        "publish": {"channel": "guide", "message": 1, "realm": "r"},
        "subscribe": {"channel": "guide"},
        "send": {"connection_id": "ws_nobody_00000000", "message": {}},
    }
    async with join(guarded.first, "alice") as alice, http(guarded.first) as caller:
        for what, body in requests.items():
            path = f"/api/post-office/websocket/{what}"
            for query, headers in (
                ("", {}),
                ("?session_token=nobody", {}),
                ("", {"Authorization": "Bearer nobody"}),
                ("", {"Authorization": "alice"}),
            ):
                answer = await caller.post(path + query, json=body, headers=headers)
                assert (answer.status_code, answer.json()["error"]["name"]) == (403, "token_refused"), what
            wanted = 404 if what == "send" else 200
            assert (await caller.post(f"{path}?session_token=bob", json=body)).status_code == wanted
            headers = {"Authorization": "Bearer bob"}
            assert (await caller.post(path, json=body, headers=headers)).status_code == wanted
        assert [frame["message"] for frame in await alice.settle()] == [1, 1]


async def test_who_has_lost_the_session_is_put_out_with_the_next_beat(guarded: Gateway) -> None:
    async with join(guarded.first, "alice") as alice, join(guarded.first, "bob") as bob:
        with redis_client.Redis.from_url(guarded.redis_url) as caller:
            caller.delete(f"{guarded.prefix}-session:alice")
        assert await alice.closed() == (1008, "the session has ended")
        assert await bob.settle() == []
        async with http(guarded.first) as caller:
            text = (await caller.get("/metrics")).text
        assert 'websocket_errors_total{error="session_ended"} 1.0' in text
