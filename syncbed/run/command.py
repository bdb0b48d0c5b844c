"""`syncbed run`, `list` and `show`: words, tables and exit codes. `cli` mounts them.

Exit codes of `run`: 0 every verdict is the one its file expects, 1 one is violated or an unexpected
ok, 3 one is unknown, 2 wrong usage or an environment that cannot do it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import json
import shutil
import webbrowser
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from ..report.issue import issue_of
from ..scenario import Scenario, Step, gallery, load
from ..signals import ended_by_term
from .errors import RunError
from .refusals import check_driver, refusals
from .session import Options
from .under_test import options_for

if TYPE_CHECKING:
    from ..drivers.chromium import Chromium
    from .player import Outcome

    Play = Callable[[Scenario, Options, Callable[[Step], None]], Coroutine[Any, Any, Outcome]]

RUNS = Path("runs")
ALL = "all"
COLOURS = {"ok": "green", "violated": "red", "unknown": "yellow"}
console = Console(highlight=False, soft_wrap=True)
progress_console = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]


def run(
    scenario: Annotated[str, typer.Argument(help="A name of the gallery, a file, a link, or `all`.")],
    headed: Annotated[bool, typer.Option("--headed", help="Show the browser.")] = False,
    times: Annotated[int, typer.Option(min=1, max=10_000, help="Play each so often.")] = 1,
    driver: Annotated[
        str, typer.Option(help="`tabs`: real Chromium tabs. `lab`: the panes of the lab's page.")
    ] = "tabs",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Not given: the scenario's own.", show_default=False)
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_URL", help="Your SDK's page: docs/writing-an-adapter.md.", show_default=False
        ),
    ] = None,
    upstream: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL", help="Your server, running already, instead of ours.", show_default=False
        ),
    ] = None,
    fixed: Annotated[
        bool, typer.Option("--fixed", help="Play the twin: the same without its planted bug. It must be ok.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="With --times: keep the folders of all runs, not only the telling.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play scenarios in real tabs, judge them, and leave a folder for each run."""
    need_playwright()
    outcomes: list[Outcome] = []
    check_driver(driver)
    options = options_for(adapter, upstream or [])
    scenarios = _chosen(scenario, fixed=fixed)
    if seed is not None:
        scenarios = [replace(each, seed=seed) for each in scenarios]
    refused = {
        each.name: why
        for each in scenarios
        if (why := refusals(each, driver, upstreams=len(options.upstreams)))
    }
    playable = [each for each in scenarios if each.name not in refused]
    if not playable:
        raise RunError("; ".join(f"{name}: {', '.join(why)}" for name, why in refused.items()))
    try:
        asyncio.run(
            ended_by_term(
                _play_all(playable, times, outcomes, options, driver=driver, headed=headed, quiet=as_json)
            )
        )
    except BaseException:
        if outcomes and not as_json:  # what was played is worth telling, whatever ended the rest
            _print(series_of(playable, outcomes), refused)
        raise
    series = series_of(playable, outcomes)
    if not keep:
        for each in series:
            each.drop_folders()
    code = max((each.exit_code for each in series), key=[0, 3, 1].index)
    code = 2 if refused and code == 0 else code
    if as_json:
        found = {"exit_code": code, "refused": refused, "runs": _runs_json(series)}
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(series, refused)
    raise typer.Exit(code)


def _chosen(named: str, *, fixed: bool) -> list[Scenario]:
    """The scenarios to play; of all, the fixed twins are those of the scenarios that have a bug."""
    if named != ALL:
        return [load(named).fixed() if fixed else load(named)]
    found = [load(name) for name in gallery()]
    return [each.fixed() for each in found if each.bug is not None] if fixed else found


def list_scenarios(as_json: AsJson = False) -> None:
    """Name the scenarios of the gallery."""
    found = [load(name) for name in gallery()]
    if as_json:
        keys = ("name", "title", "expected", "because", "needs", "judges")
        print(json.dumps([{key: getattr(each, key) for key in keys} for each in found], indent=2))
        return
    table = Table("scenario", "what happens", "expected", box=None, pad_edge=False)
    for each in found:
        table.add_row(each.name, each.title, each.expected)
    console.print(table)


