"""The rounds of the soak: each a scenario that is drawn from a seed. Pure: no I/O, no clock.

A round is a few episodes. In an episode faults begin, every tab writes, some tabs, a server or Redis go and
come back, tabs write again, all is healed, and everybody has to agree. Each tab writes items of its own; a
few are fought over by two profiles, so that some writes are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bench.kinds import INSTANCES, KINDS, Names, Step, put
from syncbed.scenario import Scenario, parse_scenario
from syncbed.scenario.meaning import driver_needs

TABS = [f"{profile}/{number}" for profile in INSTANCES for number in (1, 2)]
JUDGES = ["converges", "no_lost_write", "no_duplicate", "no_phantom", "in_order_no_gap", "nothing_stuck"]
EPISODES = 4
ROWS_MAX = 6  # rows of writes that a tab makes in a burst, of 2 to 4 each
CONVERGED_MS_MAX = 60_000


class Draw(Names):
    """What one round draws from its seed."""

    def __init__(self, seed: int, number: int) -> None:
        super().__init__(Random(f"{seed} {number}"))
        self.there: dict[str, list[str]] = {tab: [] for tab in TABS}  # own items that it may remove

    def burst(self, tabs: Sequence[str]) -> list[Step]:
        """Each of the tabs writes, in any order; first the profiles fight over one item."""
        order = list(tabs)
        self.chance.shuffle(order)
        shared = f"shared-{self.chance.randint(1, 2)}"
        fight = [put(tab, shared, self.op()) for tab in order if tab.endswith("/2")]
        return [*fight, *(step for tab in order for step in self._writes(tab))]

    def _writes(self, tab: str) -> list[Step]:
        key = tab.replace("/", "-")
        times = self.chance.randint(2, 4)
        mine = self.there[tab]
        steps: list[Step] = []
        if mine and self.chance.random() < 0.5:
            gone = mine.pop(self.chance.randrange(len(mine)))
            steps.append({"do": "remove", "tab": tab, "key": gone, "id": self.op()})
        for _ in range(self.chance.randint(3, ROWS_MAX)):
            steps.append({**put(tab, key, self.op()), "times": times})
        mine.extend(each for n in range(1, times + 1) if (each := f"{key}-{n}") not in mine)
        return steps


@dataclass
class Round:
    """A scenario, and what it cannot say: which kinds of faults a heal undoes, and how long they last."""

    number: int
    steps: list[Step] = field(default_factory=list)
    kinds: dict[int, tuple[str, ...]] = field(default_factory=dict)  # a heal step's number -> what it heals
    dwells: dict[int, int] = field(default_factory=dict)  # a step's number -> ms to wait before it
    scenario: Scenario = field(init=False)


def round_of(seed: int, number: int, bug: str | None = None) -> Round:
    """The round `number` of a soak: always the same for one seed."""
    draw = Draw(seed, number)
    round_ = Round(number, [connected(tab) for tab in TABS])
    episodes = [_kinds(seed, number * EPISODES + episode, draw) for episode in range(EPISODES)]
    # What was written before Redis restarts is of an epoch that is over, and no write of it counts as lost.
    for kinds in sorted(episodes, key=lambda kinds: "redis_restarted" not in kinds):
        _add_episode(round_, draw, kinds)
    round_.scenario = _scenario(seed, round_, bug)
    return round_


def _add_episode(round_: Round, draw: Draw, chosen: tuple[str, ...]) -> None:
    steps = round_.steps
    targets = draw.chance.sample(list(INSTANCES), len(chosen))
    faults = [(KINDS[kind], on) for kind, on in zip(chosen, targets, strict=True)]
    for kind, on in faults:
        steps += [] if kind.late else kind.begin(draw, on)
    steps += draw.burst(TABS)
    lasts_ms = (300, 9000) if "half_open" in chosen else (0, 300, 1500)
    round_.dwells[len(steps)] = draw.chance.choice(lasts_ms)
    closed: set[str] = set()
    for kind, on in faults:
        begun = kind.begin(draw, on) if kind.late else []
        closed |= {step["tab"] for step in begun if step["do"] in ("close", "crash")}
        steps += begun
    steps += draw.burst([tab for tab in TABS if tab not in closed])
    for kind, on in faults:
        steps += kind.end(draw, on)
    round_.kinds[len(steps)] = chosen
    steps.append({"do": "heal"})
    steps.append({"do": "expect", "that": {"is": "converged", "within_ms": CONVERGED_MS_MAX}})
    steps.append({"do": "settle", "within_ms": 30_000})


def _kinds(seed: int, episode: int, draw: Draw) -> tuple[str, ...]:
    """Every kind has its turn, in another order each time; often another one comes with it."""
    turn, place = divmod(episode, len(KINDS))
    order = list(KINDS)
    Random(f"{seed} turn {turn}").shuffle(order)
    first = order[place]
    others = [kind for kind in KINDS if kind != first]
    return (first, draw.chance.choice(others)) if draw.chance.random() < 0.4 else (first,)


def connected(tab: str) -> Step:
    return {"do": "wait", "for": {"is": "state", "tab": tab, "state": "connected"}, "within_ms": 20_000}


def _scenario(seed: int, round_: Round, bug: str | None) -> Scenario:
    needs = {need for step in round_.steps for need in driver_needs(step["do"], step)}
    return parse_scenario(
        {
            "syncbed": 1,
            "title": f"Soak, seed {seed}, round {round_.number}",
            "about": "A round of scripts/bench soak, which also waits before a heal; a run of this does not.",
            "world": {"broker": "redis", "instances": 2, "append_only": True},
            "profiles": {name: {"tabs": 2, "instance": instance} for name, instance in INSTANCES.items()},
            "needs": ["server_authority", "idempotent", "order", *sorted(needs)],
            "judges": [*JUDGES, "expectations"],
            "settle_ms_max": CONVERGED_MS_MAX,
            "seed": seed,
            "steps": round_.steps,
            **({"bug": bug} if bug else {}),
        },
        name="soak",
    )
