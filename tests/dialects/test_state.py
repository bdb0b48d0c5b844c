"""The state dialect: the vectors, its two doors, its tokens and its heartbeat, on a clock that is held."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from starlette.applications import Starlette

from server.clock import HeldClock
from server.dialects.state import ERRORS, TYPES
from server.endpoints.instance import Instance
from tests.talk import AsgiSocket, Talk, play, running, turns
from tests.vectors import Vector, load

VECTORS = load("state", "conversations")
SECRET = "s" * 32


def token_of(app: Starlette, user: str = "alice", expires_in_s: float = 3600) -> str:
    instance: Instance = app.state.instance
    return instance.tokens.mint(user, instance.now_ms() / 1000, expires_in_s)


class StateTalk(Talk):
    def __init__(self, app: Starlette, path: str) -> None:
        super().__init__(app, path)
        self.bindings.match("$token", token_of(app))

    def open(self, name: str, step: dict[str, Any]) -> AsgiSocket:
        token = token_of(self.app, step.get("user", "alice"), step.get("expires_in_s", 3600))
        return AsgiSocket(self.app, self.path, f"token={token}")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
async def test_a_vector_holds(vector: Vector) -> None:
    await play(vector, "/ws/state", StateTalk, token_secret=SECRET)


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_that_a_client_may_send_is_in_a_vector(type_: str) -> None:
    sent = [step["send"] for vector in VECTORS for step in vector["steps"] if "send" in step]
    assert any(isinstance(frame, dict) and frame.get("type") == type_ for frame in sent)


@pytest.mark.parametrize("code", sorted({says.word for says in ERRORS.values()}))
def test_each_error_code_is_in_a_vector(code: str) -> None:
    received = [step["receive"] for vector in VECTORS for step in vector["steps"] if "receive" in step]
    assert any(frame["type"] == "error" and frame["payload"]["code"] == code for frame in received)


# the doors


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def subprotocol(token: str) -> dict[str, str]:
    encoded = base64.urlsafe_b64encode(token.encode()).rstrip(b"=").decode()
    return {"sec-websocket-protocol": f"jwt-auth, jwt.{encoded}"}


@pytest.mark.parametrize(
    ("path", "way", "method"),
    [
        ("/ws/state", "query", "query"),
        ("/ws/state", "header", "header"),
        ("/ws/secure", "header", "header"),
        ("/ws/secure", "subprotocol", "subprotocol"),
        ("/ws/broadcast", "dialect", "query"),
    ],
)
async def test_a_token_opens_its_door(path: str, way: str, method: str) -> None:
    async with running(token_secret=SECRET) as app:
        token = token_of(app)
        headers = {
            "header": bearer(token),
            "subprotocol": subprotocol(token),
            "dialect": {"sec-websocket-protocol": "state"},
        }.get(way, {})
        query = f"token={token}" if way in ("query", "dialect") else ""
        client = AsgiSocket(app, path, query, headers)
        welcome = await client.next()
        assert welcome["payload"]["auth_method"] == method
        assert client.subprotocol == {"subprotocol": "jwt-auth", "dialect": "state"}.get(way)
        await client.end()


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("/ws/state", "nothing"),
        ("/ws/state", "expired"),
        ("/ws/state", "other key"),
        ("/ws/state", "nonsense"),
        ("/ws/secure", "query"),
        ("/ws/secure", "nothing"),
        ("/ws/secure", "broken subprotocol"),
        ("/ws/rooms", "the dialect without a token"),
    ],
)
async def test_any_other_is_403_before_the_upgrade(path: str, way: str) -> None:
    async with running(token_secret=SECRET) as app, running(token_secret="x" * 32) as other:
        query = {
            "expired": f"token={token_of(app, expires_in_s=-1)}",
            "other key": f"token={token_of(other)}",
            "nonsense": "token=nonsense",
            "query": f"token={token_of(app)}",
        }.get(way, "")
        headers = {
            "broken subprotocol": {"sec-websocket-protocol": "jwt-auth, jwt.%%%"},
            "the dialect without a token": {"sec-websocket-protocol": "state"},
        }.get(way, {})
        client = AsgiSocket(app, path, query, headers)
        await client.closed()
        assert (client.status, client.frames) == (403, [])
        assert app.state.instance.hub.connections == {}


async def test_without_a_secret_and_without_test_mode_nobody_is_let_in() -> None:
    async with running() as app, running(token_secret=SECRET) as other:
        client = AsgiSocket(app, "/ws/state", f"token={token_of(other)}")
        await client.closed()
        assert client.status == 403


# time


class Held:
    """A server in test mode, its clock frozen, with one client of alice's."""

    def __init__(self, app: Starlette, **token: Any) -> None:
        self.app = app
        clock = app.state.instance.clock
        assert isinstance(clock, HeldClock)
        self.clock = clock
        self.clock.freeze()
        self.client = AsgiSocket(app, "/ws/state", f"token={token_of(app, **token)}")

    async def begin(self) -> None:
        assert [(await self.client.next())["type"] for _ in range(2)] == [
            "connection_established",
            "state_snapshot",
        ]
        await turns()

    async def pass_s(self, seconds: float) -> list[dict[str, Any]]:
        await self.clock.advance(seconds * 1000, turns)
        await turns()
        frames, self.client.frames = self.client.frames, []
        return frames


