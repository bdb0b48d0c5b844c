"""`python -m integration.consul.stand_in PORT`: a small agent that follows Consul's documented calls.

It keeps services in memory, as `consul agent -dev` does, refuses what Consul refuses, in its words, and
really does the HTTP checks that it is asked for: 2xx is passing, 429 a warning, anything else critical. It
knows nothing of the server that registers.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m)$")
UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}
SERVICE = {"ID", "Name", "Tags", "Address", "Port", "Meta", "Check"}
CHECK = {"Name", "HTTP", "Method", "Interval", "Timeout", "DeregisterCriticalServiceAfter"}
META_NAME = re.compile(r"^[A-Za-z0-9_-]{1,128}$")


class Agent:
    def __init__(self, token: str) -> None:
        self._token = token
        self._services: dict[str, dict[str, Any]] = {}
        self._checks: dict[str, dict[str, Any]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended = asyncio.Event()

    def app(self) -> Starlette:
        routes = [
            Route("/v1/agent/self", self.self_, methods=["GET"]),
            Route("/v1/agent/services", self.services, methods=["GET"]),
            Route("/v1/agent/checks", self.checks, methods=["GET"]),
            Route("/v1/agent/service/register", self.register, methods=["PUT"]),
            Route("/v1/agent/service/deregister/{id}", self.deregister, methods=["PUT"]),
            Route("/v1/agent/service/{id}", self.service, methods=["GET"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    async def self_(self, request: Request) -> Response:
        return JSONResponse({"Config": {"NodeName": "stand-in"}})

    async def services(self, request: Request) -> Response:
        return JSONResponse(self._services)

    async def checks(self, request: Request) -> Response:
        return JSONResponse(self._checks)

    async def service(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        if id_ not in self._services:
            return PlainTextResponse(f"unknown service ID: {id_}", 404)
        return JSONResponse(self._services[id_])

    async def register(self, request: Request) -> Response:
        if self._token and request.headers.get("x-consul-token") != self._token:
            return PlainTextResponse("Permission denied: token lacks permission 'service:write'", 403)
        try:
            body = json.loads(await request.body())
            problem = wrong_with(body)
        except ValueError as error:
            problem = f"Request decode failed: {error}"
        if problem:
            return PlainTextResponse(problem, 400)
        id_ = body.get("ID") or body["Name"]
        self._services[id_] = {"ID": id_, "Service": body["Name"]} | {
            name: body.get(name) for name in ("Tags", "Address", "Port", "Meta")
        }
        check = f"service:{id_}"
        before = self._checks.get(check, {"Status": "critical", "Output": ""})
        self._checks[check] = {**before, "CheckID": check, "Name": body["Check"]["Name"], "ServiceID": id_}
        self._forget_task(check)
        self._tasks[check] = asyncio.create_task(self._look(check, body["Check"]))
        return Response()

    async def deregister(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        if self._services.pop(id_, None) is None:
            return PlainTextResponse(f'Unknown service ID "{id_}". Ensure that the service ID is passed', 404)
        self._forget_task(f"service:{id_}")
        del self._checks[f"service:{id_}"]
        return Response()

    async def _look(self, check_id: str, check: dict[str, Any]) -> None:
        async with httpx.AsyncClient(timeout=seconds(check["Timeout"]), trust_env=False) as client:
            while not self._ended.is_set():
                try:
                    answer = await client.request(check["Method"], check["HTTP"])
                    status = "passing" if answer.is_success else "critical"
                    found = {
                        "Status": "warning" if answer.status_code == 429 else status,
                        "Output": f"HTTP {check['Method']} {check['HTTP']}: {answer.status_code}",
                    }
                except httpx.HTTPError as error:
                    found = {"Status": "critical", "Output": str(error)}
                self._checks[check_id].update(found)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds(check["Interval"])):
                        await self._ended.wait()

    def _forget_task(self, check: str) -> None:
        if check in self._tasks:
            self._tasks.pop(check).cancel()

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        self._ended.set()
        await asyncio.gather(*self._tasks.values())


def seconds(duration: str) -> float:
    found = DURATION.match(duration)
    if found is None:
        raise ValueError(f'time: invalid duration "{duration}"')
    return float(found[1]) * UNITS_S[found[2]]


def wrong_with(body: Any) -> str:
    """What Consul would say against this registration, or nothing."""
    if not isinstance(body, dict) or not body.get("Name"):
        return "Missing service name"
    check = body.get("Check")
    if not isinstance(check, dict):
        return "Invalid check: missing"
    for name in [*(body.keys() - SERVICE), *(check.keys() - CHECK)]:
        return f'Request decode failed: json: unknown field "{name}"'
    if not isinstance(body.get("Port", 0), int):
        return "Request decode failed: Port must be a number"
    if not all(isinstance(tag, str) for tag in body.get("Tags", [])):
        return "Request decode failed: Tags must be strings"
    for name, value in body.get("Meta", {}).items():
        if not META_NAME.match(name) or not isinstance(value, str) or len(value) > 512:
            return f"Invalid Service Meta: Couldn't load metadata pair ('{name}', '{value}')"
    if "HTTP" not in check or seconds(check["Interval"]) <= 0:
        return "Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks"
    seconds(check["Timeout"])
    seconds(check["DeregisterCriticalServiceAfter"])
    return ""


async def main(port: int, token: str) -> None:
    config = uvicorn.Config(Agent(token).app(), host="127.0.0.1", port=port, log_config=None)
    running = uvicorn.Server(config)
    serving = asyncio.create_task(running.serve())
    while not running.started:
        if serving.done():
            return
        await asyncio.sleep(0)
    print("agent: Starting server: address=127.0.0.1 network=tcp protocol=http", flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
