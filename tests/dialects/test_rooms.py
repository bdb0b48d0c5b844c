"""The rooms dialect: the vectors, each row of the guide's tables in one of them, and what they do not say."""

from __future__ import annotations

import json
import uuid

import pytest

from server.dialects.rooms import ERRORS, TYPES
from tests.talk import AsgiSocket, play, running
from tests.vectors import Vector, load

VECTORS = load("rooms", "conversations")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
async def test_a_vector_holds(vector: Vector) -> None:
    await play(vector, "/ws/rooms")


def frames(direction: str) -> list[dict[str, object]]:
    steps = [step[direction] for vector in VECTORS for step in vector["steps"] if direction in step]
    return [frame for frame in steps if isinstance(frame, dict)]


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_that_a_client_may_send_is_in_a_vector(type_: str) -> None:
    assert any(frame.get("type") == type_ for frame in frames("send"))


@pytest.mark.parametrize("type_", ["connected", "subscribed", "unsubscribed", "message", "error", "pong"])
def test_each_type_that_the_server_sends_is_in_a_vector(type_: str) -> None:
    assert any(frame["type"] == type_ for frame in frames("receive"))


GUIDE_ERRORS = [
    "invalid JSON format",
    "unknown message type",
    "room name is required",
    "not subscribed to this room",
    "room is at maximum capacity",
    "server is at maximum capacity",
]


@pytest.mark.parametrize("text", GUIDE_ERRORS)
def test_each_error_of_the_guide_is_in_a_vector(text: str) -> None:
    assert text in {says.word for says in ERRORS.values()}
    assert any(frame.get("error") == text for frame in frames("receive"))


async def test_a_client_id_is_a_uuid4() -> None:
    async with running() as app:
        first, second = AsgiSocket(app, "/ws/rooms"), AsgiSocket(app, "/ws/rooms")
        ids = {(await client.next())["data"]["client_id"] for client in (first, second)}
        assert {uuid.UUID(each).version for each in ids} == {4}
        assert len(ids) == 2
        await first.end()
        await second.end()


async def test_a_client_cannot_name_a_channel_of_the_servers_own() -> None:
    async with running() as app:
        client = AsgiSocket(app, "/ws/rooms")
        await client.next()
        for type_ in ("subscribe", "publish"):
            client.send(json.dumps({"type": type_, "room": "$syncbed/everybody"}))
            assert "must not begin with" in (await client.next())["error"]
        await client.end()


async def test_the_channel_of_all_counts_for_no_limit_and_as_no_room() -> None:
    async with running(channels_per_connection_max=1, members_per_channel_max=1) as app:
        first, second = AsgiSocket(app, "/ws/rooms"), AsgiSocket(app, "/ws/rooms")
        await first.next()
        await second.next()
        assert app.state.instance.hub.rooms == 0
        first.send('{"type":"subscribe","room":"a"}')
        assert (await first.next())["type"] == "subscribed"
        first.send('{"type":"subscribe","room":"b"}')
        assert "1 channels at most" in (await first.next())["error"]
        assert app.state.instance.hub.rooms == 1
        await first.end()
        await second.end()


async def test_a_thousand_at_once_at_a_limit_of_500_admit_exactly_500() -> None:
    async with running(connections_max=500, members_per_channel_max=100) as app:
        clients = [AsgiSocket(app, "/ws/rooms") for _ in range(1000)]
        first = [(await client.next())["type"] for client in clients]
        assert (first.count("connected"), first.count("error")) == (500, 500)
        assert len(app.state.instance.hub.connections) == 500
        admitted = [client for client, type_ in zip(clients, first, strict=True) if type_ == "connected"]
        for client in admitted:
            client.send('{"type":"subscribe","room":"one"}')
        answers = [(await client.next())["type"] for client in admitted]
        assert (answers.count("subscribed"), answers.count("error")) == (100, 400)
        for client in clients:
            await client.end()
        assert app.state.instance.hub.connections == {}
