"""The style, held by a test. A rule takes one tracked file and says what is wrong with it.

Each rule is shown to fail on a file made up for it, at the end. This file quotes what it
forbids, so the rules about content leave it out.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from e2e.js_coverage import without_comments

TOP = Path(__file__).resolve().parents[1]
THIS = PurePosixPath("tests/test_tidy.py")


@dataclass(frozen=True)
class File:
    path: PurePosixPath
    text: str

    @property
    def is_test(self) -> bool:
        return self.path.parts[0] in ("tests", "integration", "e2e")

    def under(self, *folders: str) -> bool:
        return any(self.path.is_relative_to(folder) for folder in folders)

    def found(self, pattern: re.Pattern[str], text: str | None = None) -> Iterator[str]:
        """`line: what matched`, for each line that matches."""
        for number, line in enumerate((self.text if text is None else text).splitlines(), start=1):
            if match := pattern.search(line):
                yield f"{self.path}:{number}: {match[0].strip()}"


Rule = Callable[[File], Iterator[str]]


@cache
def tracked_files() -> list[File]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True)
    files = []
    for name in filter(None, listed.stdout.split("\0")):
        try:
            files.append(File(PurePosixPath(name), (TOP / name).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError):  # a picture; a deletion not yet committed
            continue
    return files


def is_short_enough(file: File) -> Iterator[str]:
    if file.path.suffix not in (".py", ".js", ".css", ".html", ".lua"):
        return
    lines_max = 600 if file.is_test else 250 if file.under("static/sdk") else 400
    if (lines := len(file.text.splitlines())) > lines_max:
        yield f"{file.path}: {lines} lines, more than {lines_max}"


def has_a_name_that_says_something(file: File) -> Iterator[str]:
    if file.path.stem in ("utils", "helpers", "common", "manager", "handler", "data", "info"):
        yield f"{file.path}: a name that says nothing"


SLEEP = re.compile(r"\btime\.sleep\(|wait_for_timeout\(|asyncio\.sleep\((?!0\))")


THE_ONE_POLL = PurePosixPath("integration/waiting.py")


def waits_for_something_rather_than_sleeps(file: File) -> Iterator[str]:
    if file.is_test and file.path not in (THIS, THE_ONE_POLL):
        yield from file.found(SLEEP)


NOT_REALLY_TESTED = re.compile(
    r"pytest\.skip\b|mark\.skip|importorskip|\bxfail\b|unittest\.mock|MagicMock|AsyncMock|monkeypatch\.setattr"
)


def uses_the_real_thing(file: File) -> Iterator[str]:
    if file.is_test and file.path != THIS:
        yield from file.found(NOT_REALLY_TESTED)


ONE_MACHINE = re.compile(
    r"(^|[^\w.])/(work|root|home)/[a-z]|index-url|\"resolved\":|pypi\.org|pythonhosted|registry\.npmjs"
)


def is_at_home_on_any_machine(file: File) -> Iterator[str]:
    if file.path != THIS:
        yield from file.found(ONE_MACHINE)


TIME_AND_CHANCE = re.compile(
    r"(?<![\w.$])((globalThis|window|self)\.)?"
    r"((set|clear)(Timeout|Interval)|requestAnimationFrame|Date|performance\.now|Math\.random)\b"
)


def takes_time_and_chance_from_the_clock(file: File) -> Iterator[str]:
    if file.under("static/sdk") and file.path.suffix == ".js" and file.path.name != "clock.js":
        yield from file.found(TIME_AND_CHANCE, without_comments(file.text))


IMPURE = {"asyncio", "time", "random", "datetime", "secrets", "threading", "socket", "select"}


def is_pure_where_it_says_so(file: File) -> Iterator[str]:
    if file.path.suffix != ".py" or not file.under("server/core", "server/dialects", "syncbed/wire/faults"):
        return
    for node in ast.walk(ast.parse(file.text)):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(module=str(module), level=0):
                modules = [module]
            case _:
                continue
        for module in modules:
            if module.split(".")[0] in IMPURE:
                yield f"{file.path}: imports {module}; time, chance and I/O are passed in"


LINK = re.compile(r"\]\((?P<markdown>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<html>[^\"]+)\"")


def links_to_what_is_there(file: File) -> Iterator[str]:
    if file.path.suffix != ".md":
        return
    for link in LINK.finditer(re.sub(r"```.*?```", "", file.text, flags=re.DOTALL)):
        target = (link["markdown"] or link["html"]).partition("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not (TOP / file.path.parent / target).exists():
            yield f"{file.path}: {target} is not there"


RULES: list[Rule] = [
    is_short_enough,
    has_a_name_that_says_something,
    waits_for_something_rather_than_sleeps,
    uses_the_real_thing,
    is_at_home_on_any_machine,
    takes_time_and_chance_from_the_clock,
    is_pure_where_it_says_so,
    links_to_what_is_there,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file(rule: Rule) -> None:
    assert [complaint for file in tracked_files() for complaint in rule(file)] == []


BAD: list[tuple[Rule, str, str]] = [
    (is_short_enough, "server/long.py", "pass\n" * 401),
    (is_short_enough, "static/sdk/long.js", ";\n" * 251),
    (is_short_enough, "tests/test_long.py", "pass\n" * 601),
    (has_a_name_that_says_something, "server/utils.py", ""),
    (waits_for_something_rather_than_sleeps, "tests/test_a.py", "time.sleep(1)"),
    (waits_for_something_rather_than_sleeps, "e2e/test_a.py", "page.wait_for_timeout(5)"),
    (waits_for_something_rather_than_sleeps, "integration/test_a.py", "await asyncio.sleep(0.1)"),
    (uses_the_real_thing, "tests/test_a.py", "@pytest.mark.skipif(True)"),
    (uses_the_real_thing, "tests/test_a.py", "from unittest.mock import Mock"),
    (uses_the_real_thing, "tests/test_a.py", "monkeypatch.setattr(server, 'hub', fake)"),
    (is_at_home_on_any_machine, "docs/a.md", "see `/home/somebody/notes`"),
    (is_at_home_on_any_machine, "constraints.txt", "--index-url https://example.test/simple"),
    (takes_time_and_chance_from_the_clock, "static/sdk/a.js", "const now = Date.now()"),
    (takes_time_and_chance_from_the_clock, "static/sdk/dialects/a.js", "globalThis.setTimeout(f, 1)"),
    (is_pure_where_it_says_so, "server/core/a.py", "def f():\n    import time"),
    (is_pure_where_it_says_so, "syncbed/wire/faults/a.py", "from asyncio import sleep"),
    (links_to_what_is_there, "README.md", "[docs](docs/not-written.md)"),
    (links_to_what_is_there, "docs/a.md", '<img src="images/none.png">'),
]
GOOD: list[tuple[Rule, str, str]] = [
    (is_short_enough, "server/short.py", "pass\n" * 400),
    (waits_for_something_rather_than_sleeps, "tests/test_a.py", "await asyncio.sleep(0)"),
    (waits_for_something_rather_than_sleeps, "syncbed/wire/a.py", "await asyncio.sleep(1)"),
    (takes_time_and_chance_from_the_clock, "static/sdk/a.js", "clock.setTimeout(f, 1) // not Date"),
    (takes_time_and_chance_from_the_clock, "static/sdk/clock.js", "Date.now()"),
    (is_pure_where_it_says_so, "server/core/a.py", "from .time import Instant"),
    (links_to_what_is_there, "README.md", "[top](#top), [web](https://example.test), [here](README.md)"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_the_rule_finds_what_it_is_there_for(rule: Rule, path: str, text: str) -> None:
    assert list(rule(File(PurePosixPath(path), text)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_the_rule_leaves_the_rest_alone(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(File(PurePosixPath(path), text)))


def test_every_rule_has_a_file_it_fails_on() -> None:
    assert {rule for rule, _, _ in BAD} == set(RULES)
