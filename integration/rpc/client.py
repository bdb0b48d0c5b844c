"""A client of the `mq` dialect on real sockets: the seed's TestClient, with its calls."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed

from integration.client import ANSWER_S_MAX, Frame, Socket, connect
from syncbed.world import Address

Handler = Callable[[Any], Any]
Header = dict[str, Any]


class RpcFailedError(Exception):
    """The body of an `error` frame; what of it is text."""


class RpcClient:
    def __init__(self, socket: Socket, page_session: str | None) -> None:
        self.page_session = page_session or f"test-session-{uuid.uuid4()}"
        self.broker_client_id = ""
        self.events: asyncio.Queue[Frame] = asyncio.Queue()
        self.requests: list[Header] = []
        """What the server has asked."""
        self._socket = socket
        self._handlers: dict[str, Handler] = {}
        self._pending: dict[str, asyncio.Future[Frame]] = {}
        self._numbers = itertools.count(1)
        self._ended = asyncio.Event()
        self._came = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    # what the seed's client does

    async def register(self) -> Frame:
        await self.send_event("_client.register", {"pageSessionID": self.page_session})
        body: Frame = (await self.next_event("_internal.client.registered"))["body"]
        self.broker_client_id = body["brokerClientID"]
        return body

    def register_handler(self, topic: str, handler: Handler) -> None:
        """It answers what `handler(body)` returns; None: nothing at all."""
        self._handlers[topic] = handler

    async def send_rpc(self, topic: str, body: Any, timeout_ms: int = 5000) -> Frame:
        """The whole response; RpcFailedError for an error, TimeoutError if none comes."""
        correlation = f"{self.page_session}.{next(self._numbers)}"
        answer = self._pending[correlation] = asyncio.get_running_loop().create_future()
        try:
            await self.send("request", topic, body, correlationID=correlation, ttl=timeout_ms)
            async with asyncio.timeout(timeout_ms / 1000):
                frame: Frame = await answer
        finally:
            del self._pending[correlation]
        if frame["header"]["type"] == "error":
            raise RpcFailedError(frame["body"]["error"])
        return frame

    async def result(self, topic: str, body: Any = None, timeout_ms: int = 5000) -> Any:
        return (await self.send_rpc(topic, body, timeout_ms))["body"]

    async def send_event(self, topic: str, body: Any = None) -> None:
        await self.send("event", topic, body)

    async def send(self, type_: str, topic: str, body: Any, **members: Any) -> None:
        header = {"messageID": f"m{next(self._numbers)}", "type": type_, "topic": topic, "timestamp": 1}
        await self._socket.send({"header": header | members, "body": body})

    # what a test asks besides

    async def send_text(self, text: str) -> None:
        await self._socket.connection.send(text)

    async def next_event(self, topic: str) -> Frame:
        """The next event, which must be of this topic."""
        async with asyncio.timeout(ANSWER_S_MAX):
            frame: Frame = await self.events.get()
        assert frame["header"]["topic"] == topic, frame
        return frame

    async def asked(self, count: int) -> None:
        """Wait until the server has made so many requests."""
        async with asyncio.timeout(ANSWER_S_MAX):
            while len(self.requests) < count:
                self._came.clear()
                await self._came.wait()

    async def ended(self) -> int:
        """Wait for the end of the connection; its code, 1006 if nobody said goodbye."""
        async with asyncio.timeout(ANSWER_S_MAX):
            await self._ended.wait()
        end = self._socket.connection.close_code
        return 1006 if end is None else end

    def drop(self) -> None:
        """As when the network goes: no goodbye."""
        self._socket.connection.transport.abort()

    async def close(self) -> None:
        await self._socket.connection.close()
        await self._reader

    # private

    async def _read(self) -> None:
        try:
            async for text in self._socket.connection:
                await self._take(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self._ended.set()

    async def _take(self, frame: Frame) -> None:
        header: Header = frame["header"]
        correlation = header.get("correlationID", "")
        match header["type"]:
            case "request":
                self.requests.append(header)
                self._came.set()
                await self._answer(header, frame["body"])
            case "response" | "error" if correlation in self._pending:
                assert header["topic"] == correlation
                if not self._pending[correlation].done():
                    self._pending[correlation].set_result(frame)
            case _:
                self.events.put_nowait(frame)

    async def _answer(self, header: Header, body: Any) -> None:
        id_, handler = header["correlationID"], self._handlers.get(header["topic"])
        if handler is None:
            error = {"error": f"no handler for topic: {header['topic']}"}
            await self.send("error", id_, error, correlationID=id_)
            return
        try:
            result = handler(body)
        except Exception as error:
            await self.send("error", id_, {"error": {"message": str(error)}}, correlationID=id_)
            return
        if result is not None:
            await self.send("response", id_, result, correlationID=id_)


@asynccontextmanager
async def rpc_client(
    address: Address, page_session: str | None = None, *, register: bool = True
) -> AsyncIterator[RpcClient]:
    async with connect(address, "/ws/mq") as socket:
        client = RpcClient(socket, page_session)
        if register:
            await client.register()
        yield client
        await client.close()


def echo(body: Any) -> Any:
    return {"result": f"echo-{body['param']}"}


def silent(body: Any) -> None:
    """Answers nothing."""
