"""The wire's REST API: every method of a `Wire`, by HTTP, on a port of its own.

Owns the translation, the token and the Host check; decides nothing. Errors are JSON that says what
to do. There is no CORS: a page of another origin can neither read nor steer it.
"""

import asyncio
import json
import secrets
import socket as stdlib_socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import WireError
from .gate import VERDICTS
from .records import EVENTS
from .wire import Wire

BODY_BYTES_MAX = 1024 * 1024


class Guard:
    """Lets only those through who name this host and know the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refused = self._refusal(request)
        await (refused or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        # A page that rebinds its own name to this address still sends its own Host.
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if host not in ("127.0.0.1", "localhost", "[::1]") and not host.endswith(".localhost"):
            return refusal(WireError("host", f"{host!r} is not this host"))
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else request.query_params.get("token", "")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return refusal(WireError("token", "the token is missing or wrong"))
        return None


def refusal(error: WireError) -> JSONResponse:
    return JSONResponse(error.to_json(), status_code=error.status)


class Control:
    """The endpoints over one wire."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def index(self, request: Request) -> Response:
        """What can be asked."""
        routes = {f"{method} {path}": text for (method, path), (_, text) in endpoints(self).items()}
        return JSONResponse({"endpoints": routes, "events": EVENTS})

    async def state(self, request: Request) -> Response:
        wire = self.wire
        return JSONResponse(
            {
                "mode": wire.gate.mode,
                "profiles": wire.ports,
                "upstreams": {upstream.name: upstream.origin for upstream in wire.settings.upstreams},
                "leaders": wire.book.leaders,
                "seed": wire.book.seed,
                "keep_alive": wire.settings.keep_alive,
            }
        )

    async def add_profile(self, request: Request) -> Response:
        given = await options(request, {"profile": "", "port": 0})
        profile, port = given["profile"], given["port"]
        if not isinstance(profile, str):
            raise WireError("invalid", f"{profile!r} is no profile", path="/profile", allowed=["a name"])
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65_535:
            raise WireError("invalid", f"{port!r} is no port", path="/port", allowed=["0 to 65535"])
        await self.wire.add_profile(profile, port)
        return JSONResponse({"profiles": self.wire.ports}, status_code=201)

    async def remove_profile(self, request: Request) -> Response:
        await self.wire.remove_profile(request.path_params["profile"])
        return JSONResponse({"profiles": self.wire.ports})

    async def rules(self, request: Request) -> Response:
        return JSONResponse({"rules": [rule.to_json() for rule in self.wire.book.rules.values()]})

    async def add_rules(self, request: Request) -> Response:
        rules = await self.wire.add_rules(await body(request))
        return JSONResponse({"rules": [rule.to_json() for rule in rules]}, status_code=201)

    async def heal(self, request: Request) -> Response:
        await self.wire.heal()
        return JSONResponse({"rules": []})

    async def remove_rule(self, request: Request) -> Response:
        return JSONResponse((await self.wire.remove_rule(request.path_params["id"])).to_json())

    async def reset(self, request: Request) -> Response:
        how = (await options(request, {"connections": "keep"}))["connections"]
        if how not in ("keep", "cut"):
            raise WireError("invalid", f"{how!r} is not known", path="/connections", allowed=["keep", "cut"])
        await self.wire.reset(how)
        return JSONResponse({"reset": True})

    async def mode(self, request: Request) -> Response:
        self.wire.set_mode((await options(request, {"mode": None}))["mode"])  # type: ignore[arg-type]
        return JSONResponse({"mode": self.wire.gate.mode})

    async def leaders(self, request: Request) -> Response:
        given = await body(request)
        if not isinstance(given, dict) or not all(isinstance(tab, str | int) for tab in given.values()):
            raise WireError("invalid", "no leaders", path="/", allowed=['{"PROFILE": "TAB"}'])
        self.wire.book.leaders.update((profile, str(tab)) for profile, tab in given.items())
        return JSONResponse({"leaders": self.wire.book.leaders})

    async def connections(self, request: Request) -> Response:
        count = whole(request, "count", 0)
        await self._when(request, lambda: len(self.wire.connections) >= count)
        return JSONResponse({"connections": [one.to_json() for one in self.wire.connections.values()]})

    async def in_flight(self, request: Request) -> Response:
        count = whole(request, "count", 1)
        await self._when(request, lambda: len(self.wire.in_flight()) >= count)
        return JSONResponse({"in_flight": [waiting.to_json() for waiting in self.wire.in_flight()]})

    async def decide(self, request: Request) -> Response:
        asked = request.path_params["verdict"]
        verdict = next((each for each in VERDICTS if each == asked), None)
        if verdict is None:
            raise WireError("invalid", "no such decision", path="/verdict", allowed=VERDICTS)
        waiting = self.wire.decide(request.path_params["id"], verdict)
        impossible = waiting.is_impossible_on_tcp(verdict)
        return JSONResponse({"decided": verdict, "tcp_impossible": impossible, **waiting.to_json()})

    async def counters(self, request: Request) -> Response:
        counters = self.wire.counters
        kinds = ("http", "chunk", "ws")
        totals = {
            kind: {d: counters.total(kind=kind, direction=d).to_json() for d in ("up", "down")}
            for kind in kinds
        }
        return JSONResponse({"totals": totals, "tallies": counters.to_json()})

    async def events(self, request: Request) -> Response:
        since = whole(request, "since", whole_text(request.headers.get("last-event-id"), "last-event-id", 0))
        if "text/event-stream" in request.headers.get("accept", ""):
            return StreamingResponse(self._stream(since), media_type="text/event-stream")
        await self._when(request, lambda: bool(self.wire.log.since(since)))
        found = self.wire.log.since(since)
        limit = self.wire.settings.payload_bytes_max
        return JSONResponse(
            {
                "events": [record.to_json(limit) for record in found],
                "next": found[-1].seq if found else since,
                "first": self.wire.log.first_seq,
            }
        )

    async def _stream(self, since: int) -> AsyncIterator[str]:
        limit = self.wire.settings.payload_bytes_max
        while True:
            for record in self.wire.log.since(since):
                since = record.seq
                yield f"id: {since}\nevent: {record.event}\ndata: {json.dumps(record.to_json(limit))}\n\n"
            try:
                await self.wire.until(partial(self.wire.log.since, since), self.wire.settings.wait_ms_max)
            except WireError:
                yield ": still here\n\n"

    async def _when(self, request: Request, found: Callable[[], bool]) -> None:
        """With `?wait_ms=N`: answer once `found()`, or when the time is over, whichever is first."""
        wait_ms = whole(request, "wait_ms", 0)
        limit_ms = self.wire.settings.wait_ms_max
        if wait_ms > limit_ms:
            raise WireError("invalid", "too long a wait", path="/wait_ms", allowed=[f"0 to {limit_ms}"])
        if wait_ms and not found():
            try:
                await self.wire.until(found, wait_ms)
            except WireError as error:
                if error.code != "timeout":
                    raise


