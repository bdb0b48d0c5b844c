"""One TCP connection of a browser: who it is, what is wrong with it, and how it ends.

Owns the identity, the conditions that rules put on it (silence, stall, waits) and the two sockets;
what travels on it is the business of `http.Exchange` and `websocket.Bridge`.
"""

import asyncio
from typing import TYPE_CHECKING, Literal

import h11

from .faults.actions import Action, Cut, Silence, StopReading
from .gate import Verdict, Waiting
from .message import UNKNOWN_TAB, Direction, Message
from .peer import HttpPeer
from .rules import Decision
from .sockets import How, Socket

if TYPE_CHECKING:
    from .http import Exchange
    from .websocket import Bridge
    from .wire import Wire

# What becomes of a socket when its connection ends: RST, FIN, left open and silent, left alone.
Ending = Literal["abort", "close", "keep", "leave"]

TALLY_OF_STAGE = {"request": "http", "response": "http", "chunk": "chunk", "frame": "ws"}


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class ConnectionEndedError(Exception):
    """The connection ended while something on it was under way."""


class Connection:
    def __init__(self, wire: "Wire", socket: Socket, profile: str, number: int) -> None:
        self.wire = wire
        self.id = f"c{number}"
        self.profile = profile
        self.tab = UNKNOWN_TAB
        self.kind: Literal["http", "ws"] = "http"
        self.path = ""
        self.upstream = ""
        self.nth = 0  # of the WebSockets of this tab and path
        self.requests = 0
        self.opened_ms = wire.now_ms()
        self.ended = ""  # how, once it has
        self.browser = HttpPeer(socket, h11.SERVER, wire.settings.head_bytes_max)
        self.browser_gone = False
        self.upstream_socket: Socket | None = None
        self.exchange: Exchange | None = None  # the request under way
        self.bridge: Bridge | None = None
        self.waiting: Waiting | None = None  # the HTTP message that is held
        self.silences: dict[str, Literal["resume", "cut"]] = {}  # rule id -> what follows
        self.free_at_ms: dict[Direction, float] = {"up": 0.0, "down": 0.0}
        self._stalls: dict[str, Socket] = {}
        self._waits: dict[asyncio.Future[None], str] = {}
        self._endless = 0
        socket.on_end = self._browser_ended

    # Reporting and counting

    def emit(self, event: str, message: Message | None = None, rule: str = "", **detail: object) -> None:
        self.wire.emit(event, self.id, message, rule, detail)

    def seen(self, message: Message) -> None:
        self._count(message, "got")
        self.emit("frame_seen", message)

    def delivered(self, message: Message) -> None:
        self._count(message, "put")
        self.emit("frame_delivered", message)

    def lost(self, message: Message, why: str, rule: str = "") -> None:
        self._count(message, "lost")
        self.emit("frame_lost", message, rule, why=why)

    def repeated(self, message: Message, rule: str) -> None:
        self._count(message, "extra")
        self._count(message, "put")
        impossible = {"tcp_impossible": True} if message.stage == "frame" else {}
        self.emit("frame_duplicated", message, rule, **impossible)

    def dropped(self, message: Message, rule: str) -> None:
        self.emit("frame_dropped", message, rule, tcp_impossible=True)
        self.lost(message, "dropped", rule)

    def reordered(self, message: Message, rule: str, passed_by: Message) -> None:
        self.emit("frame_reordered", message, rule, passed_by=passed_by.name, tcp_impossible=True)

    def acted(self, decision: Decision, message: Message | None) -> None:
        kind = decision.rule.fault.kind
        self.emit("rule_acted", message, decision.rule.id, fault=kind, acted=decision.rule.acted)

    def _count(self, message: Message, what: str) -> None:
        kind = TALLY_OF_STAGE.get(message.stage)
        if kind is not None:
            tally = self.wire.counters.tally((self.profile, message.tab, kind, message.direction))
            setattr(tally, what, getattr(tally, what) + 1)

    # Conditions

    @property
    def silenced(self) -> bool:
        return bool(self.silences)

    @property
    def stalled(self) -> bool:
        return bool(self._stalls)

    @property
    def parked(self) -> bool:
        """Whether its HTTP message goes on only when someone decides so, or lifts a rule."""
        return self.waiting is not None or self.silenced or self._endless > 0

    def apply(self, action: Action, rule_id: str, direction: str | None) -> bool:
        """Do to the living connection what a rule with `now` says; `direction` matters to a stall.

        Answers whether anything was done.
        """
        match action:
            case Silence():
                return self.silence(rule_id, action)
            case StopReading():
                socket = self.upstream_socket if direction == "down" else self.browser.socket
                return self.stall(rule_id, socket, action)
            case Cut(side=side):
                return self.cut(side, rule_id)
            case _:
                return self.bridge is not None and self.bridge.apply(action, rule_id)

    def silence(self, rule_id: str, action: Silence) -> bool:
        """Answers whether it was not silent by this rule already."""
        if rule_id in self.silences:
            return False
        self.silences[rule_id] = action.then
        self.emit("silenced", rule=rule_id)
        self._lift_after(action.for_ms, rule_id)
        return True

    def stall(self, rule_id: str, socket: Socket | None, action: StopReading) -> bool:
        """Answers whether there is such a socket, and it was not stalled by this rule already."""
        if rule_id in self._stalls or socket is None or socket.lost:
            return False
        self._stalls[rule_id] = socket
        socket.pause(f"stall {rule_id}")
        self.emit("stalled", rule=rule_id, side="browser" if socket is self.browser.socket else "upstream")
        self._lift_after(action.for_ms, rule_id)
        return True

    def _lift_after(self, for_ms: float | None, rule_id: str) -> None:
        if for_ms is not None:
            asyncio.get_running_loop().call_later(for_ms / 1000, self.lift, rule_id)

    def lift(self, rule_id: str) -> None:
        """The rule is gone: whatever it did that lasts, ends."""
        if self.ended:
            return
        then = self.silences.pop(rule_id, None)
        stalled = self._stalls.pop(rule_id, None)
        if then is not None or stalled is not None:
            self.emit("lifted", rule=rule_id)
        if stalled is not None:
            stalled.resume(f"stall {rule_id}")
        if then == "cut":
            self.cut("both", rule_id)
            return
        for future, waits_for in list(self._waits.items()):
            if waits_for == rule_id:
                _resolve(future)
        if self.bridge is not None:
            self.bridge.lift(rule_id)

    async def ready(self) -> None:
        """Wait while it is silenced. Raises `ConnectionEndedError` if it ended."""
        while self.silences and not self.ended:
            await self.wait(None, next(iter(self.silences)))
        self.check()

    async def wait(self, wait_ms: float | None, rule_id: str) -> None:
        """Wait for a time, or for ever, but no longer than the rule is there."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waits[future] = rule_id
        self._endless += wait_ms is None
        if wait_ms is not None:
            loop.call_later(wait_ms / 1000, _resolve, future)
        try:
            await future
        finally:
            del self._waits[future]
            self._endless -= wait_ms is None
        self.check()

    def check(self) -> None:
        if self.ended:
            raise ConnectionEndedError(self.ended)

    async def held(self, message: Message) -> Verdict:
        """Wait in flight until someone decides about an HTTP message."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        verdicts: list[Verdict] = []

        def decide(verdict: Verdict) -> None:
            verdicts.append(verdict)
            self.waiting = None  # at once: it is under way before this coroutine goes on
            _resolve(future)

        self.waiting = waiting = self.wire.gate.enter(message, self.wire.now_ms(), decide)
        self.emit("frame_held", message, id=waiting.id)
        if self.browser_gone:
            self._abandon(waiting)
        self._waits[future] = ""
        try:
            await future
        finally:
            del self._waits[future]
            self.wire.gate.leave(waiting)
            self.waiting = None
        self.check()
        return verdicts[0]

    # Ending

    def _browser_ended(self, how: How) -> None:
        """The browser ended an HTTP connection; a WebSocket's end goes through its lane."""
        first, self.browser_gone = not self.browser_gone, True
        if self.waiting is not None:
            if self.waiting.message.direction == "down":  # nobody is left whom it could reach
                self.end("close", "leave", "browser gone")
            elif first:
                self._abandon(self.waiting)
            return
        if self.upstream_socket is None or self.silenced:
            return
        if how == "rst":
            self.upstream_socket.abort()
        elif not self.browser.has_more:
            self.upstream_socket.finish_writing()

    def _abandon(self, waiting: Waiting) -> None:
        waiting.abandoned = True
        self.emit("frame_abandoned", waiting.message, id=waiting.id)

    def cut(self, side: Literal["both", "browser", "upstream"], rule_id: str = "", how: str = "cut") -> bool:
        """End it abruptly, on one side or both; the side that is not cut is kept, open and silent.

        Answers whether there was something to cut.
        """
        if self.ended:
            return False
        self.end(
            "keep" if side == "upstream" else "abort",
            "keep" if side == "browser" else "abort",
            how,
            rule_id,
        )
        return True

    def end(self, browser: Ending, upstream: Ending, how: str, rule_id: str = "") -> None:
        if self.ended:
            return
        self.ended = how
        self.emit("connection_closed", None, rule_id, how=how, browser=browser, upstream=upstream)
        self._finish(self.browser.socket, browser)
        if self.upstream_socket is not None:
            self._finish(self.upstream_socket, upstream)
        if self.bridge is not None:
            self.bridge.connection_ended(how, rule_id)
        for future in list(self._waits):
            _resolve(future)
        self.wire.forget(self)

    def _finish(self, socket: Socket, ending: Ending) -> None:
        match ending:
            case "abort":
                socket.abort()
            case "close":
                socket.close()
            case "keep":
                socket.discard()
                self.wire.keep(socket)
            case "leave":
                pass

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "profile": self.profile,
            "tab": self.tab,
            "kind": self.kind,
            "upstream": self.upstream,
            "path": self.path,
            "connection": self.nth,
            "requests": self.requests,
            "opened_ms": round(self.opened_ms, 3),
            "silenced": list(self.silences),
            "stalled": list(self._stalls),
            "in_flight": self.bridge.waiting if self.bridge is not None else int(self.waiting is not None),
        }
