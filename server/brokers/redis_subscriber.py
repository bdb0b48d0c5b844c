"""The ear on Redis: one connection that hears every joined channel, and comes back by itself.

Redis delivers a published message at most once and says nothing of what was missed while away. So every
loss of the connection is told to the listener, and whoever drives the channels reads the logs afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from .base import BrokerUnavailableError
from .redis_scripts import LOST, Pool

logger = logging.getLogger("syncbed.redis")

RETRY_MS_FIRST = 50
RETRY_MS_MAX = 2000
SILENCE_S_MAX = 10.0
"""Half of it without a word: a PING; all of it: the connection is dead."""


class RedisSubscriber:
    """Calls back `message(topic, data)`, `up()` after each connect and `down(why)` after each loss."""

    def __init__(
        self,
        pool: Pool,
        message: Callable[[str, str], None],
        up: Callable[[], None],
        down: Callable[[str], None],
    ) -> None:
        self._pool = pool
        self._message, self._up, self._down = message, up, down
        self._connection: Any = None
        self._asked: dict[str, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    async def start(self) -> None:
        """Returns after the first try to connect, whatever came of it."""
        self._task = asyncio.create_task(self._run(), name="redis-subscriber")
        await self._tried.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def subscribe(self, topic: str) -> None:
        """Hear the topic from now on: returns once Redis has said so."""
        asked = self._asked.get(topic)
        if asked is None:
            asked = self._asked[topic] = asyncio.get_running_loop().create_future()
            try:
                await self._command("SUBSCRIBE", topic)
            except BaseException as error:
                if self._asked.pop(topic, None) is not None:
                    _fail(asked, str(error) or "cancelled")  # others may wait for it, too
                raise
        await asyncio.shield(asked)

    async def unsubscribe(self, topic: str) -> None:
        if self._asked.pop(topic, None) is not None:
            await self._command("UNSUBSCRIBE", topic)

    async def _command(self, *command: str) -> None:
        connection = self._connection
        if connection is None or not connection.is_connected:  # asked to send, it would connect by itself
            raise BrokerUnavailableError("Redis is out of reach")
        try:
            await connection.send_command(*command)
        except (*LOST, AttributeError) as error:
            # redis-py sends in a task of its own, and trips over what `_listen` has closed meanwhile.
            raise BrokerUnavailableError(str(error)) from error

    async def _run(self) -> None:
        retry_ms = RETRY_MS_FIRST
        while True:
            why = "the connection was closed"
            connection = self._pool.make_connection()
            try:
                await connection.connect()
                self._connection, retry_ms = connection, RETRY_MS_FIRST
                self._up()
                self._tried.set()
                await self._listen(connection)
            except (RedisError, OSError) as error:
                why = str(error) or type(error).__name__
            except Exception as error:  # the ear must never go deaf for good
                logger.exception("unexpected error in the subscriber")
                why = str(error) or type(error).__name__
            finally:
                self._tried.set()
                was_up, self._connection = self._connection is not None, None
                self._forget(why)
                await connection.disconnect(nowait=True)
            if was_up:
                logger.warning("lost Redis: %s", why)
                self._down(why)
            await asyncio.sleep(retry_ms / 1000)
            retry_ms = min(retry_ms * 2, RETRY_MS_MAX)

    def _forget(self, why: str) -> None:
        """Nobody is subscribed to anything any more; who waits for it is told."""
        for asked in self._asked.values():
            _fail(asked, why)
        self._asked.clear()

    async def _listen(self, connection: Any) -> None:
        pinged = False
        while True:
            answer = await connection.read_response(timeout=SILENCE_S_MAX / 2)  # None: nothing came
            if answer is not None:
                pinged = False
                self._hear(answer)
            elif pinged:
                raise TimeoutError(f"not a word for {SILENCE_S_MAX:g} s")
            else:
                pinged = True
                await connection.send_command("PING")

    def _hear(self, answer: Any) -> None:
        match answer:
            case [b"message", bytes(topic), bytes(text)]:
                try:
                    self._message(topic.decode(), text.decode())
                except ValueError:
                    logger.warning("a message on %r that no instance of ours has sent: ignored", topic)
            case [b"subscribe", bytes(topic), _]:
                asked = self._asked.get(topic.decode())
                if asked is not None and not asked.done():
                    asked.set_result(None)


def _fail(asked: asyncio.Future[None], why: str) -> None:
    if not asked.done():
        asked.set_exception(BrokerUnavailableError(why))
        asked.exception()  # it may have no waiter left
