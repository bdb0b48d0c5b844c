"""Requests to clients, wherever they are connected, and what becomes of them.

A request is a signal on the client's own channel: the instance that holds the connection hands it to it. The
answer comes back as a signal to whoever asked, whose name is in the correlation; nobody in between remembers
anything. That a client has gone is told to all (`LOST`), so that whoever waits for it knows at once.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..brokers.base import BrokerUnavailableError, IndefiniteError
from ..brokers.relay import Relay
from ..clock import Clock
from ..core.connection import Connection, Encoder
from ..core.events import ANSWER, REQUEST, Event, caller_channel, client_channel, topic_channel
from ..core.json_text import dumps, loads
from ..core.messages import Outgoing
from ..core.outbox import OutboxLimits
from ..core.request import Request, request_payload
from ..dialects.mq import DEREGISTERED
from ..errors import StartupError

logger = logging.getLogger("syncbed.calls")

TIMEOUT_MS = 10_000
LOST = topic_channel(DEREGISTERED)


class RequestError(Exception):
    """A request to a client that was not answered; the text says why."""


class ClientNotFoundError(RequestError):
    """No instance holds such a connection: nothing was asked."""


class RequestTimeoutError(RequestError):
    """The client may have done it, and a later answer is dropped."""


class ConnectionLostError(RequestError):
    """The client went before it answered: it may have done it."""


class ClientError(RequestError):
    """The client's own error, in its words."""


@dataclass(frozen=True, slots=True)
class Pending:
    client_id: str
    answer: asyncio.Future[Any]


class Calls:
    """What this process asks of clients. It begins to listen for answers with the first question to afar."""

    def __init__(self, relay: Relay, clock: Clock, new_id: Callable[[], str]) -> None:
        self.id = new_id()
        self._relay = relay
        self._clock = clock
        self._numbers = itertools.count(1)
        self._pending: dict[str, Pending] = {}
        self._ear = Connection(self.id, _Ear(self._heard), OutboxLimits(1, 1, "close"), lambda _: None)

    @property
    def pending(self) -> int:
        return len(self._pending)

    async def request(self, client_id: str, topic: str, body: Any, timeout_ms: int = TIMEOUT_MS) -> Any:
        """The client's answer; a RequestError says why there is none.

        `timeout_ms` is for all of it, the way to a broker that does not answer included. If the broker's
        answer is lost, the client may have been asked, and is waited for.
        BrokerUnavailableError: the client is not connected here, and nobody else could be asked.
        """
        text = dumps(body)
        correlation = f"{self.id}.{next(self._numbers)}"
        payload = request_payload(Request(correlation, topic, timeout_ms, text))
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # Not a task of the relay's: a handler that waits for a client is as idle as its timeout.
        timeout = asyncio.ensure_future(self._expire(answer, timeout_ms))
        self._pending[correlation] = Pending(client_id, answer)
        self._relay.spawn(lambda: self._send(client_channel(client_id), payload, answer))
        try:
            return await answer
        finally:
            del self._pending[correlation]
            timeout.cancel()

    async def answered(self, client_id: str, correlation: str, body: Any, error: str | None) -> None:
        """A client of this instance has answered somebody; who waits no more has nothing of it."""
        caller, _, number = correlation.rpartition(".")
        if caller == self.id:
            self._settle(client_id, correlation, body, error)
        elif caller and number:
            payload = dumps({"correlation": correlation, "body": body, "error": error})
            await self._relay.signal(caller_channel(caller), ANSWER, payload, client_id)

    async def lost(self, client_id: str, page_session: str | None) -> None:
        """A client of this instance has gone: it answers nobody any more."""
        self._fail(client_id)
        body = {"brokerClientID": client_id, "pageSessionID": page_session, "status": "deregistered"}
        await self._relay.signal(LOST, DEREGISTERED, dumps(body), client_id)

    # private

    async def _send(self, channel: str, payload: str, answer: asyncio.Future[Any]) -> None:
        try:
            if channel not in self._relay.hub.channels:
                await self._listen()
            if answer.done():
                return  # nobody waits for it any more
            if not await self._relay.signal(channel, REQUEST, payload, self.id):
                _end(answer, ClientNotFoundError("client not found"))
        except BrokerUnavailableError as error:
            _end(answer, error)
        except IndefiniteError as error:
            logger.info("a client may have been asked, and is waited for: %s", error)

    async def _listen(self) -> None:
        try:
            await self._relay.open()
        except StartupError as error:
            raise BrokerUnavailableError(str(error)) from error
        channels = [caller_channel(self.id), LOST]
        for channel in channels:
            self._relay.subscribe(self._ear, channel, None)
        await self._relay.settle(channels)

    async def _expire(self, answer: asyncio.Future[Any], timeout_ms: int) -> None:
        await self._clock.sleep(timeout_ms / 1000, "request to a client")
        _end(answer, RequestTimeoutError("request timed out"))

    def _heard(self, event: Event) -> None:
        if event.channel == LOST:
            self._fail(event.sender)
            return
        answer = loads(event.payload)
        self._settle(event.sender, answer["correlation"], answer["body"], answer["error"])

    def _settle(self, client_id: str, correlation: str, body: Any, error: str | None) -> None:
        pending = self._pending.get(correlation)
        if pending is None or pending.client_id != client_id:
            logger.debug("%s answered %s, which nobody waits for", client_id, correlation)
        elif error is not None:
            _end(pending.answer, ClientError(error))
        elif not pending.answer.done():
            pending.answer.set_result(body)

    def _fail(self, client_id: str) -> None:
        for pending in self._pending.values():
            if pending.client_id == client_id:
                _end(pending.answer, ConnectionLostError("connection lost"))


class _Ear(Encoder):
    """A subscriber of the hub without a socket: what would be encoded for it is heard by it."""

    def __init__(self, heard: Callable[[Event], None]) -> None:
        self._heard = heard

    def encode(self, message: Outgoing, /) -> str | None:
        if isinstance(message, Event):
            self._heard(message)
        return None


def _end(answer: asyncio.Future[Any], error: RequestError | BrokerUnavailableError) -> None:
    if not answer.done():
        answer.set_exception(error)
