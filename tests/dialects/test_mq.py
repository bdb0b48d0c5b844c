"""The mq dialect: the vectors, and what they do not say: who is told, how many at once, what is left."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from typing import Any

import pytest

from server.app import build_app
from server.core.events import (
    AGENT_MESSAGE,
    ANSWER,
    DIRECT,
    FAN_OUT,
    NOWHERE,
    REQUEST,
    Event,
    client_channel,
    connection_channel,
)
from server.core.request import Request, request_payload
from server.dialects.base import DialectOptions
from server.dialects.gateway import GatewayDialect
from server.dialects.mq import TYPES, MqDialect, error_text
from server.endpoints.counting import unheard_events
from server.service.calls import ClientNotFoundError, RequestError
from server.service.handlers import Client, Handlers
from server.settings import Settings
from tests.talk import AsgiSocket, Talk, play, running, turns
from tests.vectors import Vector, load

VECTORS = load("mq", "conversations")


class MqTalk(Talk):
    asked: asyncio.Task[Any]

    async def take(self, step: dict[str, Any]) -> None:
        match step:
            case {"ask": {"of": client_id, "topic": topic, "body": body, "timeout_ms": timeout_ms}}:
                request = self.instance.service.request_to_client
                self.asked = asyncio.create_task(
                    request(self.bindings.fill(client_id), topic, body, timeout_ms)
                )
                await turns()
            case {"answer": answer}:
                assert await self.asked == answer
            case {"fails": text}:
                with pytest.raises(RequestError) as failed:
                    await self.asked
                assert str(failed.value) == text
            case _:
                await super().take(step)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
async def test_a_vector_holds(vector: Vector) -> None:
    await play(vector, "/ws/mq", MqTalk, test_mode=True)


def sent() -> list[dict[str, Any]]:
    steps = [step["send"] for vector in VECTORS for step in vector["steps"] if "send" in step]
    return [frame["header"] for frame in steps if "header" in frame]


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_that_a_client_may_send_is_in_a_vector(type_: str) -> None:
    assert any(header["type"] == type_ for header in sent())


def request(topic: str, body: Any = None, correlation: str = "C1") -> str:
    header = {"messageID": "m", "correlationID": correlation, "type": "request", "topic": topic}
    return json.dumps({"header": header, "body": body})


def event(topic: str, body: Any = None) -> str:
    return json.dumps({"header": {"messageID": "m", "type": "event", "topic": topic}, "body": body})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "bad"}}, "bad"),
        ({"error": "bad"}, "bad"),
        ("bad", "bad"),
        ({"error": 7}, 'the client answered an error: {"error":7}'),
        (None, "the client answered an error: null"),
    ],
)
def test_both_shapes_of_an_error_are_read_and_any_other_is_shown(body: Any, text: str) -> None:
    assert error_text(body) == text


async def test_what_is_not_json_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "syncbed.websocket")
    async with running() as app:
        client = AsgiSocket(app, "/ws/mq")
        client.send("{")
        await turns()
        assert client.frames == []
        assert "was refused: the frame is not valid JSON" in caplog.text
        await client.end()


async def test_the_most_specific_handler_answers_and_all_hear_an_event() -> None:
    handlers, heard = Handlers(), []

    for topic in ("orders.*", "*.create", "orders.create"):

        @handlers.rpc(topic)
        async def answer(client: Client, body: Any, topic: str = topic) -> Any:
            return [topic, client.topic, body]

        @handlers.on_event(topic)
        def hear(client: Client, body: Any, topic: str = topic) -> None:
            heard.append((topic, client.topic, body))

    app = build_app(Settings(redis_url=None), handlers)
    async with app.router.lifespan_context(app):
        client = AsgiSocket(app, "/ws/mq")
        for topic, answers in (
            ("orders.create", "orders.create"),
            ("orders.drop", "orders.*"),
            ("eu.create", "*.create"),
        ):
            client.send(request(topic, 1))
            assert (await client.next())["body"] == [answers, topic, 1]
        client.send(request("orders.create.eu"))
        assert (await client.next())["body"] == {"error": "no handler for topic: orders.create.eu"}
        client.send(event("orders.create", 2))
        await turns()
        patterns = ("orders.create", "orders.*", "*.create")
        assert heard == [(pattern, "orders.create", 2) for pattern in patterns]
        await client.end()


async def test_a_handler_may_ask_its_own_client_and_knows_its_page() -> None:
    handlers, told = Handlers(), []

    @handlers.rpc("whoami")
    async def whoami(client: Client, body: Any) -> Any:
        return [client.id, client.page_session, await client.request("name", None)]

    @handlers.rpc("unspeakable")
    def unspeakable(client: Client, body: Any) -> Any:
        return float("nan")

    for topic in ("_internal.client.registered", "_internal.client.deregistered"):

        @handlers.on_event(topic)
        def tell(client: Client, body: Any) -> None:
            told.append((client.topic, body))

    app = build_app(Settings(redis_url=None), handlers)
    async with app.router.lifespan_context(app):
        client = AsgiSocket(app, "/ws/mq")
        client.send(event("_client.register", {"pageSessionID": "ps-1"}))
        client_id = (await client.next())["body"]["brokerClientID"]
        assert client_id.startswith("wsconn-")
        client.send(request("whoami"))
        asked = (await client.next())["header"]
        assert (asked["type"], asked["topic"]) == ("request", "name")
        answer = {"correlationID": asked["correlationID"], "type": "response", "topic": "x"}
        client.send(json.dumps({"header": answer, "body": "bob"}))
        assert (await client.next())["body"] == [client_id, "ps-1", "bob"]
        client.send(request("unspeakable"))
        assert "handler error: Out of range" in (await client.next())["body"]["error"]
        await client.end()
        await turns()
        who = {"brokerClientID": client_id, "pageSessionID": "ps-1"}
        assert told == [
            ("_internal.client.registered", who),
            ("_internal.client.deregistered", who),
        ]
        assert app.state.instance.calls.pending == 0


async def test_over_the_limit_a_request_is_refused_and_the_others_are_answered() -> None:
    async with running(test_mode=True, asks_max=2) as app:
        client = AsgiSocket(app, "/ws/mq")
        for number in range(3):
            client.send(request("test.slow", {"delay_ms": 20}, f"C{number}"))
        answers = [(await client.next()) for _ in range(3)]
        assert [answer["header"]["correlationID"] for answer in answers] == ["C2", "C0", "C1"]
        assert answers[0]["body"] == {"error": "too many requests at once: 2 are being answered"}
        client.send(request("test.echo", {"param": 1}))
        assert (await client.next())["body"] == {"result": "echo-1"}
        await client.end()


async def test_what_a_client_that_has_gone_had_asked_is_ended(recwarn: pytest.WarningsRecorder) -> None:
    """And what had not begun yet, without a trace."""
    handlers, ended, asked = Handlers(), [], asyncio.Event()

    @handlers.rpc("for.ever")
    async def for_ever(client: Client, body: Any) -> Any:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(body)

    app = build_app(Settings(redis_url=None), handlers)
    async with app.router.lifespan_context(app):
        idle = app.state.instance.relay.tasks
        client = AsgiSocket(app, "/ws/mq")
        client.send(request("for.ever", 1))
        async with asyncio.timeout(60):
            await asked.wait()
        client.send(request("for.ever", 2, "C2"))
        await client.end()
        await turns()
        assert (ended[0], app.state.instance.relay.tasks) == (1, idle)
    gc.collect()
    assert [str(warning.message) for warning in recwarn if "never awaited" in str(warning.message)] == []


async def test_nobody_is_found_where_nobody_is_or_where_a_dialect_answers_nothing() -> None:
    async with running() as app:
        service = app.state.instance.service
        other = AsgiSocket(app, "/ws/rooms")
        client_id = (await other.next())["data"]["client_id"]
        for somebody in ("wsconn-none", client_id, ""):
            with pytest.raises(ClientNotFoundError, match=r"^client not found$"):
                await service.request_to_client(somebody, "x", None)
        await other.end()


@pytest.mark.parametrize("path", ["/ws/gateway", "/ws/rooms", "/ws/broadcast"])
async def test_who_speaks_another_dialect_is_not_found_and_hears_nothing(path: str) -> None:
    async with running() as app:
        instance, other = app.state.instance, AsgiSocket(app, path)
        await turns()
        [client_id] = [connection.id for connection in instance.hub.connections.values()]
        other.frames.clear()
        with pytest.raises(ClientNotFoundError, match=r"^client not found$"):
            await instance.service.request_to_client(client_id, "x", {"secret": 1}, 60_000)
        await turns()
        assert other.frames == []
        await other.end()


async def test_the_post_office_does_not_find_a_client_that_it_cannot_tell_anything() -> None:
    async with running() as app:
        client = AsgiSocket(app, "/ws/mq")
        client.send(event("_client.register", {"pageSessionID": "ps-1"}))
        client_id = (await client.next())["body"]["brokerClientID"]
        sent = await app.state.instance.gateway.send(client_id, {"type": "response"})
        assert sent == {"success": False, "connection_id": client_id, "error": "client not found"}
        await turns()
        assert client.frames == []
        await client.end()


@pytest.mark.parametrize(
    ("dialect", "home", "own"),
    [(MqDialect, client_channel("c"), REQUEST), (GatewayDialect, connection_channel("c"), DIRECT)],
)
def test_a_dialect_has_no_word_for_a_signal_that_is_not_its_own(
    dialect: type[MqDialect | GatewayDialect], home: str, own: str
) -> None:
    encoder = dialect(DialectOptions(100)).encoder
    payload = request_payload(Request("C1", "x", 1, "null"))
    for name in (REQUEST, DIRECT, ANSWER, FAN_OUT, AGENT_MESSAGE, "another"):
        text = encoder.encode(Event(home, name, payload, NOWHERE))
        assert (text is not None) is (name == own), name


async def test_many_calls_to_one_client_are_told_apart() -> None:
    async with running() as app:
        client = AsgiSocket(app, "/ws/mq")
        client.send(event("_client.register", {"pageSessionID": "ps-1"}))
        client_id = (await client.next())["body"]["brokerClientID"]
        calls = [
            asyncio.create_task(app.state.instance.service.request_to_client(client_id, "x", number))
            for number in range(100)
        ]
        asked = [await client.next() for _ in calls]
        for frame in reversed(asked):
            answer = {"correlationID": frame["header"]["correlationID"], "type": "response", "topic": ""}
            client.send(json.dumps({"header": answer, "body": frame["body"] * 2}))
        assert await asyncio.gather(*calls) == [number * 2 for number in range(100)]
        await client.end()


async def test_for_held_mode_a_handler_that_waits_for_its_client_is_idle_and_no_signal_is_unheard() -> None:
    async with running(test_mode=True) as app:
        client, instance = AsgiSocket(app, "/ws/mq"), app.state.instance
        client.send(request("test.ask", {"topic": "x"}))
        asked = await client.next()
        assert asked["header"]["type"] == "request"
        await turns()
        assert instance.relay.tasks == instance.clock.sleeping
        assert await unheard_events(instance) == 0
        await client.end()
