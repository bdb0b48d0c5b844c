"""All that one run holds in its hands: servers, wire, driver, recorder, log reader.

Owns bringing it up and taking it down, in an order that makes sense.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..drivers.driver import Driver, Equipment, MakeDriver, no_scripts
from ..drivers.tab import Place, Tab
from ..evidence import Recorder
from ..scenario import Scenario
from ..trace import Header
from ..wire import Record, Substitute, Upstream, Wire, WireSettings
from ..world.reference import Setting, reference_root
from ..zoo import ZOO, patched
from .commits import Commits
from .errors import RunError
from .held import UNCONTROLLED, HeldRun, needs_held
from .servers import Servers

ADAPTER = "/static/bed/reference.html"
ADAPTERS = {
    "broadcast": ADAPTER,
    "rooms": "/static/bed/rooms.html",
    "state": "/static/bed/state.html",
    "mq": "/static/bed/mq.html",
}
"""Of the reference SDK, by dialect."""
REACH_S_MAX = 5.0
FRESH = "0-fresh"  # no profile of a scenario begins with a digit


@dataclass(frozen=True)
class Options:
    """What a run is told besides its scenario. `settings` are the reference server's."""

    adapter: str | None = None
    """The page in the tabs, whatever a scenario speaks. None: that of its dialect in `adapters`."""
    adapters: Mapping[str, str] = field(default_factory=lambda: ADAPTERS)
    settings: dict[str, Setting] | None = None
    log: bool | None = None
    """The server has a committed log; if not, a fresh profile at the end is its view. None: find out."""
    upstreams: tuple[Upstream, ...] = ()
    """Somebody else's servers, which run already; none: the reference server, started for the run."""
    adapter_upstream: str = ""
    """Which of them has the adapter; "": the first."""
    substitutes: tuple[Substitute, ...] = ()
    """What the wire serves in place of what the servers have there."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """A profile's port, if it must be that one."""
    names_resolve: bool = True
    """The browser finds *.localhost; if not, a profile is a port of 127.0.0.1."""
    holdable: bool = False
    """It may be held at any moment, though the scenario does not ask for it."""
    payload_bytes_max: int = 65_536