Endpoint = Callable[[Request], Awaitable[Response]]


def endpoints(control: Control) -> dict[tuple[str, str], tuple[Endpoint, str]]:
    """(method, path) -> what answers it, and what it is for."""
    return {
        ("GET", "/"): (control.index, "this list"),
        ("GET", "/state"): (control.state, "mode, profiles with their ports, upstreams, leaders"),
        ("POST", "/profiles"): (control.add_profile, "{profile, port: 0}: listen for one more"),
        ("DELETE", "/profiles/{profile}"): (control.remove_profile, "close its port and cut its connections"),
        ("GET", "/rules"): (control.rules, "the rules in force, in order, with how often each acted"),
        ("POST", "/rules"): (control.add_rules, "add one rule, a list, or {rules: [...]}; all or none"),
        ("DELETE", "/rules"): (control.heal, "remove every rule and what it left behind"),
        ("DELETE", "/rules/{id}"): (control.remove_rule, "remove one rule and what it left behind"),
        ("POST", "/reset"): (control.reset, "heal, free mode, numbers from zero; {connections: keep|cut}"),
        ("POST", "/mode"): (control.mode, "{mode: held|free}"),
        ("POST", "/leaders"): (control.leaders, "which tab leads a profile: {PROFILE: TAB}"),
        ("GET", "/connections"): (control.connections, "the living connections; ?count=N&wait_ms=N waits"),
        ("GET", "/in-flight"): (control.in_flight, "what waits in held mode; ?count=N&wait_ms=N waits"),
        ("POST", "/in-flight/{id:path}/{verdict}"): (
            control.decide,
            "deliver, end_before, end_after, or (no TCP connection does this) drop, duplicate, reorder",
        ),
        ("GET", "/counters"): (control.counters, "got, put, lost, waiting, by kind and direction and by tab"),
        ("GET", "/events"): (
            control.events,
            "?since=SEQ&wait_ms=N, or a stream with Accept: text/event-stream",
        ),
    }


