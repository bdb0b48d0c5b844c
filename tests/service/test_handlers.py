"""Messages that the application handles, and what the service face tells."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.app import build_app
from server.errors import StartupError, SyncbedError
from server.service.handlers import Client, Handlers, import_handlers
from server.settings import Settings
from tests.talk import AsgiSocket


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
async def client(handlers: Handlers) -> AsyncIterator[AsgiSocket]:
    @handlers.on_message("shout")
    def shout(client: Client, data: Any) -> None:
        client.send("shouted", data.upper())

    @handlers.on_message("announce")
    async def announce(client: Client, data: Any) -> None:
        await client.service.notify_all("announced", data)
        for room in client.rooms:
            await client.service.notify_room(room, {"here": client.id})

    @handlers.on_message("refuse")
    def refuse(client: Client, data: Any) -> None:
        client.send_error("invalid request")

    app = build_app(Settings(redis_url=None), handlers)
    async with app.router.lifespan_context(app):
        socket = AsgiSocket(app, "/ws/rooms")
        await socket.next()
        yield socket
        await socket.end()


async def say(client: AsgiSocket, type_: str, **members: Any) -> dict[str, Any]:
    client.send(json.dumps({"type": type_, **members}))
    frame: dict[str, Any] = await client.next()
    del frame["timestamp"]
    return frame


async def test_a_handler_answers_in_a_type_of_its_own(client: AsgiSocket) -> None:
    assert await say(client, "shout", data="hi") == {"type": "shouted", "data": "HI"}


async def test_a_handler_may_refuse_in_words_of_its_own(client: AsgiSocket) -> None:
    assert await say(client, "refuse") == {"type": "error", "error": "invalid request"}


async def test_a_handler_that_fails_is_an_error_and_the_connection_lives(client: AsgiSocket) -> None:
    assert (await say(client, "shout", data=5))["type"] == "error"
    assert await say(client, "ping") == {"type": "pong"}


async def test_notify_all_and_notify_room_reach_the_caller_as_well(client: AsgiSocket) -> None:
    subscribed = await say(client, "subscribe", room="news")
    assert subscribed["type"] == "subscribed"
    told = await say(client, "announce", data=7)
    assert told == {"type": "notification", "data": {"event": "announced", "data": 7}}
    update = await client.next()
    assert (update["type"], update["room"], list(update["data"])) == ("room_update", "news", ["here"])


async def test_notify_room_refuses_a_channel_of_the_servers_own(client: AsgiSocket) -> None:
    app = build_app(Settings(redis_url=None))
    with pytest.raises(SyncbedError, match="must not begin with"):
        await app.state.instance.service.notify_room("$syncbed/everybody", 1)


@pytest.mark.parametrize("type_", ["subscribe", "ping", "", "twice"])
def test_a_type_is_registered_once_and_never_one_of_the_dialects(handlers: Handlers, type_: str) -> None:
    handlers.on_message("twice")(lambda client, data: None)
    with pytest.raises(ValueError, match=r"the type .*(is the dialect's own|has a handler already)"):
        handlers.on_message(type_)


def test_a_module_that_cannot_be_imported_keeps_the_server_from_starting() -> None:
    with pytest.raises(StartupError, match="SYNCBED_HANDLERS: cannot import nowhere"):
        import_handlers(["nowhere.to.be.found"])
