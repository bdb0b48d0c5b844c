"""A run that has ended: what cannot be done to it any more is told as data, and refused by name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from syncbed.lab import lab as module
from syncbed.lab.commands import COMMANDS, TO_A_LIVING_WORLD
from syncbed.lab.lab import ENDED, Lab
from syncbed.lab.worlds import Setup, Worlds


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(module, "state", lambda world: {"busy": ""})
    lab = Lab(Worlds(Setup(profiles={}, lab_port=1)))
    lab.world = cast("Any", SimpleNamespace(ended=True))
    return lab


def test_what_is_refused_are_commands() -> None:
    assert set(TO_A_LIVING_WORLD) < set(COMMANDS)
    assert not set(TO_A_LIVING_WORLD) & {"reset", "load", "run_to", "compare", "issue", "scenario", "link"}


async def test_it_says_what_cannot_be_done_to_it_and_why(lab: Lab) -> None:
    assert lab.state()["cannot"] == dict.fromkeys(TO_A_LIVING_WORLD, ENDED)
    answer = await lab.do("hold", {})
    assert answer == {"error": {"code": "refused", "text": ENDED}}


async def test_to_a_living_world_everything_may_be_done(lab: Lab) -> None:
    lab.world = cast("Any", SimpleNamespace(ended=False))
    assert lab.state()["cannot"] == {}
