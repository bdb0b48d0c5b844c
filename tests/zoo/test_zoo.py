"""Every planted bug still fits the SDK, and a scenario of the gallery shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbed.checkers import INVARIANTS
from syncbed.scenario import Scenario, ScenarioError, gallery, load
from syncbed.world.reference import reference_root
from syncbed.zoo import ZOO, Bug, Patch, ZooError, patched

STATIC = reference_root() / "static"
WITH_A_BUG = [scenario for scenario in map(load, gallery()) if scenario.bug is not None]


@pytest.mark.parametrize("bug", ZOO.values(), ids=ZOO)
def test_its_patches_apply_to_the_sdk_as_it_is(bug: Bug) -> None:
    for url, text in patched(bug, STATIC).items():
        assert url.startswith("/static/sdk/")
        assert text != (STATIC.parent / url.lstrip("/")).read_text(encoding="utf-8")


@pytest.mark.parametrize("bug", ZOO.values(), ids=ZOO)
def test_it_names_the_invariant_that_must_catch_it(bug: Bug) -> None:
    assert bug.invariant in INVARIANTS


@pytest.mark.parametrize("bug", ZOO.values(), ids=ZOO)
def test_a_scenario_of_the_gallery_shows_it(bug: Bug) -> None:
    assert any(scenario.bug == bug.name and bug.invariant in scenario.violates for scenario in WITH_A_BUG)


@pytest.mark.parametrize("scenario", WITH_A_BUG, ids=lambda scenario: scenario.name)
def test_the_twin_is_the_same_without_the_bug(scenario: Scenario) -> None:
    twin = scenario.fixed()
    assert (twin.bug, twin.expected, twin.violates, twin.because) == (None, "ok", (), None)
    assert (twin.steps, twin.judges, twin.seed) == (scenario.steps, scenario.judges, scenario.seed)
    assert (twin.name, twin.title) == (f"{scenario.name}-fixed", f"{scenario.title} (fixed)")


def test_a_scenario_without_a_bug_has_no_twin() -> None:
    with pytest.raises(ScenarioError, match="only a scenario with a planted bug has a fixed twin"):
        load("multi-tab").fixed()


@pytest.mark.parametrize(
    ("text", "found"),
    [("return items", "no longer there"), ("let n = 1; let n = 1;", "there 2 times")],
)
def test_a_patch_that_no_longer_applies_says_where_and_what_it_looked_for(
    tmp_path: Path, text: str, found: str
) -> None:
    (tmp_path / "sdk.js").write_text(text)
    bug = Bug("count-twice", "", "", "", (Patch("sdk.js", "let n = 1;", "let n = 2;"),))
    with pytest.raises(ZooError) as caught:
        patched(bug, tmp_path)
    assert str(caught.value) == (
        f"count-twice: static/sdk.js has changed: what the patch replaces is {found}; anchor it anew:\n"
        "let n = 1;"
    )


def test_a_module_that_is_gone_is_told(tmp_path: Path) -> None:
    bug = Bug("count-twice", "", "", "", (Patch("sdk.js", "a", "b"),))
    with pytest.raises(ZooError, match=r"count-twice: static/sdk.js cannot be read: No such file"):
        patched(bug, tmp_path)


def test_two_patches_of_one_module_are_both_in_it(tmp_path: Path) -> None:
    (tmp_path / "sdk.js").write_text("one two")
    bug = Bug("both", "", "", "", (Patch("sdk.js", "one", "1"), Patch("sdk.js", "two", "2")))
    assert patched(bug, tmp_path) == {"/static/sdk.js": "1 2"}
