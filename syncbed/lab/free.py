"""The scenario of a world that somebody plays with: no steps, every invariant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..checkers import INVARIANTS, in_question
from ..scenario import Profile, Scenario, World
from ..trace import Kind, Record

NAME = "lab"
TITLE = "What I did in the lab"
ABOUT = "Recorded in the lab."
JUDGES = tuple(name for name in INVARIANTS if name != "expectations")


def free_scenario(profiles: Mapping[str, int]) -> Scenario:
    """`profiles`: name -> tabs that are open from the start (0: they come by themselves)."""
    return Scenario(
        name=NAME,
        title=TITLE,
        about=ABOUT,
        world=World("memory", 1, False),
        profiles={name: Profile(tabs, "a") for name, tabs in profiles.items()},
        collection="orders",
        dialect="broadcast",
        mode="free",
        needs=(),
        judges=JUDGES,
        expected="ok",
        violates=(),
        because=None,
        bug=None,
        seed=1,
        settle_ms_max=10_000,
        steps=(),
        raw={"syncbed": 1, "title": TITLE, "judges": list(JUDGES)},
    )


def judges_in_question(base: Scenario, records: Sequence[Record[Kind]]) -> list[str]:
    """A world without a script judges all that came up."""
    return [name for name in base.judges if base.steps or in_question(name, records)]
