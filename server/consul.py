"""Registration with a Consul agent, over its HTTP API, for as long as this server serves.

Owns one entry of the agent's: made once the server listens, made anew when the agent has lost it (one that
runs without a data directory forgets everything with a restart), taken out before anybody is told to go. An
agent out of reach is one line in the log and is tried again; it never stops the server.

The calls are those of Consul's documentation, *Service - Agent HTTP API*: `GET /v1/agent/service/:id`,
`PUT /v1/agent/service/register`, `PUT /v1/agent/service/deregister/:id`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import quote

from .errors import StartupError
from .settings import Settings

try:
    import httpx
except ImportError:  # an extra: see `registration`
    httpx = None  # type: ignore[assignment]

logger = logging.getLogger("syncbed.consul")

TYPE = "websocket_gateway"
TAGS = ["websocket", "gateway", "post_office", "smart_city", "real-time"]
CAPABILITIES = ["websocket_connection", "channel_routing", "message_fanout"]
ENDPOINTS = ["/ws/gateway"]
HEALTH = "/health/websocket-gateway"

CALL_S_MAX = 2.0
RETRY_S_FIRST, RETRY_S_MAX = 0.25, 15.0
GONE_AFTER = "1m"
"""An instance that was killed is taken out by the agent after so long; Consul takes no less."""


def registration(settings: Settings, port: int) -> Registration | None:
    """None if no agent is configured; StartupError if one is and the client library is missing."""
    if settings.consul_url is None:
        return None
    if httpx is None:
        raise StartupError("SYNCBED_CONSUL_URL needs httpx: pip install 'syncbed[consul]'")
    return Registration(settings, port)


class Registration:
    def __init__(self, settings: Settings, port: int) -> None:
        self._check_s = settings.consul_check_s
        self.service = describe(settings, port)
        token = settings.consul_token
        self._client = httpx.AsyncClient(
            base_url=str(settings.consul_url).rstrip("/"),
            headers={} if token is None else {"X-Consul-Token": token.get_secret_value()},
            timeout=CALL_S_MAX,
            trust_env=False,
        )
        self._url = str(settings.consul_url)
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        """Whether the agent may know of us."""
        self._known = False
        """Whether it knows us as we are now, not as whoever listened at our address before."""

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._keep(), name="consul")

    async def end(self) -> None:
        """Take the entry out, in `CALL_S_MAX` seconds at most."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._asked:
            try:
                async with asyncio.timeout(CALL_S_MAX):
                    await self._call("PUT", f"/v1/agent/service/deregister/{self._id}")
                logger.info("taken out of Consul at %s: %s", self._url, self.service["ID"])
            except (httpx.HTTPError, TimeoutError) as error:
                logger.warning(
                    "could not be taken out of Consul at %s (%s); it does so by itself after %s",
                    self._url,
                    _told(error),
                    GONE_AFTER,
                )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CALL_S_MAX):
                await self._client.aclose()

    async def _keep(self) -> None:
        """See to it that the agent knows us, until cancelled."""
        complained, retry_s = False, RETRY_S_FIRST
        while True:
            try:
                await self._see_to_it()
                if complained:
                    logger.warning("Consul at %s answers again", self._url)
                complained, retry_s, wait_s = False, RETRY_S_FIRST, self._check_s
            except httpx.HTTPError as error:
                if not complained:
                    logger.warning(
                        "Consul at %s: %s; the server serves without it, and tries again",
                        self._url,
                        _told(error),
                    )
                complained, wait_s = True, retry_s
                retry_s = min(retry_s * 2, RETRY_S_MAX)
            await asyncio.sleep(wait_s)

    async def _see_to_it(self) -> None:
        if self._known:
            found = await self._client.get(f"/v1/agent/service/{self._id}")
            if found.status_code != 404:
                _check(found)
                return
            logger.warning("Consul at %s has forgotten us; registering again", self._url)
        self._asked, self._known = True, False
        await self._call("PUT", "/v1/agent/service/register", self.service)
        self._known = True
        logger.info("registered with Consul at %s: %s", self._url, self.service["ID"])

    async def _call(self, method: str, path: str, body: Any = None) -> None:
        _check(await self._client.request(method, path, json=body))

    @property
    def _id(self) -> str:
        return quote(self.service["ID"], safe="")


def describe(settings: Settings, port: int) -> dict[str, Any]:
    """The body of a registration. Its id is the address: who starts again there takes its own place."""
    address = settings.consul_address or ("127.0.0.1" if settings.on_loopback else settings.host)
    authority = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return {
        "ID": f"{settings.consul_service}-{address}-{port}",
        "Name": settings.consul_service,
        "Tags": TAGS,
        "Address": address,
        "Port": port,
        "Meta": {
            "service_type": TYPE,
            "capabilities": ",".join(CAPABILITIES),
            "endpoints": ",".join(ENDPOINTS),
            "health": HEALTH,
        },
        "Check": {
            "Name": f"{settings.consul_service} answers",
            "HTTP": f"http://{authority}{HEALTH}",
            "Method": "GET",
            "Interval": f"{round(settings.consul_check_s * 1000)}ms",
            "Timeout": f"{round(CALL_S_MAX * 1000)}ms",
            "DeregisterCriticalServiceAfter": GONE_AFTER,
        },
    }


def _check(answer: httpx.Response) -> None:
    """Consul says in plain text what it did not like."""
    if answer.is_error:
        said = " ".join(answer.text.split())[:200]
        raise httpx.HTTPError(f"it answered {answer.status_code} {said}".rstrip())


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
