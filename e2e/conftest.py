"""Real Chromium in front of real servers: contexts are clients, pages of one context are tabs.

`--base-url URL` drives a stack that runs already; without it a reference server in test mode
is started in front of real Redis. `--browser firefox` and `--browser webkit` are passed
through and untested here. A missing browser fails, it does not skip.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, ConsoleMessage, Page, expect

from e2e.js_coverage import JsCoverage
from syncbed.world import World, WorldError, launch_options

PATIENCE_MS = 30_000
"""How long a test waits for what must come: on a busy machine too, and who is well waits for nothing."""
expect.set_options(timeout=PATIENCE_MS)

# Chromium's own words about faults that a test causes on purpose; the page did not say them.
NETWORK_NOISE = re.compile(r"^(Failed to load resource: |WebSocket connection to )")


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], browser_type: BrowserType
) -> dict[str, Any]:
    try:
        return launch_options(browser_type, browser_type_launch_args)
    except WorldError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> str:
    """The stack under test. Servers are started only when none was named."""
    named = pytestconfig.getoption("--base-url")
    if named:
        return str(named).rstrip("/")
    world: World = request.getfixturevalue("session_world")
    redis_url: str = request.getfixturevalue("redis_url")
    return world.reference(redis_url=redis_url).url


class PageProblems:
    """Uncaught errors and console errors of every page of a test."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("weberror", lambda event: self._seen.append(f"uncaught: {event.error}"))
        context.on("console", self._heard)

    def allow(self, pattern: str) -> None:
        """Say that this test provokes errors that match `pattern`."""
        self._allowed.append(re.compile(pattern))

    def found(self) -> list[str]:
        return [text for text in self._seen if not any(p.search(text) for p in self._allowed)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not NETWORK_NOISE.match(message.text):
            self._seen.append(f"console.error: {message.text}")


@pytest.fixture
def page_problems() -> Iterator[PageProblems]:
    problems = PageProblems()
    yield problems
    if found := problems.found():
        pytest.fail("the page reported errors:\n" + "\n".join(found), pytrace=False)


@pytest.fixture(scope="session")
def js_coverage(browser_name: str) -> JsCoverage | None:
    """Counting is on when the run asks for it, and in Chromium alone."""
    folder = os.environ.get("SYNCBED_JS_COVERAGE")
    return JsCoverage(Path(folder)) if folder and browser_name == "chromium" else None


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext],
    page_problems: PageProblems,
    js_coverage: JsCoverage | None,
) -> Callable[..., BrowserContext]:
    """pytest-playwright's own, with every page of every context watched."""

    def make(**options: Any) -> BrowserContext:
        context = new_context(**options)
        page_problems.watch(context)
        if js_coverage is not None:
            count_pages(context, js_coverage)
        return context

    return make


# A document takes its counts with it.
DOCUMENT_ENDS = ("close", "goto", "reload", "go_back", "go_forward")


def count_pages(context: BrowserContext, coverage: JsCoverage) -> None:
    """Count from a page's birth on, and read the counts before each of its documents goes."""
    new_page, close_context = context.new_page, context.close

    def watch(page: Page) -> None:
        coverage.watch(page)
        for name in DOCUMENT_ENDS:
            setattr(page, name, collecting_first(page, getattr(page, name)))

    def collecting_first(page: Page, act: Callable[..., Any]) -> Callable[..., Any]:
        def collect_and_act(*args: Any, **options: Any) -> Any:
            coverage.collect(page)
            return act(*args, **options)

        return collect_and_act

    def open_page() -> Page:
        page = new_page()
        watch(page)
        return page

    def close(**options: Any) -> None:
        for page in context.pages:
            coverage.collect(page)
        close_context(**options)

    context.new_page = open_page  # type: ignore[method-assign]
    context.close = close  # type: ignore[method-assign]
    context.on("page", lambda page: coverage.watch(page))


@dataclass(frozen=True)
class Profile:
    """One browser's storage. Its tabs share it; another profile sees nothing of it."""

    context: BrowserContext

    def open_tab(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.goto(path)
        return page


@pytest.fixture
def new_profile(new_context: Callable[..., BrowserContext]) -> Callable[..., Profile]:
    """Makes a client. `base_url=...` points it at another instance."""
    return lambda **options: Profile(new_context(**options))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The e2e budget is a second or two a test; say where it went."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    if calls:
        slowest = max(calls, key=lambda report: report.duration)
        seconds = sum(getattr(report, "duration", 0.0) for report in reports)
        terminalreporter.write_line(
            f"{len(calls)} browser tests in {seconds:.1f} s; "
            f"the slowest took {slowest.duration:.1f} s: {slowest.nodeid}"
        )
