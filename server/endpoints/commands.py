"""What each command of a client does, whatever dialect it came in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ..brokers.base import BrokerUnavailableError
from ..core.connection import Connection
from ..core.events import EVERYBODY, MESSAGE, gateway_channel
from ..core.messages import (
    Ask,
    Call,
    Carry,
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
from ..errors import INDEFINITE, NOT_SUBSCRIBED, OVERLOADED, TOO_MANY_CHANNELS, SyncbedError
from ..service.handlers import Client
from . import rpc, user_state
from .instance import Instance

logger = logging.getLogger("syncbed.commands")


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
                    answered(instance, connection)
                case _:
                    await OTHERS[type(command)](instance, connection, command)
    finally:
        await relay.settle(subscribed)


def answered(instance: Instance, connection: Connection) -> None:
    connection.answered_ms = instance.now_ms()
    vitals = instance.vitals.get(connection)
    if vitals is not None:
        vitals.answered()


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


async def carry(instance: Instance, connection: Connection, command: Carry) -> None:
    """The message comes first: while the broker is away it waits, and so does the subscription."""
    name, channel = command.channel, gateway_channel(command.channel)
    if channel not in connection.channels:
        most = instance.settings.gateway_channels_max
        if len(connection.channels) - connection.system_channels >= most:
            raise SyncbedError(TOO_MANY_CHANNELS, f"a connection of the gateway uses {most} channels at most")
        instance.relay.subscribe(connection, channel, None)
        try:
            await instance.relay.settle([channel])
        except BrokerUnavailableError as error:
            logger.info("%s hears %r when the broker is back: %s", connection.id, name, error)
    await instance.gateway.presence.switch(connection, name)
    status = await instance.gateway.carry(connection, name, command.message)
    if status == "rejected":
        raise SyncbedError(OVERLOADED)
    if status == "error":
        raise SyncbedError(INDEFINITE)
    if name in instance.handlers.types:
        await instance.handlers.call(name, Client(connection, instance.service), command.message)


OTHERS: dict[type, Callable[[Instance, Connection, Any], Awaitable[None]]] = {
    Join: join,
    Leave: leave,
    Publish: publish,
    Call: call,
    Carry: carry,
    ChangeState: user_state.change_state,
    ReadState: user_state.read_state,
    Tell: user_state.tell,
    RefreshToken: user_state.refresh_token,
    Register: rpc.register,
    Ask: rpc.ask,
    Respond: rpc.respond,
    Emit: rpc.emit,
}
