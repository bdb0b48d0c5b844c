"""The lab: one world at a time, what is asked of it, and the pages that look at it.

Owns which world runs, making a fresh one, and turning every failure into an answer: a world that breaks ends
neither the process nor the stream.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.websockets import WebSocket

from ..run.errors import RunError
from ..scenario import Scenario, ScenarioError, parse_scenario
from ..scenario.link import LinkError, to_link
from ..trace import Header, Kind, Record, TraceError, to_json
from ..zoo import ZooError
from . import free
from .commands import cannot, checked
from .errors import LabError
from .judging import differences
from .labels import refusals
from .leaving import issue_text, recording_of
from .live import Live
from .offers import hello
from .place import PASSING, Place
from .recording import recorded, steps_of
from .script import Script
from .state import EMPTY, state
from .wanted import scenario_of
from .world import FAILING, LabWorld
from .worlds import Worlds

log = logging.getLogger("syncbed.lab")
KNOWN = (*FAILING, RunError, ScenarioError, TraceError, ZooError, LinkError)


class Lab:
    """`first` is loaded as soon as a page is there to show it."""

    def __init__(self, worlds: Worlds, *, first: Scenario | None = None) -> None:
        self.worlds = worlds
        self.world: LabWorld | None = None
        self.recording = False
        self.live = Live(lambda: hello(worlds.cannot), self.state, self.do)
        self.live.on_host = self._host
        worlds.ask_page = self.live.pane
        worlds.has_page = lambda: self.live.has_host
        worlds.changed = self.live.changed
        self._first = first
        self._run = 0
        self._making = ""
        self._making_turn = asyncio.Lock()
        self._names = itertools.count(1)
        self._recorded_from = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # Life

    async def start(self) -> None:
        """Begin with the world that needs no page: windows may come to it, panes when a page is there."""
        await self._fresh(self.worlds.free())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._end()
        await self.live.close()
        await self.worlds.close()

    async def link(self, socket: WebSocket) -> None:
        """A document of a tab comes in."""
        await self.worlds.link(socket)

    # What the page is told and asks

    def state(self) -> dict[str, Any]:
        if self.world is None:
            return {**EMPTY, "busy": self._making, "records": self.live.records}
        found = state(self.world)
        busy = self._making or found["busy"]
        return {
            **found,
            "busy": busy,
            "recording": self.recording,
            "records": self.live.records,
            "cannot": cannot(ended=self.world.ended),
        }

    async def do(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Carry out a command. Whatever goes wrong is an answer."""
        try:
            command, arguments = checked(name, given)
            if self.world is not None and (why := cannot(ended=self.world.ended).get(name)):
                raise LabError("refused", why)
            return {"value": await command.run(self, arguments)}
        except LabError as error:
            return {"error": error.to_json()}
        except KNOWN as error:
            return {"error": LabError("world", str(error)).to_json()}
        except Exception as error:  # a mistake of ours ends one answer, and is on the terminal
            log.exception("%s failed", name)
            return {"error": LabError("failed", f"{name}: {type(error).__name__}: {error}").to_json()}

    # Steps

    async def take(self, step: Mapping[str, Any]) -> None:
        await self._here().take(step)

    async def step(self) -> None:
        world = self._here()
        messages = self._held(world).messages()
        if not messages:
            raise LabError("refused", "nothing is in flight: let time move, or do something in a tab")
        await world.take({"do": "deliver", "message": messages[0].message.name, "within_ms": 0})

    def message_name(self, wanted: str) -> str:
        """The name of a message in flight, given that or its id."""
        waiting = self._here().session.wire.in_flight()
        names = {each.id: each.message.name for each in waiting}
        return names.get(wanted, wanted)

    async def impossible(self, does: str, wanted: str) -> None:
        """Drop, duplicate or reorder one message: of a WebSocket's TCP never does that."""
        world, name = self._here(), self.message_name(wanted)
        waiting = next((w for w in world.session.wire.in_flight() if w.message.name == name), None)
        if waiting is None:
            raise LabError("refused", f"{wanted} is not in flight")
        if why := refusals(waiting).get(does):
            raise LabError("refused", f"{does} of {name}: {why}")
        await world.take({"do": does, "message": name, "within_ms": 0})

    def named_rule(self, rule: Any) -> Any:
        if isinstance(rule, dict) and "id" not in rule:
            fault = rule.get("fault")
            kind = str(fault.get("kind", "rule")) if isinstance(fault, dict) else "rule"
            return {"id": self.new_name(kind.replace("_", "-")), **rule}
        return rule

    def new_name(self, stem: str) -> str:
        return f"{stem}-{next(self._names)}"

    async def server(self, do: str, name: str) -> None:
        servers = self._here().session.servers
        if name not in servers.instances:
            known = ", ".join(servers.instances) or "none: they were started elsewhere"
            raise LabError("refused", f"{name!r} is no server that the lab started (it has {known})")
        await self.take({"do": do, "instance": name})

    # Tabs

    async def next_tab(self, profile: str) -> str:
        """A tab that is not there yet; its profile is made if it is new."""
        world = self._here()
        if profile not in world.session.wire.ports:
            await self.worlds.add_profile(world.session, profile)
        taken = {
            int(tab.rpartition("/")[2]) for tab in world.session.driver.tabs if tab.startswith(f"{profile}/")
        }
        number = next(n for n in itertools.count(1) if n not in taken)
        return f"{profile}/{number}"

    async def pop_out(self, tab: str) -> str:
        return self.worlds.pop_out(self._here(), tab)

    async def hosts(self, resolves: bool) -> None:
        if self.worlds.resolves != resolves:
            self.worlds.resolves = resolves
            await self.reset()

    # Scenarios

    async def load(self, wanted: Any, *, bug: str | None, fixed: bool, play: bool) -> None:
        if wanted == free.NAME:
            await self._fresh(self.worlds.free())
            return
        scenario = scenario_of(wanted)
        if bug is not None and bug != scenario.bug:
            raw = {**scenario.raw, "bug": bug}
            scenario = replace(parse_scenario(raw, scenario.name), seed=scenario.seed)
        await self._load(scenario.fixed() if fixed else scenario)
        if play:
            self.play_now()

    async def play(self) -> None:
        self._here().play()

    def play_now(self) -> None:
        self._here().play()

    async def pause(self) -> None:
        self._here().pause()

    async def reset(self) -> None:
        world = self.world
        if world is not None and world.script is not None:
            await self._load(world.script.scenario)
        else:
            await self._fresh(self.worlds.free())

    async def judge(self) -> Any:
        await self._here().judge()
        return self._here().judging.to_json()

    async def run_to(self, record: int) -> dict[str, Any]:
        """A fresh world, and everything in it that was done up to a record; where it came to, in words.

        A step that had not ended there is stopped where the same had happened.
        """
        world = self._here()
        trace = world.trace()
        records = trace.records[: record + 1] if trace is not None else ()
        raw = recorded(world.base, records, world.session.caps, None)
        script = world.script
        done, place = steps_of(records), Place(records)
        if place.healed:
            raw = {**raw, "steps": [*raw["steps"], {"do": "heal"}]}
        again = parse_scenario(raw, world.base.name)
        in_the_last = bool(done) and done[-1]["do"] == place.do and (place.healed or not place.over)
        last = 1 + place.healed if in_the_last else 0
        before = place.reached and place.do in PASSING and last == 1
        await self._fresh(again, script=Script(script.scenario) if script is not None else None)
        fresh = self._here()
        if fresh.script is not None:
            waiting = last == 1 and place.do in ("settle", "wait", "expect")
            fresh.script.rejoin(done[:-1] if before or waiting else done)
        steps = list(again.steps)
        await fresh.play_all(steps[: len(steps) - last])
        there = await fresh.play_to(steps[-last:], place) if last and not before else True
        await fresh.hold()
        where = f"step {len(done)} ({place.do})" if place.do else "the beginning"
        told = f"before {where}" if before else f"at the same place in or after {where}"
        if not there:
            told = f"it did not come to that place again: the nearest is after {where}"
        return {"there": there, "text": f"Run again and held: {told}."}

    async def compare(self) -> dict[str, Any]:
        """The twin without the bug, played without pauses and judged: both verdicts, where they differ."""
        world = self._here()
        if world.base.bug is None:
            raise LabError("refused", "no bug is planted in this world, so there is nothing to compare with")
        if not world.judging.final:
            with suppress(LabError):  # then nothing is known of the bug's world
                await world.judge()
        before = world.judging.to_json() if world.judging.final else None
        script = world.script
        on_script = script is not None and not script.off_script
        twin = (script.scenario if script is not None and on_script else self._recorded(world)).fixed()
        await self._load(twin)
        await self._play_through()
        fixed = self._here().judging.to_json()
        return {"bug": before, "fixed": fixed, "differs": differences(before, fixed)}

    async def real_tabs(self, *, headed: bool) -> Any:
        """The same in real Chromium. Its tabs are closed when it is judged; what was seen stays."""
        world = self._here()
        script = world.script
        on_script = script is not None and not script.off_script
        scenario = script.scenario if script is not None and on_script else self._recorded(world)
        await self._fresh(scenario, script=Script(scenario), driver="tabs", headed=headed)
        await self._play_through()
        return self._here().judging.to_json()

    # What one leaves with

    async def record(self, on: bool) -> None:
        self.recording = on
        self._recorded_from = self.live.records if on else self._recorded_from

    async def scenario(self) -> Mapping[str, Any]:
        return self._recorded(self._here()).raw

    async def link_text(self) -> str:
        return to_link(self._recorded(self._here()).raw)

    async def issue(self, record: int | None) -> str:
        return await issue_text(self._here(), self.worlds.setup.words, record)

    # Private

    def _here(self) -> LabWorld:
        if self.world is None:
            raise LabError("no_world", self._making or "there is no world: reset makes a fresh one")
        return self.world

    def _held(self, world: LabWorld) -> Any:
        if world.session.held is None or not world.holding:
            raise LabError("refused", "the network is not held: hold it first")
        return world.session.held.world

    def _recorded(self, world: LabWorld) -> Scenario:
        return recording_of(world, self.worlds.setup.words)

    async def _load(self, scenario: Scenario) -> None:
        await self._fresh(scenario, script=Script(scenario))

    async def _play_through(self) -> None:
        world = self._here()
        assert world.script is not None
        steps = [step for step in world.script.scenario.steps if step.do != "pause"]
        try:
            await world.play_all(steps)
        except LabError:
            log.info("the run stopped before its end; it is judged all the same")
        world.script.position = len(world.script.scenario.steps)
        await world.judge()
        if world.session.driver.name != self.worlds.panes:
            world.ended = True
            await self.worlds.close_tabs(world)

    async def _fresh(
        self, base: Scenario, *, script: Script | None = None, driver: str = "", headed: bool = False
    ) -> None:
        """End the world that is and begin another. If it does not come up there is none, and that is said."""
        async with self._making_turn:
            await self._end()
            self._run += 1
            self.recording, self._recorded_from = False, 0
            told = _shown(script.scenario) if script is not None else None
            self.live.reset(self._run, {}, told)
            self._making = "starting servers and tabs"
            try:
                await self._begin(base, script, driver, headed)
            except KNOWN as error:
                self._making = f"the world did not come up: {error}"
                raise LabError("world", self._making) from error
            except BaseException:
                self._making = "the world did not come up"
                raise
            finally:
                self.live.changed()
            self._making = ""
        if not base.steps:  # its tabs come with a page, and one may be there already
            await self.worlds.host(self.world, self.live.has_host)

    async def _begin(self, base: Scenario, script: Script | None, driver: str, headed: bool) -> None:
        session = await self.worlds.session(base, driver, headed)
        world = LabWorld(base, session, changed=self.live.changed, script=script)
        told = _shown(script.scenario) if script is not None else None
        run = self._run

        def keep(record: Record[Kind]) -> None:
            if run != self._run:
                return  # the last words of a world that has ended are none of the next one's
            if self.live.records == 0:  # the header is written before anybody can be told
                header = session.recorder.trace().records[0]
                self.live.reset(self._run, to_json(header), told)
                self.live.add(header)
            if not isinstance(record.what, Header):
                self.live.add(record)
            world.recorded(record)

        session.recorder.on_record(keep)
        try:
            await self.worlds.enter(session, world.came_unasked)
        except BaseException:
            await world.close()
            await self.worlds.left()
            raise
        self.world = world
        self.live.changed()

    async def _end(self) -> None:
        world, self.world = self.world, None
        if world is not None:
            await world.close()
            await self.worlds.leave(world.session)

    def _host(self) -> None:
        """A page has come to hold the panes, or the one that held them has gone."""
        self._spawn(self._welcome())

    async def _welcome(self) -> None:
        first, self._first = self._first, None
        try:
            if first is not None and self.live.has_host:
                await self._load(first)
            else:
                await self.worlds.host(self.world, self.live.has_host)
        except (LabError, *KNOWN) as error:
            log.warning("%s", error)
        except Exception:
            log.exception("the page could not be given its tabs")

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _shown(scenario: Scenario) -> dict[str, Any]:
    return {"name": scenario.name, "title": scenario.title, "about": scenario.about, "raw": scenario.raw}
