"""docs/writing-an-adapter.md shows the adapter that is served, and the adapter stays an example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncbed.run.session import ADAPTERS
from syncbed.scenario.table import DIALECTS

TOP = Path(__file__).resolve().parents[1]
ADAPTER = (TOP / "static/bed/reference.html").read_text(encoding="utf-8")
GUIDE = (TOP / "docs/writing-an-adapter.md").read_text(encoding="utf-8")
LINES_MAX = 60


def test_the_guide_shows_the_adapter_that_is_served() -> None:
    [shown] = re.findall(r"```html\n(.*?)```", GUIDE, re.DOTALL)
    assert shown == ADAPTER


@pytest.mark.parametrize("page", ADAPTERS.values())
def test_each_adapter_is_short_enough_to_copy(page: str) -> None:
    assert len((TOP / page.removeprefix("/")).read_text(encoding="utf-8").splitlines()) <= LINES_MAX


def test_a_scenario_may_speak_what_there_is_an_adapter_for() -> None:
    assert tuple(ADAPTERS) == DIALECTS


def test_the_guide_names_all_that_the_adapter_offers() -> None:
    [bed] = re.findall(r"window\.bed = \{\n(.*?)\n\};", ADAPTER, re.DOTALL)
    offered = re.findall(r"^  (\w+)[:(]", bed, re.MULTILINE)
    assert len(offered) == 11
    for name in offered:
        assert f"`{name}" in GUIDE, name
