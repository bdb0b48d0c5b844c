"""The Python example of docs/wire.md runs."""

import asyncio
import re
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from syncbed.wire import Record

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()


async def test_the_python_example_of_the_page_runs() -> None:
    async def echo(client: ServerConnection) -> None:
        async for message in client:
            await client.send(message)

    def play(port: int) -> "asyncio.Task[Any]":
        async def hello() -> None:
            async with connect(f"ws://127.0.0.1:{port}/ws?__tab=1") as client:
                await client.send("hello")
                assert await client.recv() == "hello"

        return asyncio.create_task(hello())

    found: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, found)
    records: list[Record] = []
    async with serve(echo, "127.0.0.1", 0) as server:
        url = f"main=http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        assert await found["first_frame_up"](url, play, records.append) == "alice/1 /ws #1 up 1"
    assert "frame_held" in {record.event for record in records}