def show(
    run_folder: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's folder, or a scenario: its last run.")
    ],
    as_issue: Annotated[
        bool,
        typer.Option("--issue", help="Print it as Markdown for an issue: witness, command, picture."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open the report of a run in the browser, and say where it is."""
    folder = find_run(run_folder)
    report = folder / "report.html"
    if as_issue:
        text = issue_of(folder)
        print(json.dumps({"folder": str(folder), "issue": text}, ensure_ascii=False) if as_json else text)
        return
    if as_json:
        about = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        print(json.dumps({"folder": str(folder), "report": str(report), **about}, indent=2))
        return
    print(report)
    try:
        webbrowser.get().open(report.resolve().as_uri())
    except webbrowser.Error:
        console.print("no browser can be opened here: open that file in one")


def find_run(named: str, root: Path = RUNS) -> Path:
    """The folder of a run, by its path or as the last one of a scenario. Raises `RunError`."""
    folder = Path(named)
    if (folder / "report.html").is_file():
        return folder
    runs = sorted((root / named).glob("*/report.html"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise RunError(f"{named!r} is no run's folder, and no scenario with a run under {root}/")
    return runs[-1].parent


@dataclass(frozen=True)
class Series:
    """All runs of one scenario."""

    scenario: Scenario
    outcomes: Sequence[Outcome]

    @property
    def exit_code(self) -> int:
        return max((each.exit_code for each in self.outcomes), key=[0, 3, 1].index)

    @property
    def as_expected(self) -> int:
        return sum(each.exit_code == 0 for each in self.outcomes)

    @property
    def seconds(self) -> str:
        """The shortest, the median and the longest of them."""
        took = [each.took_ms / 1000 for each in self.outcomes]
        return f"{took[0]:.1f}" if len(took) == 1 else f"{min(took):.1f} {median(took):.1f} {max(took):.1f}"

    def drop_folders(self) -> None:
        """Of many runs that went as expected the last one tells all; those that differ are kept."""
        for each in self.outcomes[:-1]:
            if each.exit_code == 0:
                shutil.rmtree(each.folder, ignore_errors=True)


def series_of(scenarios: Sequence[Scenario], outcomes: Sequence[Outcome]) -> list[Series]:
    """In the order of the scenarios, without those that were never played."""
    found = [Series(each, [o for o in outcomes if o.scenario is each]) for each in scenarios]
    return [each for each in found if each.outcomes]


async def _play_all(
    scenarios: Sequence[Scenario],
    times: int,
    outcomes: list[Outcome],
    options: Options,
    *,
    driver: str,
    headed: bool,
    quiet: bool,
) -> None:
    """Each so many times, in rounds; `outcomes` grows as they end."""
    from playwright.async_api import async_playwright

    from ..drivers.chromium import Chromium

    with _progress(len(scenarios) * times, quiet=quiet) as tell:
        async with async_playwright() as playwright:
            chromium = Chromium(playwright, headed=headed)
            try:
                async with _stage(driver, chromium) as play:
                    for number, scenario in itertools.product(range(1, times + 1), scenarios):
                        name = scenario.name if times == 1 else f"{scenario.name} {number}/{times}"
                        tell(f"{name}: starting", 0)

                        def at(step: Step, name: str = name, steps: int = len(scenario.steps)) -> None:
                            tell(f"{name}: step {step.number + 1} of {steps}, {step.do}", 0)

                        outcomes.append(await play(scenario, options, at))
                        tell(name, 1)
            finally:
                await chromium.close()


@asynccontextmanager
async def _stage(driver: str, chromium: Chromium) -> AsyncIterator[Play]:
    """Where the scenarios are played."""
    from .player import run as play

    if driver == "tabs":
        from ..drivers.tabs import tabs_driver

        yield lambda scenario, options, at: play(
            scenario, tabs_driver(chromium), RUNS, options=options, progress=at
        )
        return
    from .in_lab import LabStage

    async with LabStage(chromium) as lab:
        yield lambda scenario, options, at: play(
            scenario, lab.maker(), RUNS, options=options, progress=at, watch=lab.watch
        )


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Any]:
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=progress_console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=total)
        yield lambda text, done: bar.update(task, description=text, advance=done)


def _print(series: Sequence[Series], refused: dict[str, list[str]]) -> None:
    table = Table("scenario", "verdict", "expected", "as expected", "seconds", box=None, pad_edge=False)
    for each in series:
        verdicts = sorted({outcome.verdict.status for outcome in each.outcomes})
        count = f"{each.as_expected} of {len(each.outcomes)}"
        table.add_row(
            each.scenario.name,
            " ".join(f"[{COLOURS[verdict]}]{verdict}[/]" for verdict in verdicts),
            each.scenario.expected,
            count if each.exit_code == 0 else f"[red]{count}[/]",
            each.seconds,
        )
    console.print(table)
    for each in series:
        told = [outcome for outcome in each.outcomes if outcome.exit_code != 0] or [each.outcomes[-1]]
        for outcome in told:
            if outcome.exit_code != 0 or len(series) == 1:
                _print_outcome(outcome)
    for name, why in refused.items():
        console.print(f"[yellow]refused[/] {name}: {', '.join(why)}")


def _print_outcome(outcome: Outcome) -> None:
    console.print(f"\n{outcome.scenario.name}: {outcome.verdict.status}", style="bold")
    console.print(f"  {outcome.verdict.reason}", markup=False)
    for finding in outcome.verdict.judged():
        for line in finding.told():
            console.print(f"    {line}", markup=False)
    console.print(f"  {outcome.folder}", markup=False)


def _runs_json(series: Sequence[Series]) -> list[dict[str, Any]]:
    return [
        {
            "scenario": each.scenario.name,
            "verdict": outcome.verdict.status,
            "expected": each.scenario.expected,
            "exit_code": outcome.exit_code,
            "reason": outcome.verdict.reason,
            "violated": outcome.verdict.violated(),
            "took_ms": round(outcome.took_ms),
            "folder": str(outcome.folder) if outcome.folder.is_dir() else None,
        }
        for each in series
        for outcome in each.outcomes
    ]


def need_playwright() -> None:
    """A plain install has none."""
    if importlib.util.find_spec("playwright") is None:
        raise RunError("playwright is not installed: pip install playwright")
