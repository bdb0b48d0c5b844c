"""The server most people would write: a loop over the subscribers, one `send_text` each; and an echo."""

from __future__ import annotations

import json
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

subscribers: set[WebSocket] = set()


async def listen(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        await websocket.receive_text()
        subscribers.add(websocket)
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        subscribers.discard(websocket)


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


async def broadcast(request: Request) -> Response:
    event = await request.json()
    text = json.dumps(
        {"channel": event["channel"], "event": event["event"], "payload": event["payload"]},
        separators=(",", ":"),
    )
    for websocket in list(subscribers):
        await websocket.send_text(text)
    return JSONResponse({"subscriber_count": len(subscribers)})


routes = [
    WebSocketRoute("/ws/broadcast", listen),
    WebSocketRoute("/ws/echo", echo),
    Route("/test/broadcast", broadcast, methods=["POST"]),
]

if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=routes),
        port=int(sys.argv[1]),
        log_level="warning",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
