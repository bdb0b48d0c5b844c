"""The words of `run`, `list` and `show`. Whole runs are in e2e/driver."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from syncbed.checkers import Verdict
from syncbed.checkers.finding import Finding, Status
from syncbed.cli import app
from syncbed.run.command import Series, find_run
from syncbed.run.errors import RunError
from syncbed.run.player import Outcome
from syncbed.scenario import ScenarioError, gallery, load


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_list_names_the_gallery() -> None:
    found = json.loads(run("list", "--json").stdout)
    assert [each["name"] for each in found] == list(gallery())


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        (["run", "multi-tab", "--driver", "car"], RunError, "there is no driver 'car' (allowed: tabs, lab)"),
        (
            ["run", "multi-tab", "--fixed"],
            ScenarioError,
            "multi-tab: /bug: is not there: only a scenario with a planted bug has a fixed twin",
        ),
        (["run", "nowhere.json"], ScenarioError, "nowhere.json: /: there is no such scenario or file"),
        (
            ["show", "nowhere"],
            RunError,
            "'nowhere' is no run's folder",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_line(words: list[str], error: type, text: str) -> None:
    """`main` prints such an error and exits 2."""
    ended = run(*words)
    assert isinstance(ended.exception, error)
    assert str(ended.exception).startswith(text)


def outcome(status: Status, folder: Path = Path("nowhere"), **changed: Any) -> Outcome:
    scenario = replace(load("multi-tab"), **changed)
    finding = Finding("converges", status, 1, "")
    return Outcome(scenario, Verdict(status, "", ("converges",), (finding,)), folder, 1000.0)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["ok", "ok"], 0),
        (["ok", "unknown"], 3),
        (["unknown", "violated"], 1),
    ],
)
def test_the_worst_of_a_series_counts(verdicts: list[Status], code: int) -> None:
    outcomes = [outcome(each) for each in verdicts]
    assert Series(outcomes[0].scenario, outcomes).exit_code == code


def test_an_ok_that_was_not_expected_is_told() -> None:
    found = outcome("ok", expected="violated", violates=("converges",))
    assert Series(found.scenario, [found]).exit_code == 1


def test_of_runs_that_went_as_expected_the_last_is_kept(tmp_path: Path) -> None:
    verdicts: list[Status] = ["ok", "violated", "ok", "ok"]
    outcomes = [outcome(status, tmp_path / str(n)) for n, status in enumerate(verdicts)]
    for each in outcomes:
        each.folder.mkdir()
    Series(outcomes[0].scenario, outcomes).drop_folders()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "3"]


def test_show_finds_the_last_run_of_a_scenario(tmp_path: Path) -> None:
    was = Path.cwd()
    os.chdir(tmp_path)
    try:
        for at_s, name in enumerate(("later-by-name", "earlier")):
            report = Path("runs/latte") / name / "report.html"
            report.parent.mkdir(parents=True)
            report.touch()
            os.utime(report, (at_s, at_s))
        assert find_run("latte") == Path("runs/latte/earlier")
        assert find_run("runs/latte/later-by-name") == Path("runs/latte/later-by-name")
    finally:
        os.chdir(was)