async def test_a_client_that_answers_the_heartbeat_stays_and_one_that_does_not_is_closed() -> None:
    async with running(test_mode=True) as app:
        held = Held(app)
        await held.begin()
        for _ in range(5):
            [beat] = await held.pass_s(30)
            assert (beat["type"], set(beat)) == ("heartbeat", {"type", "timestamp", "connection_id"})
            held.client.send("pong")
            await turns()
        assert [frame["type"] for frame in await held.pass_s(119)] == ["heartbeat"] * 3
        await held.pass_s(1)
        assert await held.client.closed() == 4002
        assert app.state.instance.vitals == {}


async def test_a_token_that_runs_out_is_told_and_then_closed_with_4001() -> None:
    async with running(test_mode=True, heartbeat_s=1000) as app:
        held = Held(app, expires_in_s=100)
        await held.begin()
        assert await held.pass_s(39) == []
        [expiring] = await held.pass_s(1.5)
        assert expiring["type"] == "token_expiring"
        assert 58 <= expiring["payload"]["expires_in_s"] <= 60
        await held.pass_s(60)
        assert await held.client.closed() == 4001


async def test_a_refreshed_token_keeps_the_connection() -> None:
    async with running(test_mode=True, heartbeat_s=1000) as app:
        held = Held(app, expires_in_s=100)
        await held.begin()
        await held.pass_s(50)
        refresh = {"type": "auth_refresh", "payload": {"token": token_of(app, expires_in_s=200)}}
        held.client.send(json.dumps(refresh))
        assert (await held.client.next())["type"] == "auth_refreshed"
        assert await held.pass_s(130) == []
        assert [frame["type"] for frame in await held.pass_s(15)] == ["token_expiring"]
        await held.pass_s(60)
        assert await held.client.closed() == 4001


async def test_a_token_of_another_user_does_not_refresh() -> None:
    async with running(test_mode=True) as app:
        held = Held(app)
        await held.begin()
        held.client.send(json.dumps({"type": "auth_refresh", "payload": {"token": token_of(app, "bob")}}))
        refused = await held.client.next()
        assert (refused["payload"]["code"], refused["payload"]["message"]) == (
            "AUTH_ERROR",
            "the token is another user's",
        )
        await held.client.end()


async def test_a_hundred_at_once_of_one_user_admit_exactly_five() -> None:
    async with running(token_secret=SECRET) as app:
        token = token_of(app)
        clients = [AsgiSocket(app, "/ws/state", f"token={token}") for _ in range(100)]
        first = [(await client.next())["type"] for client in clients]
        assert (first.count("connection_established"), first.count("error")) == (5, 95)
        await asyncio.gather(*(client.end() for client in clients))
        assert app.state.instance.admission.users == {}


async def test_a_hundred_at_once_where_the_oldest_makes_room_leave_exactly_two() -> None:
    limits = {"user_connections_max": 2, "user_over_limit": "close_oldest"}
    async with running(token_secret=SECRET, **limits) as app:
        token = token_of(app)
        clients = [AsgiSocket(app, "/ws/state", f"token={token}") for _ in range(100)]
        for client in clients:
            await client.next()
        await asyncio.gather(*(client.closed() for client in clients[:98]))
        assert {client.close_code for client in clients[:98]} == {4004}
        assert len(app.state.instance.hub.connections) == 2
        await asyncio.gather(*(client.end() for client in clients[98:]))
