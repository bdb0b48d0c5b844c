"""What each command of a client does, whatever dialect it came in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..core.connection import Connection
from ..core.events import EVERYBODY, MESSAGE
from ..core.messages import (
    Ask,
    Call,
    ChangeState,
    Command,
    Emit,
    Heartbeat,
    Join,
    Joined,
    Leave,
    Left,
    Ping,
    Pong,
    Publish,
    ReadState,
    RefreshToken,
    Register,
    Respond,
    Subscribe,
    Tell,
    Unsubscribe,
)
from ..errors import NOT_SUBSCRIBED, SyncbedError
from ..service.handlers import Client
from . import rpc, user_state
from .instance import Instance


async def carry_out(instance: Instance, connection: Connection, commands: list[Command]) -> None:
    """All subscriptions are registered before any of them waits for the broker, which may be away."""
    relay = instance.relay
    subscribed: list[str] = []
    try:
        for command in commands:
            match command:
                case Subscribe():
                    relay.subscribe(connection, command.channel, command.start)
                    subscribed.append(command.channel)
                case Unsubscribe():
                    relay.unsubscribe(connection, command.channel)
                case Ping():
                    connection.send(Pong())
                case Heartbeat():
                    pass  # that it came is all
                case _:
                    await OTHERS[type(command)](instance, connection, command)
    finally:
        await relay.settle(subscribed)


async def join(instance: Instance, connection: Connection, command: Join) -> None:
    instance.relay.subscribe(connection, command.channel, None)
    await instance.relay.settle([command.channel])
    members = instance.hub.channels.get(command.channel, ())
    connection.send(Joined(command.channel, len(members)))


async def leave(instance: Instance, connection: Connection, command: Leave) -> None:
    if command.channel not in connection.channels:
        raise SyncbedError(NOT_SUBSCRIBED)
    instance.relay.unsubscribe(connection, command.channel)
    connection.send(Left(command.channel))


async def publish(instance: Instance, connection: Connection, command: Publish) -> None:
    if command.channel is not None and command.channel not in connection.channels:
        raise SyncbedError(NOT_SUBSCRIBED)
    channel = EVERYBODY if command.channel is None else command.channel
    await instance.broker.publish(channel, MESSAGE, command.payload, connection.id)


async def call(instance: Instance, connection: Connection, command: Call) -> None:
    await instance.handlers.call(command.name, Client(connection, instance.service), command.data)


OTHERS: dict[type, Callable[[Instance, Connection, Any], Awaitable[None]]] = {
    Join: join,
    Leave: leave,
    Publish: publish,
    Call: call,
    ChangeState: user_state.change_state,
    ReadState: user_state.read_state,
    Tell: user_state.tell,
    RefreshToken: user_state.refresh_token,
    Register: rpc.register,
    Ask: rpc.ask,
    Respond: rpc.respond,
    Emit: rpc.emit,
}
