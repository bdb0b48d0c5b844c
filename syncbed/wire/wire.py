"""The wire: listeners, rules, gate, counters and records put together.

This is what a driver holds. Everything that can be asked of a wire is a method here; the REST API
(`control`) only translates.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeVar

import h11

from .connection import Connection
from .counters import Counters
from .errors import WireError
from .eventlog import EventLog
from .gate import Gate, Mode, Verdict, Waiting
from .http import Exchange
from .listeners import Listeners
from .message import Message, mutation_of
from .names import Names, Resends
from .panes import AssignTab, Panes, Script, Substitute
from .records import Record, Sink
from .rules import Rule, RuleBook
from .settings import WireSettings, check_profile
from .sockets import Socket
from .upstreams import Upstreams

T = TypeVar("T")


class Wire:
    def __init__(self, settings: WireSettings, sink: Sink | None = None) -> None:
        self.settings = settings
        self.book = RuleBook(settings.seed)
        self.gate = Gate()
        self.counters = Counters()
        self.names = Names()
        self.resends = Resends(settings.resend_ms_max, self.now_ms)
        self.log = EventLog(settings.events_max, settings.events_bytes_max)
        self.upstreams = Upstreams(settings)
        self.panes = Panes(self)
        self.connections: dict[str, Connection] = {}
        self.transparent = True  # free mode and no rules: nothing has to be asked about a message
        self._sinks: list[Sink] = [self.log.append, *([sink] if sink is not None else [])]
        self._listeners = Listeners(settings, self._accepted)
        self._kept: set[Socket] = set()  # left open and silent by a cut of the other side
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: list[asyncio.Future[None]] = []
        self._seq = 0
        self._last_connection = 0
        self._reconciling = asyncio.Lock()

    # Life

    async def start(self) -> None:
        """Open a port for every profile. Raises `WireError` ("listener") if one is taken."""
        try:
            await self._reconcile_listeners()
        except WireError:
            self._listeners.close_all()
            raise

    async def stop(self) -> None:
        """Close the ports and abort everything."""
        self._listeners.close_all()
        for connection in list(self.connections.values()):
            connection.cut("both", how="wire stopped")
        self._release_kept()
        self.upstreams.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def ports(self) -> dict[str, int]:
        """profile -> port."""
        return dict(self._listeners.ports)

    def reserve_profile(self, profile: str, port: int = 0) -> int:
        """Take a port (0: any free one) for a profile that `add_profile` opens later; until then it refuses.

        Raises `WireError` ("invalid", "duplicate_profile", "listener").
        """
        check_profile(profile, "/profile")
        if profile in self.ports:
            raise WireError("duplicate_profile", f"there is a profile {profile!r}", path="/profile")
        self._listeners.reserve(profile, port)
        return self.ports[profile]

    async def add_profile(self, profile: str, port: int = 0) -> int:
        """Listen for one more profile, or for a reserved one; its port is returned."""
        if not self._listeners.is_reserved(profile):
            self.reserve_profile(profile, port)
        self._listeners.release(profile)
        await self._reconcile_listeners()
        return self.ports[profile]

    async def remove_profile(self, profile: str) -> None:
        """Close a profile's port for good and abort its connections."""
        if profile not in self.ports:
            raise WireError(
                "unknown_profile", f"there is no {profile!r}", path="/profile", allowed=self.ports
            )
        async with self._reconciling:
            was_open = self._listeners.is_open(profile)
            self._listeners.forget(profile)
        if was_open:
            self.emit("listener_closed", detail={"profile": profile})
        for connection in list(self.connections.values()):
            if connection.profile == profile:
                connection.cut("both", how="profile removed")

    @staticmethod
    def now_ms() -> float:
        return asyncio.get_running_loop().time() * 1000

    # Reports

    def emit(
        self,
        event: str,
        connection_id: str = "",
        message: Message | None = None,
        rule: str = "",
        detail: Mapping[str, object] | None = None,
    ) -> None:
        self._seq += 1
        record = Record(self._seq, self.now_ms(), event, connection_id, message, rule, detail or {})
        for sink in self._sinks:
            sink(record)
        if self._watchers:
            for watcher in self._watchers:
                if not watcher.done():
                    watcher.set_result(None)
            self._watchers.clear()

    def add_sink(self, sink: Sink) -> None:
        self._sinks.append(sink)

    async def until(self, found: Callable[[], T], timeout_ms: float) -> T:
        """Wait until `found()` is true; it is asked again after each record.

        Raises `WireError` ("timeout").
        """
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                while not (result := found()):
                    watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._watchers.append(watcher)
                    await watcher
                return result
        except TimeoutError as error:
            raise WireError("timeout", f"nothing of the kind within {timeout_ms:.0f} ms") from error

    def mutation_of(self, message: Message) -> str:
        return mutation_of(message, self.settings.mutation_headers, self.settings.mutation_pointers)

    # Panes

    def serve_panes(self, script: Script, assign_tab: AssignTab, connect: Iterable[str] = ()) -> None:
        """Give each document a script (with `WireSettings.documents`), as first thing in its <head>.

        `script(profile, tab)` is the text of `/__syncbed/pane.js`; `assign_tab(profile)` the number of a
        window that carries none; `connect` the origins that the script connects to (ws://HOST:PORT), for
        pages whose Content-Security-Policy would keep it from that.
        """
        self.panes.serve(script, assign_tab, connect)

    def substitute(self, *substitutes: Substitute) -> None:
        """Serve these, never stored, in place of what the upstreams have at their paths."""
        for each in substitutes:
            self.panes.substitutes[each.path] = each

    def unsubstitute(self, *paths: str) -> None:
        """Let the upstreams answer at these paths again (without any: at all)."""
        for path in paths or list(self.panes.substitutes):
            self.panes.substitutes.pop(path, None)

    # Rules

    async def add_rules(self, raw: object) -> list[Rule]:
        """Put rules in force: the JSON of one, a list, or `{"rules": [...]}`.

        All of them or, on a `WireError`, none.
        """
        rules = self.book.parse(raw)
        self.book.add(rules)
        self._attend()
        for rule in rules:
            self.emit("rule_added", rule=rule.id, detail={"fault": rule.fault.kind, "json": rule.to_json()})
        await self._reconcile_listeners()
        for rule in rules:
            self._strike(rule)
        return rules

    async def remove_rule(self, rule_id: str) -> Rule:
        """Take a rule out of force, and end what it did that lasts (silence, stall, delay, refusal)."""
        rule = self.book.remove(rule_id)
        self.emit("rule_removed", rule=rule_id, detail={"acted": rule.acted})
        self._attend()
        for connection in list(self.connections.values()):
            connection.lift(rule_id)
        await self._reconcile_listeners()
        return rule

    async def heal(self) -> None:
        """No rule any more, and no socket left open by one."""
        for rule_id in list(self.book.rules):
            await self.remove_rule(rule_id)
        self._release_kept()

    def _attend(self) -> None:
        self.transparent = not self.book.rules and self.gate.mode == "free"

    def _strike(self, rule: Rule) -> None:
        """Let a rule act on the living connections, if it says so."""
        if not (rule.terms.now or rule.fault.strikes_always):
            return
        action = rule.fault.strike()
        for connection in list(self.connections.values()):
            if rule.spent:
                return
            leader = self.book.leaders.get(connection.profile, "1")
            # A receipt is for what was done: a close does nothing to HTTP, say.
            if rule.match.whose.fits_head(self._as_message(connection), leader) and connection.apply(
                action, rule.id, rule.match.direction
            ):
                rule.acted += 1
                rule.hit.append(connection.id)
                connection.emit("rule_acted", rule=rule.id, fault=rule.fault.kind, acted=rule.acted)

    @staticmethod
    def _as_message(connection: Connection) -> Message:
        """A living connection as a match sees it: by whose it is, not by what travels on it."""
        stage: Literal["frame", "request"] = "frame" if connection.kind == "ws" else "request"
        return Message(
            stage,
            "up",
            connection.profile,
            connection.tab,
            connection.upstream,
            connection.id,
            connection.nth,
            path=connection.path,
        )

    async def _reconcile_listeners(self) -> None:
        """Listen for every profile that no rule keeps from it."""
        async with self._reconciling:
            for profile in self._listeners.wanted():
                closed_by = next(
                    (
                        r
                        for r in self.book.rules.values()
                        if r.closes_listener and r.match.profile in (None, profile)
                    ),
                    None,
                )
                if closed_by is None:
                    await self._open_listener(profile)
                elif self._listeners.is_open(profile):
                    self._listeners.close(profile)
                    self.emit("listener_closed", rule=closed_by.id, detail={"profile": profile})

    async def _open_listener(self, profile: str) -> None:
        if not self._listeners.is_open(profile):
            await self._listeners.open(profile)
            self.emit("listener_opened", detail={"profile": profile, "port": self.ports[profile]})

    # Held mode

    def set_mode(self, mode: Mode) -> None:
        """`held`: application messages wait. `free`: they pass, and those that wait pass now."""
        if mode not in ("held", "free"):
            raise WireError("invalid", f"{mode!r} is no mode", path="/mode", allowed=["held", "free"])
        self.emit("mode_changed", detail={"mode": mode})
        if mode == "free":
            self.gate.open()
        else:
            self.gate.shut()
        self._attend()

    def in_flight(self) -> list[Waiting]:
        return self.gate.in_flight()

    def decide(self, key: str, verdict: Verdict) -> Waiting:
        """Deliver a waiting message (by id or by name), or end its connection before or after it.

        `drop`, `duplicate` and `reorder` (the frame behind it is delivered, it waits on) are for a
        WebSocket message, though no TCP connection does this; a held request may be sent twice, too.
        Raises `WireError` ("no_sense") for what cannot be.
        """
        return self.gate.decide(key, verdict)

    # Reset

    async def reset(self, connections: Literal["keep", "cut"] = "keep") -> None:
        """Heal, free mode, leaders forgotten, numbers and counters from zero.

        Living connections are numbered anew.
        """
        await self.heal()
        self.set_mode("free")
        self.book.leaders.clear()
        if connections == "cut":
            for connection in list(self.connections.values()):
                connection.cut("both", how="reset")
        self.counters.restart()
        self.names.restart()
        self.panes.restart()
        for connection in self.connections.values():
            if connection.bridge is not None:
                connection.nth = self.names.websocket(self._as_message(connection))
                connection.bridge.up.frames = connection.bridge.down.frames = 0
        self.emit("reset", detail={"connections": connections})

    # Connections

    def _accepted(self, profile: str, socket: Socket) -> None:
        if len(self.connections) >= self.settings.connections_max:
            self.emit("limit_reached", detail={"limit": "connections_max", "profile": profile})
            socket.abort()
            return
        if self.book.rules:
            message = Message("connect", "up", profile)
            decision = self.book.decide(message, self.now_ms())
            if decision is not None:
                self.emit("connection_refused", rule=decision.rule.id, detail={"profile": profile})
                socket.abort()
                return
        self._last_connection += 1
        connection = Connection(self, socket, profile, self._last_connection)
        self.connections[connection.id] = connection
        connection.emit("connection_opened", profile=profile)
        task = asyncio.get_running_loop().create_task(self._serve_to_the_end(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_to_the_end(self, connection: Connection) -> None:
        try:
            await self._serve(connection)
        finally:
            if not connection.ended:  # a mistake of ours: it is reported by the loop, and leaves nothing open
                connection.cut("both", how="the wire failed")

    async def _serve(self, connection: Connection) -> None:
        """Requests one after the other, until the connection ends or becomes a WebSocket."""
        browser = connection.browser
        while not connection.ended:
            try:
                event = await browser.next_event()
            except h11.RemoteProtocolError as error:
                connection.emit("protocol_error", side="browser", reason=str(error))
                browser.refuse_malformed(error)
                break
            if not isinstance(event, h11.Request):
                break
            connection.requests += 1
            bridge = await Exchange(connection, event).run()
            if bridge is not None:
                await bridge.done
                return
            if not browser.can_continue:
                break
            browser.h11.start_next_cycle()
        reset = browser.socket.was_reset
        connection.end(
            "close",
            "close",
            ("browser rst" if reset else "browser fin") if browser.socket.eof or reset else "answered",
        )

    def forget(self, connection: Connection) -> None:
        self.connections.pop(connection.id, None)

    @property
    def kept(self) -> int:
        """How many sockets a cut of their other side has left open."""
        return sum(not socket.lost for socket in self._kept)

    def keep(self, socket: Socket) -> None:
        """A socket whose other side was cut: open and silent until the wire heals."""
        self._kept = {kept for kept in self._kept if not kept.lost}
        if len(self._kept) < self.settings.connections_max:
            self._kept.add(socket)
        else:
            self.emit("limit_reached", detail={"limit": "connections_max", "profile": ""})
            socket.abort()

    def _release_kept(self) -> None:
        for socket in self._kept:
            socket.abort()
        self._kept.clear()
