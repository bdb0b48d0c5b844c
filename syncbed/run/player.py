"""One run of one scenario: play its steps, heal, settle, read the server's last word, judge.

Owns the order of things. A run that cannot go on as written is stopped, and still healed, settled
and read: what happened until then is evidence too. Each part is there for its own, for who keeps the
world: `play_step`, `finish`, `judge`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..checkers import Verdict, exit_code, verdict
from ..drivers.driver import MakeDriver
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
"""What ends a run before its last step: it is told, and judged all the same."""


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
    make_driver: MakeDriver,
    root: Path,
    *,
    options: Options | None = None,
    progress: Progress = lambda step: None,
    watch: Callable[[Session], None] = lambda session: None,
) -> Outcome:
    """Play a scenario once and judge it; its folder is made under `root`.

    `watch` is given the session before anything is written down.
    """
    folder = new_run_folder(root, scenario.name, scenario.seed, datetime.now())
    session = Session(scenario, make_driver, folder, options=options)
    watch(session)
    async with session:
        await play(session, progress)
        await finish(session)
        trace, took_ms = session.recorder.trace(), session.recorder.now_ms()
    found = verdict(trace, scenario.judges)
    write_run(folder, scenario, trace, found)
    return Outcome(scenario, found, folder, took_ms)


async def play(session: Session, progress: Progress = lambda step: None) -> None:
    """All steps, as far as they go."""
    recorder = session.recorder
    if lacking := lacks(session):
        recorder.write(BED, Stopped(0, f"the SDK under test does not claim {lacking}, which is needed"))
        return
    await be_ready(session)
    for step in session.scenario.steps:
        progress(step)
        try:
            await play_step(session, step)
        except STOPPING as error:
            recorder.write(BED, Stopped(step.number, str(error)))
            return


async def play_step(session: Session, step: Step) -> None:
    """One step, and the quiet after it if the world is held. Raises one of `STOPPING`."""
    session.recorder.write(DRIVER, StepRecord(step.number, step.to_json()))
    _check_alive(session)
    if step.do == "expect":
        await expect(session, step, session.stepped_ms)
        return
    await STEPS[step.do](session, step)
    if session.held is not None:
        await session.held.quiet()
    session.stepped_ms = session.recorder.now_ms()


async def finish(session: Session) -> None:
    """What follows the last step of every run: heal, settle, the server's last word."""
    last = max(0, len(session.scenario.steps) - 1)
    if session.held is not None and (why := session.held.not_repeatable):
        session.recorder.write(BED, Note("another run with the same choices may go another way", why))
    try:
        for death in session.driver.deaths:  # the others are still asked
            session.recorder.write(BED, Stopped(last, death))
        _check_servers(session)
        await heal(session)
        await settle(session, session.scenario.settle_ms_max)
        _check_servers(session)
        await _read_server(session)
    except STOPPING as error:
        session.recorder.write(BED, Stopped(last, str(error)))
    for tab in session.driver.tabs.values():
        for op in sorted(tab.open_ops):
            session.recorder.write(DRIVER, Info(op, "the run ended"))


def judge(session: Session) -> Verdict:
    """What the trace so far comes to, by the scenario's invariants."""
    return verdict(session.recorder.trace(), session.scenario.judges)


def lacks(session: Session) -> str:
    """What the scenario needs of the SDK and the SDK does not claim."""
    needed = [name for name in session.scenario.needs if name in CAPS and name not in session.caps]
    return ", ".join(needed)


async def be_ready(session: Session) -> None:
    """Let what opening a tab begins (its first snapshot, its subscription) end before the first step.

    Otherwise a step may meet the tail of it, or not, as the machine is fast or slow. Where messages are
    held from the start, that is the steps' business.
    """
    if session.scenario.mode == "free" and (missing := await settled(session, READY_MS_MAX)):
        session.recorder.write(BED, Note(f"not settled before the first step: {missing}"))
    session.stepped_ms = session.recorder.now_ms()


def _check_alive(session: Session) -> None:
    _check_servers(session)
    if session.driver.deaths:
        raise StoppedError("; ".join(session.driver.deaths))


def _check_servers(session: Session) -> None:
    if deaths := session.servers.deaths():
        raise StoppedError("; ".join(deaths))


async def _read_server(session: Session) -> None:
    """The server's last word: its log and its items, or what it shows to somebody new."""
    if session.commits is not None:
        await session.commits.snapshot()
        return
    if not session.shows_collection:
        return
    await session.driver.open_profile(session.place(FRESH))
    fresh = await session.driver.load(f"{FRESH}/1")
    await fresh.start("opened")
    if missing := await settled(session, READY_MS_MAX):
        raise StoppedError(f"a fresh profile, opened to see what the server holds: {missing}")
    items = session.watch.tabs[fresh.name].items
    session.recorder.write(BED, Snapshot(session.scenario.collection, "", 0, items))