class Session:
    """One run. `async with` brings everything up, with the tabs loaded and started."""

    def __init__(
        self,
        scenario: Scenario,
        make_driver: MakeDriver,
        folder: Path | None,
        *,
        options: Options | None = None,
    ) -> None:
        self.scenario = scenario
        self.options = options or Options()
        self.held = HeldRun(self) if self.options.holdable or needs_held(scenario) else None
        self.recorder = Recorder(folder / "trace.jsonl" if folder is not None else None)
        self.watch = self.recorder.watch
        self.servers = Servers(
            scenario.world,
            folder / "servers.log" if folder is not None else None,
            self.options.settings or {},
        )
        self.commits: Commits | None = Commits(self.recorder, scenario.collection, self._any_instance)
        self.driver: Driver[Any] = make_driver(
            Equipment(
                self.recorder,
                scripts=self.held.scripts if self.held is not None else no_scripts,
                follower=self.held,
                needs=frozenset(scenario.needs),
                tabs=_tabs_of(scenario),
            )
        )
        self.stepped_ms = 0.0
        """When the last step that was no expectation had ended, in the bed's time."""
        self.wire: Wire
        self._endings = AsyncExitStack()

    async def __aenter__(self) -> Session:
        try:
            await self._begin()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._end()

    @property
    def shows_collection(self) -> bool:
        """Whether the server can say what tabs are to show: rooms and a user's state are no collection."""
        return self.options.adapter is not None or self.scenario.dialect == "broadcast"

    @property
    def caps(self) -> tuple[str, ...]:
        """What the SDK under test claims; nothing, if no tab has an adapter."""
        return next((tab.caps for tab in self.driver.tabs.values() if tab.caps is not None), ())

    def place(self, profile: str) -> Place:
        upstreams = self.wire.settings.upstreams
        instance = self.scenario.profiles[profile].instance if profile in self.scenario.profiles else "a"
        upstream = upstreams["abc".index(instance)]
        page = self.options.adapter or self.options.adapters[self.scenario.dialect]
        if self.options.adapter_upstream:
            page = self._origin(profile, self.options.adapter_upstream) + page
        return Place(profile, self._origin(profile, upstream.name), page, self.scenario.collection)

    async def read_log(self) -> None:
        """Read what is committed by now, if there is a log and somebody answers."""
        if self.commits is not None:
            await self.commits.read()

    async def pause_log(self) -> None:
        if self.commits is not None:
            await self.commits.pause()

    def resume_log(self) -> None:
        if self.commits is not None:
            self.commits.paused = False

    # Private

    async def _begin(self) -> None:
        self._endings.push_async_callback(self.servers.close)
        if self.options.upstreams:
            await answering(self.options.upstreams)
        else:
            await self.servers.start()
        if not await self._has_log():
            self.commits = None
        await self._start_wire()
        self.driver.attach(self.wire)
        if self.held is not None:
            self.held.attach(self.wire)
            self._endings.push_async_callback(self.held.close)
        self._endings.push_async_callback(self.driver.close)
        for name in self.scenario.profiles:
            await self.driver.open_profile(self.place(name))
        # Pages first, adapters after: the header, which comes before all reports, holds what they claim.
        names = list(self.scenario.tabs())
        tabs: list[Tab] = await asyncio.gather(*map(self.driver.load, names))
        self.recorder.begin(await self._header())
        if self.held is not None and self.scenario.mode == "held":
            await self.held.hold()
        for tab in tabs:  # the first of a profile is the first to ask for what tabs share
            await tab.start("opened")
        if self.held is not None:
            await self.held.quiet()
        if self.commits is not None:
            reading = asyncio.create_task(self.commits.keep_reading())
            self._endings.push_async_callback(_cancelled, reading)

    async def _has_log(self) -> bool:
        if not self.shows_collection:
            return False
        if self.options.log is not None:
            return self.options.log
        return not self.options.upstreams or (self.commits is not None and await self.commits.offered())

    async def _start_wire(self) -> None:
        ours = tuple(
            Upstream(name, "127.0.0.1", process.port) for name, process in self.servers.instances.items()
        )
        upstreams = self.options.upstreams or ours
        fresh = [FRESH] if self.commits is None and self.shows_collection else []
        names = [*self.scenario.profiles, *fresh]
        ports = {name: self.options.ports.get(name, 0) for name in names}
        settings = WireSettings(upstreams, ports, seed=self.scenario.seed, documents=self.driver.in_frames)
        self.wire = Wire(settings, self._absorb)
        self.wire.substitute(*self.options.substitutes, *_bug(self.scenario, self.options.settings or {}))
        self._endings.push_async_callback(self.wire.stop)
        await self.wire.start()

    def _origin(self, profile: str, upstream: str) -> str:
        """Where a profile reaches an upstream: among several, the first label of the Host says which."""
        port, upstreams = self.wire.ports[profile], self.wire.settings.upstreams
        named = len(upstreams) > 1
        if not self.options.names_resolve:
            if named and upstream != upstreams[0].name:
                raise RunError(f"{upstream} is reached by a name: it takes a browser that knows *.localhost")
            return f"http://127.0.0.1:{port}"
        return f"http://{f'{upstream}.' if named else ''}{profile}.lab.localhost:{port}"

    def _absorb(self, record: Record) -> None:
        self.recorder.absorb(record.to_json(self.options.payload_bytes_max))

    async def _header(self) -> Header:
        scenario = self.scenario
        return Header(
            scenario=scenario.name,
            title=scenario.title,
            seed=scenario.seed,
            mode=scenario.mode,
            driver=self.driver.name,
            versions={"syncbed": version("syncbed"), **await self.driver.versions()},
            profiles={
                name: {"tabs": profile.tabs, "instance": profile.instance}
                for name, profile in scenario.profiles.items()
            },
            caps=self.caps,
            judges=scenario.judges,
            uncontrolled=(*self.driver.uncontrolled, *(UNCONTROLLED if self.held is not None else ())),
        )

    def _any_instance(self) -> str | None:
        if self.options.upstreams:
            return self.options.upstreams[0].origin
        running = self.servers.running()
        return self.servers.url(running[0]) if running else None

    async def _end(self) -> None:
        try:
            await self._endings.aclose()
        finally:
            self.recorder.close()


def _tabs_of(scenario: Scenario) -> frozenset[str]:
    """Every tab that it speaks of."""
    named = {step.keys[key] for step in scenario.steps for key in ("tab", "as") if key in step.keys}
    return frozenset({*scenario.tabs(), *named})


def _bug(scenario: Scenario, settings: Mapping[str, Setting]) -> list[Substitute]:
    """The SDK's modules that carry the scenario's bug."""
    if scenario.bug is None:
        return []
    static = Path(str(settings.get("static_dir", reference_root() / "static")))
    modules = patched(ZOO[scenario.bug], static)
    return [Substitute(url, "text/javascript; charset=utf-8", text.encode()) for url, text in modules.items()]


async def answering(upstreams: tuple[Upstream, ...]) -> None:
    """Raises `RunError` for an upstream that nobody listens at."""
    for each in upstreams:
        try:
            async with asyncio.timeout(REACH_S_MAX):
                _, writer = await asyncio.open_connection(each.host, each.port)
            writer.close()
        except OSError as error:
            raise RunError(f"--upstream {each.name}={each.origin} does not answer: {error}") from None


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
