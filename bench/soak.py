"""A soak: four profiles of two tabs write under random faults, round after round. Is a write lost or doubled?

Real Chromium, two reference servers behind one Redis that keeps its data, a real wire between. A round
(`soak_rounds.py`) is a world of its own and a scenario that is drawn from the seed: faults, writes from every
tab, heal, and everybody must agree, a few times over. Then its trace is judged and forgotten, so that memory
does not grow; a round that is not ok leaves its folder in runs/soak.

From heal to converged is from the end of the heal to the moment when all tabs and the server showed the same
and nothing was pending; of an episode with two kinds of faults the time stands under both. A fault without a
receipt is counted as one without effect.

Exit codes: 0 no violation and every invariant exercised (with --bug: it was caught); 1 if not; 3 a round
could not be judged.

    scripts/bench soak [--minutes 10] [--writes 5000] [--seed 1] [--bug resend-as-new] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from bench.acted import Acted, doubts_besides_idle
from bench.kinds import KINDS
from bench.quantile import quantile
from bench.soak_rounds import JUDGES, Round, round_of
from syncbed.checkers import Verdict, verdict
from syncbed.drivers.chromium import Chromium
from syncbed.drivers.tabs import tabs_driver
from syncbed.evidence import BED
from syncbed.report import new_run_folder, write_run
from syncbed.run.errors import RunError
from syncbed.run.player import STOPPING, be_ready, finish, play_step
from syncbed.run.session import ADAPTER, Options, Session
from syncbed.scenario import Step
from syncbed.trace import Expectation, Heal, Stopped, Trace
from syncbed.zoo import ZOO

ACTED_MS_MAX = 3000  # so long a fault may take to show an effect, before the soak goes on without
UNEXERCISED = "never exercised"  # in one round; over all of them it may not be
WRITES = ("put", "remove")
IMPATIENT = "reconnectDelayMax=3000&retryDelayMax=3000"
"""The SDK's longest waits, in ms: by default 30 s, and the soak would spend its minutes waiting for them."""


@dataclass
class Tally:
    """What all rounds come to. Holds numbers, no traces."""

    rounds: int = 0
    operations: int = 0
    acknowledged: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    converged_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    exercised: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    caught: str = ""

    def take(self, number: int, round_: Round, trace: Trace, found: Verdict, bug: str | None) -> bool:
        """Count a round; whether it is worth keeping."""
        before = len(self.violations) + len(self.unjudged)
        self.rounds += 1
        for op in trace.ops.values():
            self.operations += 1
            if op.invoke.what.act in WRITES:
                self.acknowledged += op.status == "ok"
                self.refused += op.status == "fail"
        for span in trace.faults:
            kind = span.began.what.fault.rpartition("-")[0]
            self.faults[kind] += 1
            self.idle[kind] += not span.receipts
        self._times(round_, trace)
        for finding in found.findings:
            self.exercised[finding.invariant] += finding.exercised
            judged = finding.invariant in found.judges or (bug and finding.invariant == ZOO[bug].invariant)
            told = f"round {number}: {finding.invariant}: {finding.reason}"
            if judged and finding.status == "violated":
                self.violations.append(told)
                if bug and finding.invariant == ZOO[bug].invariant:
                    self.caught = self.caught or told
            elif judged and finding.status == "unknown" and not finding.reason.startswith(UNEXERCISED):
                self.unjudged.append(told)
        self.unjudged += [f"round {number}: {doubt}" for doubt in doubts_besides_idle(found)]
        return len(self.violations) + len(self.unjudged) > before

    def _times(self, round_: Round, trace: Trace) -> None:
        heals = trace.all(Heal)
        for heal, kinds in zip(heals, round_.kinds.values(), strict=False):
            after = (each for each in trace.all(Expectation) if each.i > heal.i)
            if (agreed := next(after, None)) is not None and agreed.what.met:
                for kind in kinds:
                    self.converged_ms[kind].append(agreed.at_ms - heal.at_ms)

    def to_json(self) -> dict[str, Any]:
        return {
            "rounds": self.rounds,
            "operations": self.operations,
            "acknowledged": self.acknowledged,
            "refused": self.refused,
            "faults": dict(self.faults),
            "without_effect": {kind: n for kind, n in self.idle.items() if n},
            "converged_ms": {
                kind: {"n": len(found), "p50": round(quantile(found, 50)), "p95": round(quantile(found, 95))}
                for kind, found in self.converged_ms.items()
            },
            "exercised": {name: self.exercised[name] for name in (*JUDGES, "expectations")},
            "violations": self.violations,
            "unjudged": self.unjudged,
            "caught": self.caught,
        }


async def play(session: Session, round_: Round) -> None:
    """All steps, and the waits that no scenario has."""
    acted = Acted(session.recorder)
    await be_ready(session)
    for steps in together(round_):
        step = steps[0]
        try:
            if step.number in round_.dwells:
                await acted.wait(ACTED_MS_MAX)
                await asyncio.sleep(round_.dwells[step.number] / 1000)
            if step.do == "heal":
                await acted.wait(ACTED_MS_MAX)
                acted.forget()
            ends = await asyncio.gather(
                *(in_order(session, own) for own in by_tab(steps)), return_exceptions=True
            )
            for end in ends:  # nobody goes on writing after the first failure is told
                if isinstance(end, BaseException):
                    raise end
        except STOPPING as error:
            session.recorder.write(BED, Stopped(step.number, str(error)))
            return