async def body(request: Request) -> object:
    raw = await request.body()
    if len(raw) > BODY_BYTES_MAX:
        raise WireError("limit", f"a body has at most {BODY_BYTES_MAX} bytes", path="/")
    try:
        return json.loads(raw)
    except ValueError as error:
        raise WireError("not_json", f"the body is no JSON: {error}", path="/") from error


async def options(request: Request, known: dict[str, object]) -> dict[str, object]:
    """The keys of a small JSON body, or of none."""
    given = await body(request) if await request.body() else {}
    if not isinstance(given, dict):
        raise WireError("invalid", "no object", path="/", allowed=["a JSON object"])
    for key in given:
        if key not in known:
            raise WireError("invalid", f"unknown key {key!r}", path=f"/{key}", allowed=known)
    return {**known, **given}


def whole(request: Request, name: str, default: int) -> int:
    return whole_text(request.query_params.get(name), name, default)


def whole_text(given: str | None, name: str, default: int) -> int:
    if given is None:
        return default
    if not given.isdecimal():
        raise WireError("invalid", f"{given!r} is no whole number", path=f"/{name}", allowed=["0, 1, 2, ..."])
    return int(given)


def build_control(wire: Wire, token: str) -> ASGIApp:
    """The control API as an ASGI app."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, WireError)
        return refusal(error)

    control = Control(wire)
    routes = [
        Route(path, answer, methods=[method]) for (method, path), (answer, _) in endpoints(control).items()
    ]
    return Guard(Starlette(routes=routes, exception_handlers={WireError: refused}), token)


class ControlServer(uvicorn.Server):
    """Serves the control API in the wire's own loop; signals are the command's business."""

    def __init__(self, wire: Wire, host: str, port: int, token: str = "") -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.host = host
        self.port = port
        super().__init__(
            uvicorn.Config(build_control(wire, self.token), log_level="warning", lifespan="off", ws="none")
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: the command that runs the wire has its own."""
        yield

    async def start(self) -> None:
        """Listen. Raises `WireError` ("listener") if the port is taken."""
        raw = stdlib_socket.socket(stdlib_socket.AF_INET, stdlib_socket.SOCK_STREAM)
        raw.setsockopt(stdlib_socket.SOL_SOCKET, stdlib_socket.SO_REUSEADDR, 1)
        try:
            raw.bind((self.host, self.port))
        except OSError as error:
            raw.close()
            raise WireError(
                "listener", f"control port {self.port} cannot be opened: {error.strerror}"
            ) from error
        self.port = raw.getsockname()[1]
        raw.listen(64)
        self._serving = asyncio.get_running_loop().create_task(self.serve([raw]))

    async def stop(self) -> None:
        self.should_exit = self.force_exit = True
        if self._serving is not None:
            await self._serving
