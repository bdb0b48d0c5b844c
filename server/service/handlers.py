"""Messages of the application's own types.

    @on_message("get_user")
    async def get_user(client: Client, data: Any) -> None:
        client.send("user_response", {"email": data["email"]})

`SYNCBED_HANDLERS=["shop.messages"]` imports the module that does this when the server starts. A handler runs
before the next message of the same client is looked at; one that fails is logged, and its client is told.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..core.connection import Connection
from ..core.events import SYSTEM_PREFIX
from ..core.messages import Answer, ErrorReply
from ..dialects.rooms import TYPES
from ..errors import INVALID_FIELD, StartupError
from .notify import Service


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent the message that is being handled."""

    connection: Connection
    service: Service

    @property
    def id(self) -> str:
        return self.connection.id

    @property
    def rooms(self) -> set[str]:
        return {name for name in self.connection.channels if not name.startswith(SYSTEM_PREFIX)}

    def send(self, type: str, data: Any) -> None:
        self.connection.send(Answer(type, data))

    def send_error(self, text: str) -> None:
        self.connection.send(ErrorReply(INVALID_FIELD, text))


Handler = Callable[[Client, Any], Awaitable[None] | None]


class Handlers:
    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    @property
    def types(self) -> set[str]:
        return set(self._handlers)

    def on_message(self, type_: str) -> Callable[[Handler], Handler]:
        """Register the decorated function; it may be a coroutine function."""
        if type_ in TYPES or not type_:
            raise ValueError(f"the type {type_!r} is the dialect's own")
        if type_ in self._handlers:
            raise ValueError(f"the type {type_!r} has a handler already: {self._handlers[type_]!r}")

        def register(handler: Handler) -> Handler:
            self._handlers[type_] = handler
            return handler

        return register

    async def call(self, type_: str, client: Client, data: Any) -> None:
        result = self._handlers[type_](client, data)
        if inspect.isawaitable(result):
            await result


HANDLERS = Handlers()
"""Those of this process."""
on_message = HANDLERS.on_message


def import_handlers(modules: list[str]) -> None:
    for name in modules:
        try:
            import_module(name)
        except Exception as error:  # whatever the application's module does
            raise StartupError(f"SYNCBED_HANDLERS: cannot import {name}: {error}") from error
