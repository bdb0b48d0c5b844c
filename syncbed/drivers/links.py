"""Where documents dial in: one WebSocket a document, checked like any foreign input.

A Starlette endpoint; where it is mounted, and which Host and Origin may come, is the lab server's business.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from .errors import DriverError
from .pane import Hello, Link, Pane
from .panes import TAB, PanesDriver

HELLO_S_MAX = 10.0
MESSAGE_CHARACTERS_MAX = 16 * 1024 * 1024
TEXT_CHARACTERS_MAX = 2000

# Close codes: from 4400 on the document does not come again (link.js).
BAD_MESSAGE = 4400
NOT_ADMITTED = 4401


async def link(driver: PanesDriver, socket: WebSocket) -> None:
    """Serve one document until it is gone.

    It shows `?tab=alice/1&token=...`, what its script was made for; its window may go by another number.
    """
    tab, token = socket.query_params.get("tab", ""), socket.query_params.get("token", "")
    await socket.accept()
    if not TAB.fullmatch(tab) or not driver.admits(tab, token):
        await socket.close(NOT_ADMITTED)
        return
    try:
        async with asyncio.timeout(HELLO_S_MAX):
            hello = read_hello(await _receive(socket), tab)
    except (TimeoutError, ValueError):
        await _close(socket, BAD_MESSAGE)
        return
    except WebSocketDisconnect:
        return
    found = Link(socket)
    pane = await driver.arrived(hello, found)
    if pane is None:
        await _close(socket, NOT_ADMITTED)
        return
    try:
        await found.send({"welcome": {"tab": pane.name, "heard": pane.heard.get(hello.document, 0)}})
        while True:
            take(pane, hello.document, found, await _receive(socket))
    except (WebSocketDisconnect, DriverError):  # gone, perhaps in the middle of its welcome
        pass
    except ValueError as error:
        pane.note(f"{pane.name} said what cannot be read: {error}")
        await _close(socket, BAD_MESSAGE)
    finally:
        driver.left(pane, found)


def read_hello(message: Any, tab: str) -> Hello:
    """Raises `ValueError`."""
    hello = message.get("hello") if isinstance(message, dict) else None
    if not isinstance(hello, dict):
        raise ValueError("the first message is no hello")
    texts = {key: hello.get(key) for key in ("tab", "document", "url", "agent")}
    for key, text in texts.items():
        if not isinstance(text, str) or len(text) > TEXT_CHARACTERS_MAX:
            raise ValueError(f"hello: {key} is no text, or too long")
    named = TAB.fullmatch(str(texts["tab"]))
    if named is None or named["profile"] != tab.partition("/")[0]:
        raise ValueError("hello: the tab is not of the profile that its token is for")
    return Hello(framed=hello.get("framed") is True, **texts)  # type: ignore[arg-type]


def take(pane: Pane, document: str, found: Link, message: Any) -> None:
    """An answer or a report. Raises `ValueError`."""
    match message:
        case {"id": int(number)}:
            found.answered(number, message.get("value"), message.get("error"))
        case {"no": int(number), "report": dict(report)}:
            if pane.hears(document, number):
                pane.reported(report)
        case _:
            raise ValueError("neither an answer nor a report")


async def _receive(socket: WebSocket) -> Any:
    """Raises `WebSocketDisconnect`, or `ValueError` for what is no JSON text."""
    try:
        text = await socket.receive_text()
    except KeyError:  # bytes
        raise ValueError("bytes, where only text is spoken") from None
    if len(text) > MESSAGE_CHARACTERS_MAX:
        raise ValueError(f"longer than {MESSAGE_CHARACTERS_MAX} characters")
    return json.loads(text)


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # it is gone already
        await socket.close(code)
