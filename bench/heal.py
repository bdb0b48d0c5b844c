"""From heal to converged: how long until everybody shows the same again, for each fault that there is?

Two tabs of Alice, one of Bob, in real Chromium; the reference server, Redis that keeps its data, a real wire
between. A story, told many times for each fault: it strikes Alice (or the server, or Redis), every tab that
is there writes, the fault has acted, and goes on for a while if it is one that lasts; then all is healed. The
time is from the end of the heal to the moment when all tabs and the server show the same and nothing is
pending. The SDK has its default waits. Each fault has a world of its own, judged at its end.

Exit codes: 0 everything converged and nothing was violated; 1 if not; 3 a world could not be judged.

    scripts/bench heal [--heals 20] [--outage-ms 1000] [--at-once 3] [--only FAULT ...] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from bench.acted import Acted, doubts_besides_idle
from bench.kinds import KINDS, MORE_KINDS, Kind, Names, Step, put
from bench.quantile import quantile
from syncbed.checkers import Verdict
from syncbed.drivers.chromium import Chromium
from syncbed.drivers.tabs import tabs_driver
from syncbed.evidence import BED
from syncbed.report import new_run_folder, write_run
from syncbed.run.errors import RunError
from syncbed.run.player import STOPPING, be_ready, finish, judge, play_step
from syncbed.run.session import Session
from syncbed.scenario import Scenario, parse_scenario
from syncbed.scenario.meaning import driver_needs
from syncbed.trace import Expectation, Heal, Stopped, Trace

FAULTS = {**KINDS, **MORE_KINDS}
TABS = ("alice/1", "alice/2", "bob/1")
JUDGES = ["converges", "no_lost_write", "no_duplicate", "in_order_no_gap", "nothing_stuck", "expectations"]
ACTED_MS_MAX = 3000
CONVERGED: Step = {"do": "expect", "that": {"is": "converged", "within_ms": 60_000}}


@dataclass
class Found:
    """What a fault's world comes to. `converged_ms`: of the heals after which it did."""

    converged_ms: list[float] = field(default_factory=list)
    verdict: str = ""
    reason: str = ""
    idle: int = 0
    """Faults without effect."""


def scenario_of(name: str, kind: Kind, asked: argparse.Namespace) -> tuple[Scenario, dict[int, int]]:
    """The stories one after the other, and the steps before which the fault has to have acted, and lasted.

    Their values: for so many ms, from the last write on.
    """
    names = Names(Random(f"{asked.seed} {name}"))
    steps: list[Step] = []
    waits: dict[int, int] = {}
    for _ in range(asked.heals):
        begin = kind.begin(names, "alice")
        gone = {step["tab"] for step in begin if step["do"] in ("close", "crash", "freeze")}
        writes = [put(tab, tab.replace("/", "-"), names.op()) for tab in TABS if tab not in gone]
        steps += [*writes, *begin] if kind.late else begin
        steps += [{**write, "id": names.op()} for write in writes]
        waits[len(steps)] = max(asked.outage_ms, kind.noticed_ms) if kind.lasts else 0
        steps += [*kind.end(names, "alice"), {"do": "heal"}, CONVERGED, {"do": "settle", "within_ms": 30_000}]
    needs = {need for step in steps for need in driver_needs(step["do"], step)}
    raw = {
        "syncbed": 1,
        "title": f"Healed from {name}",
        "about": "A world of scripts/bench heal, which also waits before a heal; a run of this does not.",
        "world": {"broker": "redis", "instances": 1, "append_only": True},
        "profiles": {"alice": {"tabs": 2}, "bob": {}},
        "needs": ["server_authority", "idempotent", "order", *sorted(needs)],
        "judges": [name for name in JUDGES if not (kind.loses and name == "no_lost_write")],
        "settle_ms_max": 60_000,
        "seed": asked.seed,
        "steps": steps,
    }
    return parse_scenario(raw, name=f"heal-{name.replace('_', '-')}"), waits


