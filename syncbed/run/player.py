"""One run of one scenario: play its steps, heal, settle, read the server's last word, judge.

Owns the order of things. A run that cannot go on as written is stopped, and still healed, settled
and read: what happened until then is evidence too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..checkers import Verdict, exit_code, verdict
from ..drivers.chromium import Chromium
from ..drivers.errors import DriverError
from ..evidence import BED, DRIVER
from ..held import HeldError
from ..report import new_run_folder, write_run
from ..scenario import CAPS, Scenario, Step
from ..trace import Info, Note, Snapshot, Stopped
from ..trace import Step as StepRecord
from ..wire import WireError
from ..world import WorldError
from .errors import StoppedError
from .expect import expect
from .session import FRESH, Options, Session
from .settle import settle, settled
from .steps import STEPS, heal

Progress = Callable[[Step], None]
READY_MS_MAX = 5000
STOPPING = (StoppedError, DriverError, HeldError, WireError, WorldError)


@dataclass(frozen=True)
class Outcome:
    """`folder` holds everything about the run."""

    scenario: Scenario
    verdict: Verdict
    folder: Path
    took_ms: float

    @property
    def exit_code(self) -> int:
        return exit_code(self.verdict, self.scenario.expected, self.scenario.violates)


async def run(
    scenario: Scenario,
    chromium: Chromium,
    root: Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda step: None,
) -> Outcome:
    """Play a scenario once and judge it; its folder is made under `root`."""
    folder = new_run_folder(root, scenario.name, scenario.seed, datetime.now())
    session = Session(scenario, chromium, folder, options=options)
    async with session:
        await _play(session, progress)
        await _end(session)
        trace, took_ms = session.recorder.trace(), session.recorder.now_ms()
    found = verdict(trace, scenario.judges)
    write_run(folder, scenario, trace, found)
    return Outcome(scenario, found, folder, took_ms)


async def _play(session: Session, progress: Progress) -> None:
    recorder = session.recorder
    if lacking := lacks(session):
        recorder.write(BED, Stopped(0, f"the SDK under test does not claim {lacking}, which is needed"))
        return
    if session.scenario.mode == "free":
        await _be_ready(session)
    since_ms = recorder.now_ms()
    for step in session.scenario.steps:
        progress(step)
        recorder.write(DRIVER, StepRecord(step.number, step.to_json()))
        try:
            _check_alive(session)
            if step.do == "expect":
                await expect(session, step, since_ms)
            else:
                await STEPS[step.do](session, step)
                if session.held is not None:
                    await session.held.quiet()
                since_ms = recorder.now_ms()
        except STOPPING as error:
            recorder.write(BED, Stopped(step.number, str(error)))
            return


def lacks(session: Session) -> str:
    """What the scenario needs of the SDK and the SDK does not claim."""
    needed = [name for name in session.scenario.needs if name in CAPS and name not in session.caps]
    return ", ".join(needed)


async def _be_ready(session: Session) -> None:
    """Let what opening a tab begins (its first snapshot, its subscription) end before the first step.

    Otherwise a step may meet the tail of it, or not, as the machine is fast or slow.
    """
    if missing := await settled(session, READY_MS_MAX):
        session.recorder.write(BED, Note(f"not settled before the first step: {missing}"))


def _check_alive(session: Session) -> None:
    if deaths := session.servers.deaths():
        raise StoppedError("; ".join(deaths))


async def _read_server(session: Session) -> None:
    """The server's last word: its log and its items, or what it shows to somebody new."""
    if session.commits is not None:
        await session.commits.snapshot()
        return
    await session.driver.open_profile(session.place(FRESH))
    fresh = await session.driver.load(f"{FRESH}/1")
    await fresh.start("opened")
    if missing := await settled(session, READY_MS_MAX):
        raise StoppedError(f"a fresh profile, opened to see what the server holds: {missing}")
    items = session.watch.tabs[fresh.name].items
    session.recorder.write(BED, Snapshot(session.scenario.collection, "", 0, items))


async def _end(session: Session) -> None:
    """What follows the last step of every run."""
    last = len(session.scenario.steps) - 1
    try:
        _check_alive(session)
        await heal(session)
        await settle(session, session.scenario.settle_ms_max)
        _check_alive(session)
        await _read_server(session)
    except STOPPING as error:
        session.recorder.write(BED, Stopped(last, str(error)))
    for tab in session.driver.tabs.values():
        for op in sorted(tab.open_ops):
            session.recorder.write(DRIVER, Info(op, "the run ended"))
