"""What the application does about its clients' messages, by type (`rooms`) or topic (`mq`).

    @on_message("get_user")
    async def get_user(client: Client, data: Any) -> None:
        client.send("user_response", {"email": data["email"]})

    @rpc("orders.create")
    async def create(client: Client, body: Any) -> Any:
        return {"id": 1}

    @on_event("orders.*")
    def seen(client: Client, body: Any) -> None:
        print(client.topic, body)

`SYNCBED_HANDLERS=["shop.messages"]` imports the module that does this when the server starts. A handler of
messages runs before the next message of the same client is looked at; one of a topic runs beside the others,
begun in the order of the frames. One that fails is logged, and its client is told unless it only said an
event.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..core.connection import Connection
from ..core.events import gateway_name, is_own
from ..core.messages import Answer, ErrorReply
from ..dialects.rooms import TYPES
from ..errors import INVALID_FIELD, StartupError
from .calls import TIMEOUT_MS
from .notify import Service
from .topics import Topics


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent what is being handled, and on which topic, if it was on one."""

    connection: Connection
    service: Service
    topic: str = ""

    @property
    def id(self) -> str:
        return self.connection.id

    @property
    def page_session(self) -> str | None:
        """Which page it is; None until it has registered."""
        return self.connection.page_session

    @property
    def rooms(self) -> set[str]:
        return {gateway_name(each) or each for each in self.connection.channels if not is_own(each)}

    def send(self, type: str, data: Any) -> None:
        """In `mq`: an event of this topic, to this client alone."""
        self.connection.send(Answer(type, data))

    def send_error(self, text: str) -> None:
        self.connection.send(ErrorReply(INVALID_FIELD, text))

    async def request(self, topic: str, body: Any, timeout_ms: int = TIMEOUT_MS) -> Any:
        """`Service.request_to_client`, for this one."""
        return await self.service.request_to_client(self.id, topic, body, timeout_ms)

    def drop(self) -> None:
        """End the connection as if the network had."""
        self.connection.drop()


Handler = Callable[[Client, Any], Awaitable[Any] | Any]


class Handlers:
    def __init__(self) -> None:
        self._messages: dict[str, Handler] = {}
        self._requests: Topics[Handler] = Topics()
        self._events: Topics[Handler] = Topics()

    @property
    def types(self) -> set[str]:
        return set(self._messages)

    def on_message(self, type_: str) -> Callable[[Handler], Handler]:
        """Register the decorated function; it may be a coroutine function."""
        if type_ in TYPES or not type_:
            raise ValueError(f"the type {type_!r} is the dialect's own")
        if type_ in self._messages:
            raise ValueError(f"the type {type_!r} has a handler already: {self._messages[type_]!r}")

        def register(handler: Handler) -> Handler:
            self._messages[type_] = handler
            return handler

        return register

    def rpc(self, topic: str) -> Callable[[Handler], Handler]:
        """Answer requests on the topic (`orders.*`: any one segment) with what the function returns.

        Of several patterns that match, the most specific one answers (`Topics.find`).
        """
        if self._requests.has(topic):
            raise ValueError(f"the topic {topic!r} has a handler already")

        def register(handler: Handler) -> Handler:
            self._requests.add(topic, handler)
            return handler

        return register

    def on_event(self, topic: str) -> Callable[[Handler], Handler]:
        """Hear events on the topic: what clients say on it to this instance. All handlers that match hear it.

        `_internal.client.registered` and `_internal.client.deregistered` are told here as well.
        """

        def register(handler: Handler) -> Handler:
            self._events.add(topic, handler)
            return handler

        return register

    def before(self, others: Handlers) -> Handlers:
        """These and the others; where only one can answer, one of these."""
        both = Handlers()
        both._messages = others._messages | self._messages
        for handlers in (self, others):
            both._requests.take(handlers._requests)
            both._events.take(handlers._events)
        return both

    async def call(self, type_: str, client: Client, data: Any) -> None:
        await run(self._messages[type_], client, data)

    def of_request(self, topic: str) -> Handler | None:
        found = self._requests.find(topic)
        return found[0] if found else None

    def of_event(self, topic: str) -> list[Handler]:
        return self._events.find(topic)


async def run(handler: Handler, client: Client, body: Any) -> Any:
    result = handler(client, body)
    return await result if inspect.isawaitable(result) else result


HANDLERS = Handlers()
"""Those of this process."""
on_message = HANDLERS.on_message
rpc = HANDLERS.rpc
on_event = HANDLERS.on_event


def import_handlers(modules: list[str]) -> None:
    for name in modules:
        try:
            import_module(name)
        except Exception as error:  # whatever the application's module does
            raise StartupError(f"SYNCBED_HANDLERS: cannot import {name}: {error}") from error
