"""docs/faults.md names every fault there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbed.drivers.cannot import PANES
from syncbed.drivers.chromium_faults import FAULTS
from syncbed.scenario.steps import SERVERS
from syncbed.wire.faults import FAULTS as WIRE_FAULTS

GUIDE = (Path(__file__).resolve().parents[2] / "docs/faults.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*FAULTS, *SERVERS, *WIRE_FAULTS])
def test_the_guide_names_it(name: str) -> None:
    assert f"`{name}`" in GUIDE


@pytest.mark.parametrize("name", PANES)
def test_the_guide_says_why_a_pane_refuses_it(name: str) -> None:
    assert f"| `{name}` | {PANES[name]} |" in GUIDE
