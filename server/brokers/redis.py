"""Redis as the broker: several instances behind one Redis serve one world.

Per channel (its name stands in the keys' hash tag, so that all of them live on one node of a cluster):

    <prefix>:{orders}:meta       hash    reign, epoch, offset, created (the order of creation of items)
    <prefix>:{orders}:log        stream  one entry an event, its id is `<offset>-0`
    <prefix>:{orders}:items      hash    entity id (JSON) -> record, see commit.lua
    <prefix>:{orders}:seen:<id>  zset    what was answered to the mutations of one client, by mutation id
    <prefix>:{orders}:queue      list    what waits until somebody joins; `queue:urgent` goes first
    <prefix>:{orders}:fence:<id> string  the greatest fence that one client has shown

A collection is kept. The meta and log of any other channel expire within a day of its last use
(lua/epoch.lua).

An event's text, in the stream and as published: epoch, offset, "1" if it is a commit or "0" (with W3C's
`traceparent` after a semicolon, if what published it was traced; and who sent it, in JSON, after a space),
its name in JSON and its payload in JSON, a line each.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from ..core import json_text
from ..core.commit import Item, Mutation, Outcome
from ..core.events import NOWHERE, Event, Position, carries_signals
from ..core.json_text import dumps
from ..core.offline_queue import Waiting
from ..errors import StartupError
from ..telemetry.spans import traceparent
from .base import (
    Broker,
    BrokerLimits,
    BrokerUnavailableError,
    Delivery,
    IndefiniteError,
    Listener,
    LogGoneError,
    Snapshot,
)
from .redis_scripts import SCRIPTS, Pool, run
from .redis_subscriber import RedisSubscriber
from .redis_url import without_password

CONNECTIONS_MAX = 32


class RedisBroker(Broker):
    """`new_epoch` gives a fresh random text: who calls first after a restart of Redis names the epoch."""

    name = "redis"

    def __init__(
        self, url: str, prefix: str, limits: BrokerLimits, timeout_ms: int, new_epoch: Callable[[], str]
    ) -> None:
        self._url = url
        self._prefix = prefix
        self._limits = limits
        self._new_epoch = new_epoch
        self._survives = "unknown: not connected yet"
        self._topics: dict[str, str] = {}
        self._pool = open_pool(url, timeout_ms)
        self._subscriber: RedisSubscriber | None = None

    async def open(self, listener: Listener) -> None:
        await self._check_redis()
        self._subscriber = RedisSubscriber(
            self._pool,
            message=lambda topic, text: self._heard(listener, topic, text),
            up=listener.connected,
            down=listener.disconnected,
        )
        await self._subscriber.start()

    async def close(self) -> None:
        if self._subscriber is not None:
            await self._subscriber.stop()
        await self._pool.aclose()

    def survives(self) -> str:
        return self._survives

    # channels

    async def join(self, channel: str) -> Position:
        if self._subscriber is None:
            raise BrokerUnavailableError("not open")
        topic = self._topic(channel)
        self._topics[topic] = channel  # before the first message can come
        await self._subscriber.subscribe(topic)
        return NOWHERE if carries_signals(channel) else await self.position(channel)

    async def leave(self, channel: str) -> None:
        topic = self._topic(channel)
        self._topics.pop(topic, None)
        if self._subscriber is not None:
            await self._subscriber.unsubscribe(topic)

    async def position(self, channel: str) -> Position:
        epoch, offset = await self._ask("position", channel)
        return Position(epoch.decode(), int(offset))

    async def publish(self, channel: str, name: str, payload: str, sender: str = "") -> Event:
        message = event_text(name, payload, sender)
        text = await self._run("publish", channel, [], [self._topic(channel), self._events_max, message])
        return parse_event(channel, text.decode())

    async def signal(self, channel: str, name: str, payload: str, sender: str = "") -> int:
        text = f"{NOWHERE.epoch}\n{NOWHERE.offset}\n{event_text(name, payload, sender)}"
        return int(await self._run("signal", channel, [], [self._topic(channel), text]))

    async def log(self, channel: str, after: Position | None, limit: int) -> list[Event]:
        args = ["", "0"] if after is None else [after.epoch, str(after.offset)]
        epoch, offset, here, texts = await self._ask("log", channel, args=[*args, str(limit)])
        if not here:
            raise LogGoneError(Position(epoch.decode(), int(offset)))
        return [parse_event(channel, text.decode()) for text in texts]

    # who may be away

    async def deliver(self, channel: str, message: Waiting, *, again: bool = False) -> Delivery:
        text = event_text(message.name, message.payload, message.sender, message.trace)
        return await self._deliver(channel, text, message.priority, message.at_ms, again)

    async def flush(self, channel: str, now_ms: int) -> Delivery:
        return await self._deliver(channel, "", False, now_ms, False)

    async def _deliver(self, channel: str, text: str, urgent: bool, now_ms: int, again: bool) -> Delivery:
        keys = [self._key(channel, "queue"), self._key(channel, "queue:urgent")]
        limits = self._limits.queue
        args = [
            self._topic(channel),
            self._events_max,
            text,
            str(int(urgent)),
            str(now_ms),
            str(limits.age_ms_max),
            str(limits.messages_max),
            str(int(self._topic(channel) in self._topics)) if again else "",
        ]
        delivered, waiting = await self._run("deliver", channel, keys, args)
        return Delivery(delivered, waiting)

    # collections

    async def read(self, collection: str) -> Snapshot:
        epoch, offset, flat = await self._ask("read", collection, [self._key(collection, "items")])
        records = sorted(map(parse_record, flat[::2], flat[1::2]), key=lambda pair: pair[0])
        return Snapshot([item for _, item in records], Position(epoch.decode(), int(offset)))

    async def commit(self, collection: str, mutation: Mutation) -> Outcome:
        keys = [self._key(collection, "items")]
        if mutation.client_id is not None and mutation.mutation_id is not None:
            client = quote(mutation.client_id, safe="")
            keys.append(self._key(collection, f"seen:{client}"))
            if mutation.fence is not None:
                keys.append(self._key(collection, f"fence:{client}"))
        fields = [[dumps(name), dumps(value)] for name, value in mutation.fields.items()]
        refusal_result, refusal_body = mutation.refusal or ("", None)
        args = [
            self._topic(collection),
            self._events_max,
            mutation.op,
            dumps(mutation.entity_id),
            dumps(fields),
            "" if mutation.if_match is None else str(mutation.if_match),
            dumps(mutation.client_id),
            "" if len(keys) == 1 else str(mutation.mutation_id),
            str(self._limits.mutations_remembered_max),
            str(self._limits.mutations_remembered_s),
            refusal_result,
            dumps(refusal_body),
            str(self._limits.item_bytes_max),
            "" if len(keys) < 3 else str(mutation.fence),
            trace_text(),
        ]
        result, body, repeated = await self._run("commit", collection, keys, args)
        return Outcome(result.decode(), json_text.loads(body), bool(repeated))

    # private

    @property
    def _events_max(self) -> str:
        return str(self._limits.history_events_max)

    def _key(self, channel: str, part: str) -> str:
        # A brace in a channel's name would end the hash tag early.
        tag = quote(channel, safe=" !#$&()*+,/:;<=>?@[]^`|~", errors="surrogatepass")
        return f"{self._prefix}:{{{tag}}}:{part}"

    def _topic(self, channel: str) -> str:
        return self._key(channel, "events")

    async def _run(self, script: str, channel: str, keys: list[str], args: list[str]) -> Any:
        keys = [self._key(channel, "meta"), self._key(channel, "log"), *keys]
        return await run(self._pool, SCRIPTS[script], keys, [self._new_epoch(), *args])

    async def _ask(
        self, script: str, channel: str, keys: list[str] | None = None, args: list[str] | None = None
    ) -> Any:
        """Run a script that writes nothing of ours: if its answer is lost, nothing has happened."""
        try:
            return await self._run(script, channel, keys or [], args or [])
        except IndefiniteError as error:
            raise BrokerUnavailableError(str(error)) from error

    def _heard(self, listener: Listener, topic: str, text: str) -> None:
        channel = self._topics.get(topic)
        if channel is not None:
            listener.received(parse_event(channel, text))

    async def _check_redis(self) -> None:
        """Refuse to start on a Redis that cannot be reached, or that may evict what was acknowledged."""
        where = without_password(self._url)
        try:
            connection = await self._pool.get_connection()
        except (RedisError, OSError) as error:
            raise StartupError(f"cannot reach Redis at {where}: {error}; is it running?") from error
        try:
            config: dict[str, str] = {}
            for name in ("maxmemory-policy", "appendonly", "appendfsync", "min-replicas-to-write"):
                await connection.send_command("CONFIG", "GET", name)
                pair = await connection.read_response()
                config.update(_pairs(pair))
        except ResponseError:
            self._survives = "unknown: this Redis does not let us read its configuration"
            return
        except (RedisError, OSError) as error:
            raise StartupError(
                f"lost Redis at {where} while asking for its configuration: {error}"
            ) from error
        finally:
            await self._pool.release(connection)
        policy = config.get("maxmemory-policy", "noeviction")
        if policy != "noeviction":
            raise StartupError(
                f"Redis at {where} has maxmemory-policy {policy}, which may throw away acknowledged writes; "
                "set it to noeviction"
            )
        self._survives = describe_survival(config)


def open_pool(url: str, timeout_ms: int) -> Pool:
    try:
        pool: Pool = BlockingConnectionPool.from_url(
            url,
            protocol=2,
            max_connections=CONNECTIONS_MAX,
            timeout=timeout_ms / 1000,
            socket_timeout=timeout_ms / 1000,
            socket_connect_timeout=timeout_ms / 1000,
            retry=Retry(NoBackoff(), 0),  # a commit must never be sent twice behind our back
        )
    except ValueError as error:
        raise StartupError(f"{without_password(url)} is not the address of a Redis: {error}") from error
    return pool


def _pairs(flat: list[bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2], strict=True)}


def describe_survival(config: dict[str, str]) -> str:
    """What an acknowledged write survives under a Redis configuration (Redis docs, *Persistence*)."""
    if config.get("appendonly") != "yes":
        aof = "a restart of this server, not one of Redis (appendonly is off)"
    elif config.get("appendfsync") == "always":
        aof = "a restart of Redis and a power failure (appendonly, appendfsync always)"
    else:
        aof = (
            "a restart or crash of Redis; a power failure may take the last second "
            f"(appendonly, appendfsync {config.get('appendfsync')})"
        )
    replicas = config.get("min-replicas-to-write", "0")
    waits = "" if replicas == "0" else f"; Redis refuses writes with fewer than {replicas} replicas"
    return f"{aof}; a failover to a replica may lose what was not replicated yet{waits}"


def event_text(name: str, payload: str, sender: str, trace: str = "") -> str:
    """Of an event that commits nothing, without its position."""
    return f"0{trace_text(trace)} {dumps(sender)}\n{dumps(name)}\n{payload}"


def trace_text(trace: str = "") -> str:
    """What an event's text says of a trace: of this one, or of the current one, if there is any."""
    trace = trace or traceparent()
    return trace and f";{trace}"


def parse_event(channel: str, text: str) -> Event:
    epoch, offset, commit, name, payload = text.split("\n", 4)
    head, _, sender = commit.partition(" ")
    flag, _, trace = head.partition(";")
    return Event(
        channel,
        json.loads(name),
        payload,
        Position(epoch, int(offset)),
        flag == "1",
        json.loads(sender or '""') or "",
        trace,
    )


def parse_record(entity_id: bytes, record: bytes) -> tuple[int, Item]:
    """An item and its place in the order of creation."""
    created, version, fields = record.split(b":", 2)
    pairs: list[list[str]] = json.loads(fields) or []  # Lua writes an empty list as {}
    item = {json.loads(name): json.loads(value) for name, value in pairs}
    return int(created), {"id": json.loads(entity_id), "version": int(version), **item}
