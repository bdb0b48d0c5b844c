"""The tools about the WebSocket gateway, over its HTTP endpoints, and `reset`.

Talks to the server that `--url` names; without one to a reference server of its own, in test mode and in
memory, which is started when the first tool needs it and ended with us.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Self
from urllib.parse import quote

import httpx

from ..world import ReferenceProcess

POST_OFFICE = "/api/post-office/websocket"
ANSWER_S_MAX = 10.0


class GatewayError(RuntimeError):
    """The gateway cannot be reached, or refused; in its own words, if it had any."""


class Gateway:
    def __init__(self, url: str | None) -> None:
        self._client = httpx.AsyncClient(base_url=url or "", timeout=ANSWER_S_MAX, trust_env=False)
        self._is_ours = url is None
        self._own: ReferenceProcess | None = None
        self._starting = asyncio.Lock()

    async def get_endpoint(self, session_token: str | None = None) -> dict[str, Any]:
        """Say where clients connect: the gateway's WebSocket URL, its channels and its message format.

        Args:
            session_token: Goes into the URL, for a gateway that asks for a session.
        """
        query = {} if session_token is None else {"session_token": session_token}
        return await self._ask("GET", f"{POST_OFFICE}/endpoint", params=query)

    async def publish_to_channel(
        self, channel: str, message: dict[str, Any], realm: str = "mcp"
    ) -> dict[str, Any]:
        """Publish a message to everybody on a channel, whichever instance they are connected to.

        Args:
            channel: `guide`, `pillar:content`, or any other name.
            message: What they receive, under `message`.
            realm: Who publishes: what they receive under `source`.
        """
        body = {"channel": channel, "message": message, "realm": realm}
        return await self._ask("POST", f"{POST_OFFICE}/publish", json=body)

    async def subscribe_to_channel(
        self, channel: str, epoch: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> dict[str, Any]:
        """Follow a channel by asking: the messages since a position, and where the channel stands then.

        The first call, without a position, answers where it stands; each later one goes on with the epoch and
        offset of the last answer. `recovered: false` says that some messages are lost.

        Args:
            channel: `guide`, `pillar:content`, or any other name.
            epoch: Of the last answer; with offset.
            offset: Of the last answer; with epoch.
            limit: Messages at most.
        """
        if (epoch is None) != (offset is None):
            raise GatewayError(
                "a position is epoch and offset: give both, as the last answer had them, or none"
            )
        body: dict[str, Any] = {"channel": channel}
        if epoch is not None:
            body["after"] = {"epoch": epoch, "offset": offset}
        if limit is not None:
            body["limit"] = limit
        return await self._ask("POST", f"{POST_OFFICE}/subscribe", json=body)

    async def send_to_connection(self, connection_id: str, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message to one connected client, whichever instance it is connected to.

        Args:
            connection_id: As the gateway's welcome told it: `ws_...`.
            message: What it receives.
        """
        body = {"connection_id": connection_id, "message": message}
        return await self._ask("POST", f"{POST_OFFICE}/send", json=body)

    async def reset(self, collections: list[str] | None = None) -> dict[str, Any]:
        """Begin anew: our own server starts again and is empty; of a server of yours, the items named go.

        Args:
            collections: With --url, and only then: whose items are deleted. Nothing else is touched.
        """
        if not self._is_ours:
            if not collections:
                raise GatewayError(
                    "this server was named by --url: say which collections to empty, like "
                    '["orders"]; nothing was deleted'
                )
            return {"deleted": {name: await self._empty(name) for name in collections}}
        if collections:
            raise GatewayError("our own server is emptied as a whole: name no collections")
        async with self._starting:
            if self._own is not None:
                await asyncio.to_thread(self._own.stop)
        return {"restarted": await self._url()}

    async def _empty(self, collection: str) -> int:
        items = (await self._ask("GET", f"/api/{collection}"))["items"]
        for item in items:
            await self._ask("DELETE", f"/api/{collection}/{quote(item['id'], safe='')}")
        return len(items)

    async def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        url = await self._url()
        try:
            answer = await self._client.request(method, path, **options)
        except httpx.InvalidURL as error:
            raise GatewayError(f"--url {url}: {error}") from error
        except httpx.HTTPError as error:
            raise GatewayError(f"{url} cannot be reached: {error or type(error).__name__}") from error
        body = _object(answer)
        if answer.is_error:
            raise GatewayError(f"{method} {path} at {url} answered {answer.status_code}: {_said(body)}")
        return body

    async def _url(self) -> str:
        """Where the server is; our own is started if it has to be."""
        if self._is_ours:
            async with self._starting:
                self._own = self._own or ReferenceProcess(_tell, test_mode=True)
                if not self._own.running:
                    await asyncio.to_thread(self._own.start)
                    self._client.base_url = httpx.URL(self._own.url)
        return str(self._client.base_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._own is not None and self._own.running:
            await asyncio.to_thread(self._own.stop)
        await self._client.aclose()


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = answer.text[:200]
    return body if isinstance(body, dict) else {"answer": body}


def _said(body: dict[str, Any]) -> str:
    error = body.get("error", body.get("answer", body))
    return str(error.get("message", error) if isinstance(error, dict) else error)


def _tell(line: str) -> None:
    """Standard output is the client's."""
    print(line, file=sys.stderr, flush=True)