async def play(session: Session, waits: dict[int, int]) -> None:
    """All steps, and the waits that no scenario has."""
    acted = Acted(session.recorder)
    await be_ready(session)
    for step in session.scenario.steps:
        try:
            if (outage_ms := waits.get(step.number)) is not None:
                until_ms = session.recorder.now_ms() + outage_ms
                await acted.wait(ACTED_MS_MAX)
                acted.forget()
                await asyncio.sleep(max(0, until_ms - session.recorder.now_ms()) / 1000)
            await play_step(session, step)
        except STOPPING as error:
            session.recorder.write(BED, Stopped(step.number, str(error)))
            return


async def measure(asked: argparse.Namespace, name: str, chromium: Chromium) -> Found:
    scenario, waits = scenario_of(name, FAULTS[name], asked)
    folder = new_run_folder(asked.runs, scenario.name, asked.seed, datetime.now())
    session = Session(scenario, tabs_driver(chromium), folder)
    try:
        async with session:
            await play(session, waits)
            await finish(session)
            found, trace = judge(session), session.recorder.trace()
    except (*STOPPING, RunError, PlaywrightError) as error:
        return Found(verdict="unknown", reason=f"could not be played: {error}")
    idle = sum(not span.receipts for span in trace.faults)
    status, reason = judged(found)
    if status == "ok":
        shutil.rmtree(folder)
    else:
        write_run(folder, scenario, trace, found)
    return Found(times(trace), status, reason, idle)


def judged(found: Verdict) -> tuple[str, str]:
    """A verdict that a fault without effect does not make unknown: status and reason."""
    if doubts := doubts_besides_idle(found):
        return "unknown", "; ".join(doubts)
    for status in ("violated", "unknown"):
        if wrong := [f"{each.invariant}: {each.reason}" for each in found.judged() if each.status == status]:
            return status, "; ".join(wrong)
    return "ok", ""


def times(trace: Trace) -> list[float]:
    """From each heal to the moment when everybody agreed, in ms; without the heals after which nobody did."""
    found = []
    for heal in trace.all(Heal):
        after = (each for each in trace.all(Expectation) if each.i > heal.i)
        if (agreed := next(after, None)) is not None and agreed.what.met:
            found.append(agreed.at_ms - heal.at_ms)
    return found


async def heal(asked: argparse.Namespace) -> dict[str, Found]:
    """The worlds, a few at once: in most of a story somebody waits."""
    turn = asyncio.Semaphore(asked.at_once)
    async with async_playwright() as playwright:
        chromium = Chromium(playwright)

        async def one(name: str) -> Found:
            async with turn:
                found = await measure(asked, name, chromium)
                print(line(name, found), file=sys.stderr, flush=True)
                return found

        try:
            names = asked.only or list(FAULTS)
            return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))
        finally:
            await chromium.close()


def line(name: str, found: Found) -> str:
    p50, p95 = (quantile(found.converged_ms, percent) for percent in (50, 95))
    told = "" if found.verdict == "ok" else f"   {found.verdict}: {found.reason}"
    return f"{name:<18} {len(found.converged_ms):>6} {p50:>8.0f} {p95:>8.0f} {found.idle:>16}{told}"


def exit_code(found: dict[str, Found], heals: int) -> int:
    if any(each.verdict == "unknown" for each in found.values()):
        return 3
    return (
        0 if all(each.verdict == "ok" and len(each.converged_ms) >= heals for each in found.values()) else 1
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--heals", type=int, default=20, help="stories for each fault")
    parser.add_argument("--outage-ms", type=int, default=1000, help="so long a fault that lasts goes on")
    parser.add_argument("--at-once", type=int, default=3, help="worlds at a time")
    parser.add_argument("--only", nargs="+", choices=list(FAULTS), metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = asyncio.run(heal(asked))
    if asked.json:
        print(json.dumps({name: asdict(each) for name, each in found.items()}))
    else:
        print(
            f"from heal to converged, {asked.heals} stories for each fault, outages of {asked.outage_ms} ms"
        )
        print(f"{'fault':<18} {'heals':>6} {'p50 ms':>8} {'p95 ms':>8} {'without effect':>16}")
        print("\n".join(line(name, each) for name, each in found.items()))
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return exit_code(found, asked.heals)


if __name__ == "__main__":
    raise SystemExit(main())
