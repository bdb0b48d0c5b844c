"""What talks to a real lab here: a page that asks, and documents that dial in as panes do. No browser."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from syncbed.world import WatchedProcess
from syncbed.world.reference import without_settings

ANSWER_S_MAX = 60.0
HERE = "127.0.0.1"  # names under localhost are a browser's, not the system's
CAPS = ["server_authority", "offline", "tabs", "order", "idempotent"]


class LabProcess(WatchedProcess):
    """`syncbed lab` or `syncbed demo`, as a user starts it."""

    name = "syncbed lab"
    ready_line = re.compile(r"^(?P<json>\{.*\"lab\".*\})$")

    def __init__(self, *words: str) -> None:
        super().__init__(on_line=lambda line: print(line, file=sys.stderr))
        self._words = words
        self.about: dict[str, Any] = {}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "syncbed", *self._words, "--json"]

    def environment(self) -> dict[str, str]:
        import os

        return {**without_settings(os.environ), "PYTHONUNBUFFERED": "1"}

    def became_ready(self, line: re.Match[str]) -> None:
        self.about = json.loads(line["json"])

    @property
    def port(self) -> int:
        return urlsplit(self.about["lab"]).port or 80

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(str(self.about["lab"])).query)["token"][0]

    def port_of(self, profile: str) -> int:
        return urlsplit(self.about["profiles"][profile]).port or 80

    def origin_of(self, profile: str) -> str:
        return f"http://{HERE}:{self.port_of(profile)}"

    def live(self, token: str | None = None) -> str:
        return f"ws://{HERE}:{self.port}/live?token={self.token if token is None else token}"

    def ended(self, sign: signal.Signals = signal.SIGTERM) -> int:
        os.kill(self.pid, sign)
        return self.wait(ANSWER_S_MAX)


class Page:
    """A lab page: everything it was told, the last state, and answers to what it asks."""

    def __init__(self, url: str, **options: Any) -> None:
        self._url = url
        self._options = options
        self._socket: ClientConnection
        self._reading: asyncio.Task[None]
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Condition()
        self.heard: list[dict[str, Any]] = []
        self.hello: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.rows: list[list[Any]] = []
        self.resets: list[dict[str, Any]] = []
        self.panes: list[dict[str, Any]] = []
        self.on_pane: Callable[[dict[str, Any]], None] = lambda message: None

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url, max_size=None, **self._options)
        self._reading = asyncio.create_task(self._read())
        await self.until(lambda: bool(self.state))
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._socket.close()
        await self._reading

    async def ask(self, name: str, /, **about: Any) -> dict[str, Any]:
        """The answer: `{"value": ...}` or `{"error": ...}`."""
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({**about, "id": number, "do": name}))
        return await asyncio.wait_for(self._asked[number], ANSWER_S_MAX)

    async def does(self, name: str, /, **about: Any) -> Any:
        """The value of a command that must not fail."""
        answer = await self.ask(name, **about)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    async def refused(self, name: str, /, **about: Any) -> dict[str, str]:
        answer = await self.ask(name, **about)
        assert "error" in answer, answer
        error: dict[str, str] = answer["error"]
        return error

    async def say(self, text: str) -> None:
        await self._socket.send(text)

    async def until(self, true: Callable[[], bool]) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(true), ANSWER_S_MAX)

    def told(self, *kinds: str) -> list[str]:
        return [row[4] for row in self.rows if row[3] in kinds]

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                message = json.loads(text)
                async with self._changed:
                    self._take(message)
                    self._changed.notify_all()
        except ConnectionClosed:
            return

    def _take(self, message: dict[str, Any]) -> None:
        self.heard.append(message)
        match message["type"]:
            case "hello":
                self.hello = message
            case "reset":
                self.resets.append(message)
                self.rows.clear()
            case "records":
                self.rows += message["records"]
            case "state":
                self.state = message
            case "pane":
                self.panes.append(message)
                self.on_pane(message)
            case "answer":
                number = message["id"]
                asked = self._asked.get(number) if isinstance(number, int) else None
                if asked is not None:
                    asked.set_result(message)


class Document:
    """A page in a pane or a window: fetched through the wire, and linked as its script would be."""

    def __init__(self, lab: LabProcess, url: str, *, framed: bool) -> None:
        self._lab = lab
        self._url = url
        self._framed = framed
        self._socket: ClientConnection
        self._running: asyncio.Task[None]
        self._life = 0
        self._count = 0
        self.asked: list[str] = []
        self.tab = ""
        self.script = ""

    async def __aenter__(self) -> Self:
        """Fetch page and script, and dial in. What the link then asks is answered in the background."""
        parts = urlsplit(self._url)
        async with httpx.AsyncClient(base_url=f"http://{HERE}:{parts.port}", timeout=ANSWER_S_MAX) as http:
            asking = {"Host": parts.netloc, "Sec-Fetch-Dest": "iframe" if self._framed else "document"}
            page = await http.get(
                f"{parts.path or '/'}?{parts.query}", headers={**asking, "Accept": "text/html"}
            )
            source = re.search(r'<script src="(/__syncbed/pane\.js[^"]*)">', page.text)
            assert source is not None, page.text[:300]
            self.script = (await http.get(source[1], headers={"Host": parts.netloc})).text
        about = re.search(r'\}\)\((\{"tab".*?\})\);', self.script)
        assert about is not None
        given = json.loads(about[1])
        self.tab = given["tab"]
        link = urlsplit(given["link"])
        url = f"ws://{HERE}:{link.port}/link?tab={given['tab']}&token={given['token']}"
        self._socket = await connect(url, origin=f"http://{parts.netloc}", max_size=None)  # type: ignore[arg-type]
        hello = {
            "tab": given["tab"],
            "document": f"{id(self)}",
            "url": self._url,
            "title": "",
            "framed": self._framed,
            "visible": True,
            "agent": "Chrome/100.0",
        }
        await self._socket.send(json.dumps({"hello": hello}))
        self._running = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._socket.close()
        await asyncio.gather(self._running, return_exceptions=True)

    async def report(self, kind: str, **about: Any) -> None:
        self._count += 1
        report = {**about, "kind": kind, "life": self._life, "n": self._count, "at_ms": self._count}
        await self._socket.send(json.dumps({"no": self._count, "report": report}))

    async def _serve(self) -> None:
        try:
            async for text in self._socket:
                message = json.loads(text)
                if "ask" in message:
                    self.asked.append(message["ask"])
                    await self._answer(message)
        except ConnectionClosed:
            return

    async def _answer(self, message: dict[str, Any]) -> None:
        match message["ask"]:
            case "caps":
                value: Any = CAPS
            case "clock":
                value = 0.0
            case "start":
                self._life, value = message["about"]["life"], None
                await self.report("view", items=[], pending=[])
                await self.report("state", state="connected", reason="opened")
            case "look":
                value = {"items": [], "pending": [], "state": "connected", "live": True}
            case _:
                value = None
        await self._socket.send(json.dumps({"id": message["id"], "value": value}))


class Panes:
    """What a page shows because the lab asks it to: a document for each pane, until that is to be closed."""

    def __init__(self, lab: LabProcess, page: Page) -> None:
        self._lab = lab
        self._shown: dict[str, asyncio.Task[None]] = {}
        self.documents: dict[str, Document] = {}
        page.on_pane = self._hear

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        ended = [task for tab in list(self._shown) if (task := self._take_away(tab))]
        for result in await asyncio.gather(*ended, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    def _hear(self, message: dict[str, Any]) -> None:
        # A page that has just come is asked for the panes of a world that may be at its end.
        self._take_away(message["tab"])
        if message["do"] == "open":
            document = Document(self._lab, message["url"], framed=True)
            self.documents[message["tab"]] = document
            self._shown[message["tab"]] = asyncio.create_task(self._show(document))

    def _take_away(self, tab: str) -> asyncio.Task[None] | None:
        task = self._shown.pop(tab, None)
        if task is not None:
            task.cancel()
        return task

    async def _show(self, document: Document) -> None:
        async with document:
            await asyncio.Event().wait()
