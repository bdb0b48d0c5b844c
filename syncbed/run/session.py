"""All that one run holds in its hands: servers, wire, driver, recorder, log reader.

Owns bringing it up and taking it down, in an order that makes sense.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..drivers.driver import Driver, Equipment, MakeDriver, no_scripts
from ..drivers.tab import Place, Tab
from ..evidence import Recorder
from ..scenario import Scenario
from ..trace import Header
from ..wire import Record, Upstream, Wire, WireSettings
from ..world.reference import Setting, reference_root
from ..zoo import ZOO, patched
from .commits import Commits
from .held import UNCONTROLLED, HeldRun, needs_held
from .servers import Servers

ADAPTER = "/static/bed/reference.html"
FRESH = "0-fresh"  # no profile of a scenario begins with a digit


@dataclass(frozen=True)
class Options:
    """What a run is told besides its scenario. `settings` are the reference server's."""

    adapter: str = ADAPTER
    settings: dict[str, Setting] | None = None
    log: bool = True
    """The server has a committed log; if not, a fresh profile opened at the end is its view."""
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
            {**(self.options.settings or {}), **_with_bug(scenario)},
        )
        log = Commits(self.recorder, scenario.collection, self._any_instance)
        self.commits = log if self.options.log else None
        self.driver: Driver[Any] = make_driver(
            Equipment(
                self.recorder,
                scripts=self.held.scripts if self.held is not None else no_scripts,
                follower=self.held,
                needs=frozenset(scenario.needs),
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
    def caps(self) -> tuple[str, ...]:
        """What the SDK under test claims; nothing, if no tab has an adapter."""
        return next((tab.caps for tab in self.driver.tabs.values() if tab.caps is not None), ())

    def place(self, profile: str) -> Place:
        # The wire chooses among several upstreams by the first label of the Host.
        several = self.scenario.world.instances > 1
        instance = self.scenario.profiles[profile].instance if profile != FRESH else "a"
        label = f"{instance}." if several else ""
        origin = f"http://{label}{profile}.lab.localhost:{self.wire.ports[profile]}"
        return Place(profile, origin, self.options.adapter, self.scenario.collection)

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
        await self.servers.start()
        await self._start_wire()
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
        await asyncio.gather(*(tab.start("opened") for tab in tabs))
        if self.held is not None:
            await self.held.quiet()
        if self.commits is not None:
            reading = asyncio.create_task(self.commits.keep_reading())
            self._endings.push_async_callback(_cancelled, reading)

    async def _start_wire(self) -> None:
        upstreams = tuple(
            Upstream(name, "127.0.0.1", process.port) for name, process in self.servers.instances.items()
        )
        ports = dict.fromkeys([*self.scenario.profiles, *([] if self.options.log else [FRESH])], 0)
        self.wire = Wire(WireSettings(upstreams, ports, seed=self.scenario.seed), self._absorb)
        self._endings.push_async_callback(self.wire.stop)
        await self.wire.start()

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
        running = self.servers.running()
        return self.servers.url(running[0]) if running else None

    async def _end(self) -> None:
        try:
            await self._endings.aclose()
        finally:
            self.recorder.close()


def _with_bug(scenario: Scenario) -> dict[str, Setting]:
    # TEMPORARY, until the wire substitutes: a copy of static/ with the bug in it.
    if scenario.bug is None:
        return {}
    static = reference_root() / "static"
    copy = Path(tempfile.mkdtemp(prefix="syncbed-zoo-")) / "static"
    shutil.copytree(static, copy)
    for url, text in patched(ZOO[scenario.bug], static).items():
        (copy.parent / url.lstrip("/")).write_text(text, encoding="utf-8")
    return {"static_dir": copy}


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
