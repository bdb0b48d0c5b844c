"""What the commands of `mq` do: requests to the application's handlers, events, and answers to ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from ..brokers.base import IndefiniteError
from ..core.connection import Connection
from ..core.events import MESSAGE
from ..core.json_text import dumps
from ..core.messages import Answered, Ask, Emit, Register, Registered, Respond
from ..dialects.mq import DEREGISTERED, REGISTERED
from ..service.handlers import Client, Handler, run
from .instance import Instance

logger = logging.getLogger("syncbed.rpc")


async def ask(instance: Instance, connection: Connection, command: Ask) -> None:
    """The handler runs beside what the client says next; its answer goes out when it is there."""
    handler = instance.handlers.of_request(command.topic)
    error = None
    if handler is None:
        error = f"no handler for topic: {command.topic}"
    elif connection.asks >= instance.settings.asks_max:
        error = f"too many requests at once: {connection.asks} are being answered"
    if handler is None or error is not None:
        connection.send(Answered(command.correlation, None, error))
        return
    client = Client(connection, instance.service, command.topic)
    connection.asks += 1
    instance.relay.spawn(_answering(handler, client, command))


def _answering(handler: Handler, client: Client, command: Ask) -> Callable[[], Coroutine[Any, Any, None]]:
    async def answer() -> None:
        try:
            result = await run(handler, client, command.body)
            client.connection.send(Answered(command.correlation, result))
        except Exception as error:
            logger.exception("the handler of %s failed", command.topic)
            client.connection.send(Answered(command.correlation, None, f"handler error: {error}"))
        finally:
            client.connection.asks -= 1

    return answer


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
    """The connection has ended: who waits for it, who listens for that, and the handlers are told."""
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


def _hearing(handler: Handler, client: Client, body: Any) -> Callable[[], Coroutine[Any, Any, None]]:
    async def hear() -> None:
        try:
            await run(handler, client, body)
        except Exception:
            logger.exception("a handler of %s failed", client.topic)

    return hear


def _who(connection: Connection) -> dict[str, Any]:
    return {"brokerClientID": connection.id, "pageSessionID": connection.page_session}
