"""The demo page and the SDK's modules, as they lie on the disk."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from ..errors import StartupError


class Modules(StaticFiles):
    """Served as they are, and asked for anew each time: an edited module must never meet a stale one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_fresh(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-cache"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await super().__call__(scope, receive, send_fresh)


def routes(static_dir: Path) -> list[BaseRoute]:
    if not static_dir.is_dir():
        raise StartupError(f"SYNCBED_STATIC_DIR: there is no folder {static_dir}")

    async def demo(request: Request) -> Response:
        return FileResponse(static_dir / "demo" / "index.html", headers={"Cache-Control": "no-cache"})

    return [Route("/", demo), Mount("/static", Modules(directory=static_dir))]