def together(round_: Round) -> Iterator[list[Step]]:
    """The steps, with those writes in one list that follow each other: they are made at once."""
    row: list[Step] = []
    for step in round_.scenario.steps:
        if row and (step.do not in WRITES or step.number in round_.dwells):
            yield row
            row = []
        if step.do in WRITES:
            row.append(step)
        else:
            yield [step]
    if row:
        yield row


def by_tab(steps: list[Step]) -> list[list[Step]]:
    """Each tab's writes, in their order; any other step alone."""
    found: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        found[str(step.keys.get("tab", ""))].append(step)
    return list(found.values())


async def in_order(session: Session, steps: list[Step]) -> None:
    for step in steps:
        await play_step(session, step)


async def play_round(round_: Round, chromium: Chromium, folder: Path) -> tuple[Trace, Verdict]:
    options = Options(adapter=f"{ADAPTER}?{IMPATIENT}")
    session = Session(round_.scenario, tabs_driver(chromium), folder, options=options)
    async with session:
        await play(session, round_)
        await finish(session)
        trace = session.recorder.trace()
    return trace, verdict(trace, round_.scenario.judges)


async def one_round(asked: argparse.Namespace, number: int, chromium: Chromium, tally: Tally) -> None:
    """Play, judge and count it; nothing of it is kept in memory."""
    began = time.monotonic()
    round_ = round_of(asked.seed, number, asked.bug)
    folder = new_run_folder(asked.runs, "soak", asked.seed, datetime.now())
    try:
        trace, found = await play_round(round_, chromium, folder)
    except (*STOPPING, RunError, PlaywrightError) as error:
        tally.unjudged.append(f"round {number}: could not be played: {error}")
        return
    if tally.take(number, round_, trace, found, asked.bug):
        write_run(folder, round_.scenario, trace, found)
    else:
        shutil.rmtree(folder)
    print(
        f"round {number}: {time.monotonic() - began:.0f} s, {len(trace.records)} records, "
        f"{', '.join('+'.join(kinds) for kinds in round_.kinds.values())}: "
        f"{tally.acknowledged} acknowledged, {len(tally.violations)} violations so far",
        file=sys.stderr,
        flush=True,
    )


async def soak(asked: argparse.Namespace) -> Tally:
    tally = Tally()
    until = time.monotonic() + asked.minutes * 60
    async with async_playwright() as playwright:
        chromium = Chromium(playwright)
        try:
            number = asked.first
            while (time.monotonic() < until or tally.acknowledged < asked.writes) and not tally.caught:
                await one_round(asked, number, chromium, tally)
                gc.collect()  # a trace is large, and the next begins
                number += 1
        finally:
            await chromium.close()
    return tally


def report(found: dict[str, Any]) -> str:
    lines = [
        "seed {seed}, {minutes:.1f} minutes, {rounds} rounds of 4 profiles x 2 tabs".format(**found),
        "{operations} operations, {acknowledged} acknowledged writes, {refused} refused".format(**found),
        "",
        "fault                began   without effect",
    ]
    idle = found["without_effect"]
    lines += [f"{kind:<18} {n:>7} {idle.get(kind, 0):>16}" for kind, n in sorted(found["faults"].items())]
    lines += ["", "from heal to converged   heals   p50 ms   p95 ms"]
    times = found["converged_ms"]
    lines += [
        f"{kind:<22} {times[kind]['n']:>7} {times[kind]['p50']:>8} {times[kind]['p95']:>8}"
        for kind in KINDS
        if kind in times
    ]
    lines += ["", "invariant            exercised"]
    lines += [f"{name:<18} {n:>11}" for name, n in found["exercised"].items()]
    lines += ["", f"violations: {len(found['violations'])}", *(f"  {each}" for each in found["violations"])]
    lines += [f"not judged: {each}" for each in found["unjudged"]]
    if found["bug"]:
        lines.append(f"{found['bug']}: {'caught, ' + found['caught'] if found['caught'] else 'MISSED'}")
    lines.append(
        "the bed's memory at its highest {rss_mb} MB; load average {load_average} on {cores} cores".format(
            **found
        )
    )
    return "\n".join(lines)


def exit_code(found: dict[str, Any]) -> int:
    if found["bug"]:
        return 0 if found["caught"] else 1
    if found["violations"] or not all(found["exercised"].values()):
        return 1
    return 3 if found["unjudged"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="no round begins after that")
    parser.add_argument("--writes", type=int, default=0, help="go on until so many are acknowledged")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the round to begin with")
    parser.add_argument("--bug", choices=sorted(ZOO), help="plant it: it has to be caught")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    began = time.monotonic()
    found = asyncio.run(soak(asked)).to_json()
    found |= {
        "seed": asked.seed,
        "minutes": (time.monotonic() - began) / 60,
        "bug": asked.bug,
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load_average": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }
    print(json.dumps(found) if asked.json else report(found))
    return exit_code(found)


if __name__ == "__main__":
    raise SystemExit(main())
