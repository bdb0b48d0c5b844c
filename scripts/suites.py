"""Runs the suites, each as its own pytest process, and ends with one table.

    scripts/test [SUITE ...] [PYTEST ARGUMENT ...]

Suites are unit, integration, e2e (the reference stack in real tabs), bed (the instrument in real
tabs: driver, wire, held mode, and what befalls the sync engine) and lab. Without a name all of them
run, all even if one fails. Several run two at a time, and what each says comes whole when it has
ended; of one alone it comes as it is said.
Everything from the first word that is not a suite goes to pytest as it is:

    scripts/test e2e -k offline              some tests
    scripts/test e2e --count 20              each test twenty times
    scripts/test e2e --base-url URL          a stack that runs already; nothing is started
    scripts/test e2e --browser firefox       untested here

TEST_BACKEND_URL and TEST_REDIS_URL do for integration what --base-url does for e2e.
TEST_REDIS_URL names the Redis to use, SYNCBED_CHROMIUM the browser. The run fails if a test
fails, is skipped, or if a suite ran none. Coverage, line by line, is left in build/.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import coverage
from rich.console import Console
from rich.table import Table

from e2e import js_coverage

from . import services

TOP = Path(__file__).resolve().parents[1]
BUILD = TOP / "build"
SDK = TOP / "static" / "sdk"

BED = ("e2e/driver", "e2e/wire", "e2e/held", "e2e/engine")
LAB = ("e2e/lab",)
# A process each: Playwright's sync fixtures leave an event loop running.
SUITES: dict[str, tuple[str, ...]] = {
    "unit": ("tests",),
    "integration": ("integration",),
    "e2e": ("e2e", *(f"--ignore={folder}" for folder in (*BED, *LAB))),
    "bed": BED,
    "lab": LAB,
}
TABS = (services.provide_redis, services.provide_chromium)
NEEDS: dict[str, tuple[services.Provide, ...]] = {
    "unit": (),
    "integration": (services.provide_redis,),
    "e2e": TABS,
    "bed": TABS,
    "lab": TABS,
}

LANES = 2
"""How many run at a time: a suite waits half of its time, for servers, browsers and clocks."""
LONGEST_FIRST = ("bed", "integration", "lab", "e2e", "unit")
"""So that no lane is left alone with a long one at the end."""


@dataclass(frozen=True)
class Outcome:
    suite: str
    exit_code: int
    seconds: float
    tests: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def trouble(self) -> str:
        """Why this is not a green suite, or nothing."""
        if self.failed:
            return "failed"
        if self.tests == 0:
            return "ran no test"
        if self.skipped:
            return "skipped tests"
        return f"pytest ended {self.exit_code}" if self.exit_code else ""


def main(words: list[str]) -> int:
    if words and words[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    chosen = [word for i, word in enumerate(words) if set(words[: i + 1]) <= SUITES.keys()]
    arguments = words[len(chosen) :]
    chosen = list(dict.fromkeys(chosen)) or list(SUITES)

    missing = [sentence for need in needs_of(chosen) if (sentence := need())]
    # A folder of its own, so that two runs at a time do not count into each other.
    with tempfile.TemporaryDirectory(prefix="syncbed-test-") as name:
        folder = Path(name)
        began = time.monotonic()
        outcomes = sorted(run_all(chosen, arguments, folder), key=lambda each: chosen.index(each.suite))
        seconds = time.monotonic() - began
        covered = f"Line coverage: server/ {server_coverage(folder)} · SDK {sdk_coverage(folder)}"

    console = Console(highlight=False)
    console.print(table(outcomes))
    console.print(covered)
    for sentence in missing:
        console.print(f"[red]missing:[/red] {sentence}")
    print(closing_line(outcomes, seconds))
    return 1 if missing or any(outcome.trouble for outcome in outcomes) else 0


def needs_of(chosen: list[str]) -> list[services.Provide]:
    return list(dict.fromkeys(need for suite in chosen for need in NEEDS[suite]))


def run_all(chosen: list[str], arguments: list[str], folder: Path) -> Iterator[Outcome]:
    """As they end."""
    if len(chosen) == 1:
        print(f"\n── {chosen[0]}", flush=True)
        yield run(chosen[0], arguments, folder)
        return
    print(f"\nrunning {', '.join(chosen)}, {LANES} at a time: each is told of when it has ended", flush=True)
    said = {suite: folder / f"{suite}.txt" for suite in sorted(chosen, key=LONGEST_FIRST.index)}
    lanes = ThreadPoolExecutor(LANES)
    try:
        running = [lanes.submit(run, suite, arguments, folder, said[suite]) for suite in said]
        for ended in as_completed(running):
            outcome = ended.result()
            print(f"\n── {outcome.suite}\n{said[outcome.suite].read_text(errors='replace')}", flush=True)
            yield outcome
    finally:
        lanes.shutdown(cancel_futures=True)


def run(suite: str, arguments: list[str], folder: Path, said: Path | None = None) -> Outcome:
    """One suite to its end; what it says goes into the file `said`, or to where our own words go."""
    results = folder / f"{suite}.xml"
    environ = {**os.environ, "COVERAGE_FILE": str(folder / ".coverage"), "SYNCBED_JS_COVERAGE": str(folder)}
    pytest = ["-m", "coverage", "run", "-m", "pytest", *SUITES[suite], f"--junitxml={results}"]
    began = time.monotonic()
    with said.open("wb") if said is not None else nullcontext() as out:
        ended = subprocess.run(
            [sys.executable, *pytest, *arguments], cwd=TOP, env=environ, stdout=out, stderr=out
        )
    return outcome(suite, ended.returncode, time.monotonic() - began, results)


def outcome(suite: str, exit_code: int, seconds: float, results: Path) -> Outcome:
    if not results.is_file():
        return Outcome(suite, exit_code, seconds)
    found = ElementTree.parse(results).getroot().find("testsuite")
    assert found is not None
    count = {name: int(found.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    return Outcome(
        suite,
        exit_code,
        seconds,
        tests=count["tests"],
        failed=count["failures"] + count["errors"],
        skipped=count["skipped"],
    )


def table(outcomes: list[Outcome]) -> Table:
    drawn = Table("suite", title_justify="left")
    for heading in ("tests", "failed", "skipped", "seconds"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("")
    for each in outcomes:
        figures = (str(each.tests), str(each.failed), str(each.skipped), f"{each.seconds:.1f}")
        drawn.add_row(each.suite, *figures, f"[red]{each.trouble}" if each.trouble else "[green]ok")
    return drawn


def closing_line(outcomes: list[Outcome], seconds: float) -> str:
    """All suites in one line, in the words that pytest ends with."""
    tests, failed, skipped = (
        sum(getattr(each, figure) for each in outcomes) for figure in ("tests", "failed", "skipped")
    )
    counts = {"failed": failed, "passed": tests - failed - skipped, "skipped": skipped}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what == "passed")
    return f"===== {told} in {seconds:.2f}s ====="


def server_coverage(folder: Path) -> str:
    """Of `server/`, by all suites and by every server process they started."""
    every = coverage.Coverage(data_file=str(folder / ".coverage"), config_file=str(TOP / "pyproject.toml"))
    text = io.StringIO()
    try:
        every.combine([str(folder)])
        percent = every.report(include=["server/*"], show_missing=True, file=text)
    except coverage.CoverageException as error:
        return f"not measured ({error})"
    leave("coverage-server.txt", text.getvalue())
    return f"{percent:.1f} %"


def sdk_coverage(folder: Path) -> str:
    """Of `static/sdk/`, by every page that Chromium opened."""
    files = js_coverage.merge(folder, SDK)
    lines = [
        f"{js_coverage.percent([file]):5.1f} %  {file.file}  missed {', '.join(map(str, file.missed))}\n"
        for file in files
        if file.executable
    ]
    leave("coverage-sdk.txt", "".join(lines))
    return f"{js_coverage.percent(files):.1f} %"


def leave(name: str, text: str) -> None:
    BUILD.mkdir(exist_ok=True)
    (BUILD / name).write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
