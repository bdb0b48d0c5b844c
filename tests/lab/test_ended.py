"""A run that has ended: what cannot be done to it any more is told as data, and refused by name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from syncbed.lab.commands import COMMANDS, ENDED, TO_A_LIVING_WORLD, cannot
from syncbed.lab.lab import Lab
from syncbed.lab.worlds import Setup, Worlds


def test_what_is_refused_are_commands_and_a_way_out_is_left() -> None:
    assert set(cannot(ended=True)) == set(TO_A_LIVING_WORLD) < set(COMMANDS)
    assert not set(TO_A_LIVING_WORLD) & {"reset", "load", "run_to", "compare", "issue", "scenario", "link"}
    assert cannot(ended=False) == {}


async def test_a_run_that_has_ended_refuses_them_with_the_reason() -> None:
    lab = Lab(Worlds(Setup(profiles={}, lab_port=1)))
    lab.world = cast("Any", SimpleNamespace(ended=True))
    assert await lab.do("hold", {}) == {"error": {"code": "refused", "text": ENDED}}
