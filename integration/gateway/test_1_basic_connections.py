"""Phase 1 of seed 002, in its order: acceptance, welcome, routing, invalid messages, sessions."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import redis as redis_client

from integration.gateway.client import Gateway, join, refused, said
from integration.gateway.conftest import SETTINGS
from integration.waiting import until
from server.dialects.gateway import CHANNELS
from syncbed.world import World


@pytest.mark.parametrize("path", ["/ws/gateway", "/ws"])
async def test_1_1_a_connection_is_accepted(gateway: Gateway, path: str) -> None:
    async with join(gateway.first, "tok", path) as client:
        assert await client.settle() == []


async def test_1_2_the_welcome_says_who_one_is(gateway: Gateway) -> None:
    async with join(gateway.first, "tok") as named, join(gateway.second) as nameless:
        assert re.fullmatch(r"ws_tok_[0-9a-f]{8}", named.connection_id)
        assert re.fullmatch(r"ws_anonymous_[0-9a-f]{8}", nameless.connection_id)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_1_3_a_message_is_routed_to_its_channel(gateway: Gateway, channel: str) -> None:
    async with join(gateway.first) as client, join(gateway.second) as other:
        await other.send(said(channel, "here"))
        if channel == "guide":
            assert (await other.next())["type"] == "response"
            await client.hears("here")
        else:
            await other.settle()
        await client.send(said(channel))
        frame = await other.hears("hi")
        assert frame["channel"] == channel
        assert frame["connection_id"] == client.connection_id
        assert frame["gateway_instance"] == await gateway.instance_id(gateway.first)
        assert frame["message"] == said(channel)


@pytest.mark.parametrize("text", ["invalid json", "", "[]", '"guide"', "{"])
async def test_1_4_an_invalid_message_is_answered_and_the_connection_lives(
    gateway: Gateway, text: str
) -> None:
    async with join(gateway.first) as client:
        await client.send(text)
        error = await client.next()
        assert (error["type"], error["message"]) == ("error", "Invalid message format")
        assert set(error) == {"type", "message", "timestamp"}
        assert await client.settle() == []


async def test_1_4_a_binary_frame_is_invalid_too(gateway: Gateway) -> None:
    async with join(gateway.first) as client:
        await client.send(b"\x00")
        assert (await client.next())["message"] == "Invalid message format"


# 1.5 session validation


@pytest.fixture
async def guarded(world: World, redis_url: str, redis_prefix: str) -> AsyncIterator[Gateway]:
    """It asks for a session, which is a key in Redis."""
    keys = f"{redis_prefix}-session:{{token}}"
    settings = SETTINGS | {"redis_prefix": redis_prefix}
    one = world.reference(
        redis_url=redis_url, gateway_sessions=True, gateway_session_key=keys, **settings
    ).address
    gateway = Gateway(one, one, redis_url, redis_prefix)
    yield gateway
    await until(gateway.is_empty)


async def test_1_5_with_sessions_only_a_session_comes_in(guarded: Gateway) -> None:
    with redis_client.Redis.from_url(guarded.redis_url) as caller:
        caller.set(f"{guarded.prefix}-session:text", '{"user_id": "alice"}')
        caller.hset(f"{guarded.prefix}-session:hash", "user_id", "bob")
        caller.sadd(f"{guarded.prefix}-session:other", "x")
    assert await refused(guarded.first) == 4000
    assert await refused(guarded.first, "nobody") == 4000
    assert await refused(guarded.first, "other") == 4000  # a key, and no session
    for token, user in (("text", "alice"), ("hash", "bob")):
        async with join(guarded.first, token) as client:
            connection = guarded.record(client.connection_id)
            assert connection["metadata"] == f'{{"user_id":"{user}"}}'
    with redis_client.Redis.from_url(guarded.redis_url) as caller:
        caller.delete(f"{guarded.prefix}-session:text")
    assert await refused(guarded.first, "text") == 4000


async def test_1_5_a_token_that_opens_a_session_is_shown_to_nobody(guarded: Gateway) -> None:
    token = "very-secret-token"
    with redis_client.Redis.from_url(guarded.redis_url) as caller:
        caller.set(f"{guarded.prefix}-session:{token}", "{}")
    async with join(guarded.first, token) as client:
        assert re.fullmatch(r"ws_[0-9a-f]{16}_[0-9a-f]{8}", client.connection_id)
        assert token not in str(guarded.registered())
        assert token not in str(guarded.record(client.connection_id))
        assert token not in (await guarded.get("/health/websocket-gateway")).text
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(join(guarded.first, token))
        assert await refused(guarded.first, token) == 4004


async def test_1_5_without_sessions_a_token_is_a_name(gateway: Gateway) -> None:
    async with join(gateway.first, "no-such-session") as client:
        assert client.connection_id.startswith("ws_no-such-session_")


async def test_a_strange_page_hears_a_code_of_its_own(gateway: Gateway) -> None:
    strange = "https://elsewhere.example"
    assert await refused(gateway.first, origin=strange) == 4003
