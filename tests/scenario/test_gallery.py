"""Every scenario that comes with syncbed is sound, and the documentation is what the table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbed.scenario import STEPS, gallery, load, scenario_text
from syncbed.scenario.docs import markdown
from syncbed.scenario.steps import CONDITIONS, EXPECTATIONS

NAMES = list(gallery())

PROMISED = {
    "the plan's four": ("single-client-mutation", "multi-client", "multi-tab", "reconnection"),
    "the six defects of the original client": (
        "disconnect-is-final",
        "disconnect-then-connect",
        "disconnect-keeps-the-siblings",
        "missed-while-down",
        "backoff-has-a-ceiling",
        "connect-while-reconnecting",
    ),
    "the first planted bugs": (
        "the-order-is-there-twice",
        "zombie-reconnect",
        "refetch-overwrites-pending",
    ),
    "the others": (
        "answer-lost-write-committed",
        "reload-in-mid-push",
        "two-profiles-offline",
        "delete-against-edit",
        "server-killed-in-a-burst",
        "redis-restarted",
    ),
}


def test_the_gallery_holds_what_was_promised() -> None:
    assert len(NAMES) >= 16
    assert [name for group in PROMISED.values() for name in group if name not in NAMES] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_of_the_gallery_is_sound(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.about.count(". ") >= 1, "its docstring says what happens and why it matters"


def test_titles_tell_the_scenarios_apart() -> None:
    assert len({load(name).title for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_stands_in_its_file_a_step_a_line(name: str) -> None:
    assert gallery()[name].read_text() == scenario_text(load(name).raw)


def test_the_page_is_what_the_table_says() -> None:
    page = Path(__file__).parents[2] / "docs" / "scenarios.md"
    assert page.read_text() == markdown(), "run python -m syncbed.scenario.docs > docs/scenarios.md"


def test_the_page_names_every_step_condition_and_expectation() -> None:
    page = markdown()
    assert [name for name in (*STEPS, *CONDITIONS, *EXPECTATIONS) if f"**`{name}`**" not in page] == []
