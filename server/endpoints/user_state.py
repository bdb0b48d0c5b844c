"""The `state` dialect's commands: a user's state is one item on the user's own channel."""

from __future__ import annotations

from typing import Literal

from ..core.channel import Channel
from ..core.commit import Mutation
from ..core.connection import Connection
from ..core.events import MESSAGE, Position, user_channel
from ..core.json_text import dumps
from ..core.messages import (
    ChangeState,
    ReadState,
    RefreshToken,
    StateChanged,
    StateConflict,
    StateNow,
    Tell,
    TokenRefreshed,
    Told,
)
from ..dialects.state import state_of
from ..errors import FRAME_TOO_LARGE, TOKEN_REFUSED, SyncbedError
from .instance import Instance

ITEM = "state"
TRIES_MAX = 10


async def tell_state(
    instance: Instance, connection: Connection, why: Literal["snapshot", "resync", "asked"]
) -> Position:
    """Send the state; answer the position that it stands for."""
    channel = channel_of(connection)
    snapshot = await instance.broker.read(channel)
    for _ in range(TRIES_MAX):
        if not _is_behind(snapshot.position, instance.hub.channels.get(channel)):
            break
        snapshot = await instance.broker.read(channel)
    item = next((item for item in snapshot.items if item["id"] == ITEM), None)
    connection.send(StateNow(why, 0 if item is None else item["version"], state_of(item)))
    return snapshot.position


def _is_behind(read: Position, heard: Channel | None) -> bool:
    """Whether a later change was handed out while the state was being read: the older must not follow it."""
    if heard is None or heard.state != "live" or heard.position.epoch != read.epoch:
        return False
    return read.offset < heard.position.offset


async def read_state(instance: Instance, connection: Connection, command: ReadState) -> None:
    await tell_state(instance, connection, "asked")


async def change_state(instance: Instance, connection: Connection, command: ChangeState) -> None:
    channel = channel_of(connection)
    create = command.version == 0
    for _ in range(TRIES_MAX):
        mutation = Mutation(
            "create" if create else "update",
            ITEM,
            command.data,
            None if create else command.version,
            connection.id,
        )
        outcome = await instance.broker.commit(channel, mutation)
        match outcome.result:
            case "created" | "updated":
                assert connection.user is not None
                version = outcome.body["version"]
                connection.send(StateChanged(version, command.update_type, connection.user, command.partial))
                return
            case "version_conflict":
                connection.send(StateConflict(command.version or 0, outcome.body["version"]))
                return
            case "id_taken" if command.version == 0:
                connection.send(StateConflict(0, outcome.body["version"]))
                return
            case "not_found" if command.version:
                connection.send(StateConflict(command.version, 0))
                return
            case "body_too_large":
                most = instance.settings.item_bytes_max
                raise SyncbedError(FRAME_TOO_LARGE, f"the state may have {most} bytes at most")
            case _:  # whoever names no version takes the state as it is, there or not
                create = not create
    raise SyncbedError(FRAME_TOO_LARGE, "the state could not be written")


async def tell(instance: Instance, connection: Connection, command: Tell) -> None:
    if command.broadcast:
        payload = dumps(command.payload)
        await instance.broker.publish(channel_of(connection), MESSAGE, payload, connection.id)
    connection.send(Told(command.message_id))


async def refresh_token(instance: Instance, connection: Connection, command: RefreshToken) -> None:
    now_s = instance.now_ms() / 1000
    identity = instance.tokens.verify(command.token, now_s)
    if identity.user != connection.user:
        raise SyncbedError(TOKEN_REFUSED, "the token is another user's")
    instance.vitals[connection].renew(identity.expires_at_s - now_s)
    connection.send(TokenRefreshed(identity.expires_at_s))


def channel_of(connection: Connection) -> str:
    assert connection.user is not None
    return user_channel(connection.user)
