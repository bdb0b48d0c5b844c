"""What the commands of `mq` do: requests to the application's handlers, events, and answers to ours."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from ..brokers.base import IndefiniteError
from ..core.connection import Connection
from ..core.events import MESSAGE
from ..core.json_text import dumps
from ..core.messages import Answered, Ask, Emit, Register, Registered, Respond
from ..dialects.base import Dialect
from ..dialects.mq import DEREGISTERED, REGISTERED
from ..errors import SyncbedError
from ..service.handlers import Client, Handler, run
from .instance import Instance

logger = logging.getLogger("syncbed.rpc")

Work = Callable[[], Coroutine[Any, Any, None]]


async def ask(instance: Instance, connection: Connection, command: Ask) -> None:
    """The handler runs beside what the client says next; its answer goes out when it is there."""
    handler = instance.handlers.of_request(command.topic)
    if handler is None:
        connection.send(Answered(command.correlation, None, f"no handler for topic: {command.topic}"))
        return
    if len(connection.asks) >= instance.settings.asks_max:
        refusal = f"too many requests at once: {len(connection.asks)} are being answered"
        connection.send(Answered(command.correlation, None, refusal))
        return
    try:
        result = handler(Client(connection, instance.service, command.topic), command.body)
        if not inspect.isawaitable(result):
            connection.send(Answered(command.correlation, result))
            return
    except Exception as error:
        _failed(connection, command, error)
        return
    task = instance.relay.spawn(_answer_later(connection, command, result))
    connection.asks.add(task)

    def over(task: asyncio.Future[None]) -> None:
        connection.asks.discard(task)
        if inspect.iscoroutine(result):
            result.close()  # it never began, if the connection went at once

    task.add_done_callback(over)


def correlations(dialect: Dialect, connection: Connection, text: str) -> list[str]:
    """Of the requests in a frame, if it makes sense."""
    try:
        return [each.correlation for each in dialect.decode(text, connection) if isinstance(each, Ask)]
    except SyncbedError:
        return []


def _answer_later(connection: Connection, command: Ask, result: Awaitable[Any]) -> Work:
    async def answer() -> None:
        try:
            connection.send(Answered(command.correlation, await result))
        except Exception as error:
            _failed(connection, command, error)

    return answer


def _failed(connection: Connection, command: Ask, error: Exception) -> None:
    """Whatever the application's handler did, or an answer that is no JSON."""
    logger.error("the handler of %s failed", command.topic, exc_info=error)
    connection.send(Answered(command.correlation, None, f"handler error: {error}"))


async def respond(instance: Instance, connection: Connection, command: Respond) -> None:
    await instance.calls.answered(connection.id, command.correlation, command.body, command.error)


async def emit(instance: Instance, connection: Connection, command: Emit) -> None:
    """To the handlers here, and to everybody on the channel: the sender, too, if it listens."""
    tell_handlers(instance, connection, command.topic, command.body)
    await instance.broker.publish(command.topic, MESSAGE, dumps(command.body))


async def register(instance: Instance, connection: Connection, command: Register) -> None:
    connection.page_session = command.page_session
    connection.send(Registered(connection.id, command.page_session))
    tell_handlers(instance, connection, REGISTERED, _who(connection))


def gone(instance: Instance, connection: Connection) -> None:
    """The connection has ended: who waits for it, who listens for that, and the handlers are told.

    Its own requests end with it. Nobody hears the answers, and a client that comes back asks anew: what it
    had left to do would add up, connection after connection, beyond every limit.
    """
    for task in connection.asks:
        task.cancel()
    tell_handlers(instance, connection, DEREGISTERED, _who(connection))

    async def tell() -> None:
        try:
            await instance.calls.lost(connection.id, connection.page_session)
        except IndefiniteError as error:
            logger.info("other instances may not have heard that %s has gone: %s", connection.id, error)

    instance.relay.spawn(tell)


def tell_handlers(instance: Instance, connection: Connection, topic: str, body: Any) -> None:
    for handler in instance.handlers.of_event(topic):
        instance.relay.spawn(_hearing(handler, Client(connection, instance.service, topic), body))


def _hearing(handler: Handler, client: Client, body: Any) -> Work:
    async def hear() -> None:
        try:
            await run(handler, client, body)
        except Exception:
            logger.exception("a handler of %s failed", client.topic)

    return hear


def _who(connection: Connection) -> dict[str, Any]:
    return {"brokerClientID": connection.id, "pageSessionID": connection.page_session}
