"""A TCP relay in front of a real server, to lose what a network can lose: an answer, after the question
arrived; every connection at once; or the server itself, behind whose address another one is found. It knows
nothing of what it carries but the bytes it was told to wait for.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CHUNK_BYTES = 65_536
PUBLISHED = b"*3\r\n$7\r\nmessage\r\n"


class TcpRelay:
    def __init__(self, upstream_url: str) -> None:
        self._upstream = urlsplit(upstream_url)
        self._severed = False
        self._listening: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lose_after: bytes | None = None
        self._answer_instead: tuple[bytes, bytes] | None = None
        self._lose_published: bytes | None = None
        self.lost = 0
        """How many answers or messages never arrived."""

    @property
    def url(self) -> str:
        assert self._listening is not None
        port = self._listening.sockets[0].getsockname()[1]
        return self._upstream._replace(netloc=f"127.0.0.1:{port}").geturl()

    def lose_answer_to(self, question: bytes) -> None:
        """The next bytes that hold `question` arrive; once they are answered, the connection dies instead."""
        self._lose_after = question

    def answer_instead(self, question: bytes, answer: bytes) -> None:
        """The next bytes that hold `question` do not arrive: they get this answer."""
        self._answer_instead = question, answer

    def lose_published(self, text: bytes) -> None:
        """The next message of Redis to a subscriber that holds `text` does not arrive."""
        self._lose_published = text

    async def sever(self) -> None:
        """End every connection, and each that is tried from now on, until `lead_to`."""
        self._severed = True
        await self._end_all()

    async def lead_to(self, upstream_url: str) -> None:
        """End every connection; those that come next are led to that server."""
        await self.sever()
        self._upstream = urlsplit(upstream_url)
        self._severed = False

    def lead_next_to(self, upstream_url: str) -> None:
        """New connections are led to that server; the ones there are stay where they are."""
        self._upstream = urlsplit(upstream_url)

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listening is not None
        self._listening.close()
        await self._end_all()

    async def _end_all(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if self._severed:
                raise ConnectionRefusedError
            server, to_server = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        except (OSError, asyncio.CancelledError):
            to_client.transport.abort()
            return
        answers = asyncio.create_task(self._answer(server, to_client))
        try:
            while question := await client.read(CHUNK_BYTES):
                if self._answer_instead is not None and self._answer_instead[0] in question:
                    to_client.write(self._answer_instead[1])
                    self._answer_instead = None
                    continue
                losing = self._lose_after is not None and self._lose_after in question
                if losing:
                    self._lose_after = None
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                to_server.write(question)
                if losing:
                    assert await server.read(CHUNK_BYTES), "the server gave no answer that could be lost"
                    self.lost += 1
                    return
        except OSError:
            return
        finally:
            answers.cancel()
            to_server.transport.abort()
            to_client.transport.abort()

    async def _answer(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            while chunk := await server.read(CHUNK_BYTES):
                lost = self._lose_published
                if lost is not None and chunk.startswith(PUBLISHED) and lost in chunk:
                    self._lose_published = None
                    self.lost += 1
                else:
                    to_client.write(chunk)
        finally:
            if server.at_eof():
                to_client.close()
