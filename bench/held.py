"""Held mode: is one schedule the same run each time, and how many choices a second does it take?

Two profiles, three tabs, the reference SDK and server behind a real wire. Each run opens a collection in
every tab, creates and updates items, delivers every message one by one, and lets time move when nothing is
in flight any more. First one recorded schedule is replayed many times, then each of many seeds is played
twice. A run's *sequence* is everything that was in flight at each choice, with a digest of each payload,
and what was chosen.

    scripts/bench held [--runs 100] [--seeds 50] [--redis] [--json]
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from e2e.held.held_world import HeldWorld, held_world
from syncbed.held import Choice, advance, deliver
from syncbed.world import World

# When nothing is in flight any more, time moves so often and so far: retries, checks and pings come due.
PAUSES, PAUSE_MS = 2, 6000

WRITES = {
    "alice/1": "() => { create({id: 'a', title: 'one'}); update('a', {title: 'two'}); }",
    "alice/2": "() => { create({id: 'b', title: 'one'}); }",
    "bob/1": "() => { create({id: 'c', title: 'one'}); update('c', {done: true}); }",
}


@dataclass
class Run:
    number: int
    sequence: list[str]
    views: str
    choices: list[Choice]
    choosing_s: float
    whole_s: float

    @property
    def choices_per_s(self) -> float:
        return len(self.choices) / self.choosing_s


async def play(world: HeldWorld, seed: int, schedule: list[Choice] | None = None, of_run: int = 0) -> Run:
    """By the seed, or by the schedule of run `of_run`."""
    began = time.perf_counter()
    await world.begin()
    for tab, script in WRITES.items():
        await world.act(tab, script)
    chance = Random(seed)
    given = None if schedule is None else iter(world.translate(schedule, of_run))
    sequence: list[str] = []
    choosing_s = 0.0
    pauses = PAUSES
    while (names := world.names()) or pauses:
        if given is not None:
            choice = next(given)
        elif names:
            choice = deliver(chance.choice(names))
        else:
            choice = advance(PAUSE_MS)
        pauses -= not names
        sequence.append(f"{choice} of {world.in_flight()}".replace(world.collection, "orders"))
        at = time.perf_counter()
        await world.held.take(choice)
        choosing_s += time.perf_counter() - at
    views = json.dumps({tab: await world.view(tab) for tab in world.pages}, sort_keys=True)
    whole_s = time.perf_counter() - began
    return Run(world.run, sequence, views, list(world.held.schedule), choosing_s, whole_s)


def kinds(runs: list[Run]) -> int:
    return len(Counter("\n".join(run.sequence) for run in runs))


async def measure(world: HeldWorld, runs: int, seeds: int) -> dict[str, object]:
    first = await play(world, seed=0)
    cpu_began = cpu_s()
    again = [await play(world, 0, first.choices, first.number) for _ in range(runs)]
    cpu_ms = (cpu_s() - cpu_began) * 1000
    pairs = [(await play(world, seed), await play(world, seed)) for seed in range(1, seeds + 1)]
    everything = [first, *again, *(run for pair in pairs for run in pair)]
    return {
        "choices": len(first.choices),
        "runs": len(again),
        "distinct_sequences": kinds([first, *again]),
        "distinct_final_views": len({run.views for run in again}),
        "choices_per_s": round(statistics.median(run.choices_per_s for run in again), 1),
        "choices_per_s_fastest": round(max(run.choices_per_s for run in again), 1),
        "run_ms": round(statistics.median(run.whole_s for run in again) * 1000, 1),
        "cpu_ms": round(cpu_ms / sum(len(run.choices) for run in again), 1),
        "seeds": len(pairs),
        "seed_mismatches": sum(one.sequence != other.sequence for one, other in pairs),
        "distinct_sequences_of_seeds": kinds([one for one, _ in pairs]),
        "diverging_final_views": sum(
            len(set(map(str, json.loads(run.views).values()))) > 1 for run in everything
        ),
        "not_repeatable": world.held.not_repeatable,
        "load_average": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }


def cpu_s() -> float:
    """CPU time of this process and all its descendants that live. 0 where there is no /proc."""
    stats: dict[int, tuple[int, int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rsplit(")", 1)[1].split()
            stats[int(path.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    ours, ticks = {os.getpid()}, stats.get(os.getpid(), (0, 0))[1]
    for pid, (parent, spent) in sorted(stats.items()):  # a child's number is above its parent's, mostly
        if parent in ours:
            ours.add(pid)
            ticks += spent
    return ticks / os.sysconf("SC_CLK_TCK")


def report(found: dict[str, object]) -> str:
    return """\
one schedule of {choices} choices, replayed {runs} times:
  {distinct_sequences} distinct sequence(s), {distinct_final_views} distinct final view(s)
  {choices_per_s} choices a second, {run_ms} ms a run with its set-up (medians);
  {choices_per_s_fastest} choices a second in the fastest run
  {cpu_ms} ms of CPU a choice, set-up included: bed, browser and server together
{seeds} seeds, each played twice:
  {seed_mismatches} mismatches, {distinct_sequences_of_seeds} distinct sequences
runs at whose end two tabs disagreed: {diverging_final_views}
load average {load_average} on {cores} cores""".format(**found)


async def main(asked: argparse.Namespace) -> dict[str, object]:
    with World() as servers:
        redis_url = servers.redis().url if asked.redis else None
        async with held_world(servers.reference(redis_url=redis_url)) as world:
            return await measure(world, asked.runs, asked.seeds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--redis", action="store_true", help="the server keeps its data in Redis")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = asyncio.run(main(options))
    print(json.dumps(result) if options.json else report(result))
    if result["distinct_sequences"] != 1 or result["seed_mismatches"] or result["not_repeatable"]:
        raise SystemExit(
            f"held mode is not repeatable here: {result['not_repeatable'] or 'sequences differ'}"
        )
