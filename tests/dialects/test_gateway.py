"""The gateway dialect: the vectors, its agents, and what they do not say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.applications import Starlette

from server.app import build_app
from server.core.events import gateway_channel
from server.dialects.gateway import CHANNELS, ERRORS, TYPES, kind_of
from server.errors import StartupError
from server.service.handlers import Client, Handlers
from server.settings import Settings
from tests.talk import AsgiSocket, Talk, play, running, turns
from tests.vectors import Vector, load

VECTORS = load("gateway", "conversations")


class GatewayTalk(Talk):
    def open(self, name: str, step: dict[str, Any]) -> AsgiSocket:
        token = step.get("session_token")
        return AsgiSocket(self.app, self.path, f"session_token={token}" if token else "")

    async def take(self, step: dict[str, Any]) -> None:
        gateway = self.instance.gateway
        match step:
            case {"agent": told}:
                assert (await gateway.publish(**told))["status"] == "published"
            case {"direct": told}:
                assert (await gateway.send(**self.bindings.fill(told)))["success"]
            case {"subscribers": counts}:
                channels = self.instance.hub.channels
                assert {name: len(channels.get(gateway_channel(name), ())) for name in counts} == counts
            case _:
                await super().take(step)


def frames(direction: str) -> list[dict[str, Any]]:
    steps = [step[direction] for vector in VECTORS for step in vector["steps"] if direction in step]
    return [frame for frame in steps if isinstance(frame, dict)]


def said(channel: str = "guide", text: str = "hi") -> str:
    return json.dumps({"channel": channel, "intent": "chat", "payload": {"message": text}})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
async def test_a_vector_holds(vector: Vector) -> None:
    await play(vector, "/ws/gateway", GatewayTalk)


@pytest.mark.parametrize("kind", TYPES)
def test_each_kind_of_frame_that_a_client_may_send_is_in_a_vector(kind: str) -> None:
    assert any(kind_of(frame) == kind for frame in frames("send"))


@pytest.mark.parametrize("text", ["Invalid message format", "Message processing failed"])
def test_each_error_that_a_frame_can_cause_is_in_a_vector(text: str) -> None:
    assert text in {says.word for says in ERRORS.values()}
    assert any(frame.get("message") == text for frame in frames("receive"))


async def test_each_channel_that_the_seed_names_carries() -> None:
    async with running() as app:
        here, there = AsgiSocket(app, "/ws/gateway"), AsgiSocket(app, "/ws/gateway")
        await here.next()
        await there.next()
        for channel in CHANNELS:
            there.send(said(channel))
            if channel == "guide":
                assert (await here.next())["channel"] == "guide"
            await turns()
            here.send(said(channel))
            assert (await there.next())["channel"] == channel
        await here.end()
        await there.end()


# who one is


@pytest.mark.parametrize(
    ("query", "shown"), [("", "anonymous"), ("session_token=tok", "tok"), ("session_token=", "anonymous")]
)
async def test_a_connection_is_called_by_its_token(query: str, shown: str) -> None:
    async with running() as app:
        client = AsgiSocket(app, "/ws/gateway", query)
        welcome = await client.next()
        assert re.fullmatch(rf"ws_{shown}_[0-9a-f]{{8}}", welcome["connection_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", welcome["timestamp"])
        await client.end()


async def test_who_has_no_token_is_counted_for_no_user() -> None:
    async with running(gateway_user_connections_max=1) as app:
        clients = [AsgiSocket(app, "/ws/gateway", "session_token=anonymous") for _ in range(3)]
        assert [(await client.next())["type"] for client in clients] == ["system"] * 3
        assert (await app.state.instance.gateway.counts())["per_user"] == {}
        for client in clients:
            await client.end()


async def test_a_token_that_is_too_long_for_a_name_is_not_registered() -> None:
    async with running() as app:
        assert await AsgiSocket(app, "/ws/gateway", f"session_token={'x' * 201}").closed() == 4000


def test_sessions_need_a_redis_to_be_in() -> None:
    with pytest.raises(StartupError, match="SYNCBED_GATEWAY_SESSIONS"):
        build_app(Settings(redis_url=None, gateway_sessions=True))


async def test_a_strange_page_is_closed_with_a_code_of_its_own() -> None:
    async with running() as app:
        strange = {"origin": "https://elsewhere.example"}
        assert await AsgiSocket(app, "/ws/gateway", headers=strange).closed() == 4003
        assert app.state.instance.hub.connections == {}
        refused = AsgiSocket(app, "/ws/rooms", headers=strange)
        await refused.closed()
        assert (refused.close_code, refused.status) == (None, 403)


async def test_a_strange_host_is_refused_as_everywhere() -> None:
    async with running() as app:
        client = AsgiSocket(app, "/ws/gateway", headers={"host": "elsewhere.example"})
        await client.closed()
        assert client.status == 403


# agents


def agents() -> Handlers:
    handlers = Handlers()

    @handlers.on_message("pillar:content")
    async def content(client: Client, frame: Any) -> None:
        text = frame["payload"]["message"]
        answer = {"message": text.upper(), "conversation_id": "c1", "data": {"n": len(text)}}
        client.send("pillar:content", answer)

    @handlers.on_message("guide")
    def guide(client: Client, frame: Any) -> None:
        client.send("guide", "which way?")

    return handlers


async def open_with_agents() -> tuple[Starlette, Any]:
    app = build_app(Settings(redis_url=None), agents())
    return app, app.router.lifespan_context(app)


async def test_the_agent_of_a_channel_answers_who_asked() -> None:
    app, life = await open_with_agents()
    async with life:
        client, other = AsgiSocket(app, "/ws/gateway"), AsgiSocket(app, "/ws/gateway")
        await client.next()
        await other.next()
        client.send(said("pillar:content", "report"))
        answer = await client.next()
        assert answer.pop("timestamp")
        assert answer == {
            "type": "response",
            "message": "REPORT",
            "agent_type": "liaison",
            "pillar": "content",
            "conversation_id": "c1",
            "data": {"n": 6},
        }
        client.send(said())
        answer = await client.next()
        assert (answer["agent_type"], answer["pillar"], answer["message"]) == ("guide", None, "which way?")
        assert (await other.next())["channel"] == "guide"
        await turns()
        assert other.frames == []
        await client.end()
        await other.end()


async def test_an_agent_that_fails_is_told_of_and_the_connection_lives() -> None:
    app, life = await open_with_agents()
    async with life:
        client = AsgiSocket(app, "/ws/gateway")
        await client.next()
        client.send('{"channel":"pillar:content"}')
        assert (await client.next())["message"] == "Message processing failed"
        client.send(said("pillar:content"))
        assert (await client.next())["type"] == "response"
        await client.end()


# what is left


async def test_nothing_is_left_of_anybody_in_the_registry() -> None:
    async with running() as app:
        gateway = app.state.instance.gateway
        clients = [AsgiSocket(app, "/ws/gateway", f"session_token=t{n}") for n in range(4)]
        for client in clients:
            await client.next()
            client.send(said("pillar:content"))
        await turns()
        counts = await gateway.counts()
        assert (counts["global"], counts["by_channel"]) == (4, {"guide": 4, "pillar:content": 4})
        for client in clients:
            await client.end()
        await turns()
        assert (await gateway.counts()) == {"global": 0, "per_user": {}, "by_channel": {}, "by_gateway": {}}
        assert len(gateway.presence) == 0
        assert gateway.lanes.standing() == {}
