"""The suite's own eyes: errors of a page fail its test, and lines that ran are counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from e2e.conftest import PageProblems, count_pages
from e2e.js_coverage import JsCoverage, merge

MODULE = """\
import './other.js'
// a comment 🛏 says nothing
export const used = (flag) => {
  if (flag) {
    return 'yes'
  }
  return 'no'
}
export function unused() {
  return `never ${1}`
}
"""


def serve_module(context: BrowserContext, sdk: Path) -> None:
    """A page at /watched/ that loads `sdk` as served files."""
    (sdk / "module.js").write_text(MODULE, encoding="utf-8")
    (sdk / "other.js").write_text("export {}\n")

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        if name.endswith(".js"):
            route.fulfill(path=sdk / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>watched</title>", content_type="text/html")

    context.route("**/watched/**", answer)


CALL = "flag => import('/watched/sdk/module.js').then(module => module.used(flag))"


def test_an_uncaught_error_and_a_console_error_are_problems(page: Page, page_problems: PageProblems) -> None:
    with page.context.expect_event("weberror"):
        page.evaluate("() => { console.error('said'); setTimeout(() => { throw new Error('thrown') }) }")
    assert len(page_problems.found()) == 2
    page_problems.allow("said$")
    page_problems.allow("thrown$")
    assert page_problems.found() == []


@pytest.mark.only_browser("chromium")
def test_lines_are_counted_over_reloads_and_pages(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    dumps, sdk = tmp_path / "dumps", tmp_path / "sdk"
    dumps.mkdir()
    sdk.mkdir()
    context = new_context()
    serve_module(context, sdk)
    count_pages(context, JsCoverage(dumps))

    def module_lines_missed() -> list[int]:
        return next(file.missed for file in merge(dumps, sdk) if file.file == "module.js")

    assert module_lines_missed() == [3, 4, 5, 7, 9, 10], "a module never loaded is all missed"
    first = context.new_page()
    first.goto("/watched/")
    first.evaluate(CALL, False)
    first.reload()
    first.close()
    assert module_lines_missed() == [5, 10], "what ran before the reload counts"
    second = context.new_page()
    second.goto("/watched/")
    with context.expect_page() as opened:
        second.evaluate("() => void open('/watched/')")
    opened.value.wait_for_load_state()
    opened.value.evaluate(CALL, True)
    context.close()
    assert module_lines_missed() == [10], "pages and popups add up, and closing the context reads them"


@pytest.mark.only_browser("chromium")
def test_a_module_served_in_another_version_is_left_out(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    dumps, sdk = tmp_path / "dumps", tmp_path / "sdk"
    dumps.mkdir()
    sdk.mkdir()
    context = new_context()
    serve_module(context, sdk)
    count_pages(context, JsCoverage(dumps))
    page = context.new_page()
    page.goto("/watched/")
    page.evaluate(CALL, True)
    context.close()
    (sdk / "module.js").write_text(MODULE + "// longer\n", encoding="utf-8")
    assert next(file for file in merge(dumps, sdk) if file.file == "module.js").hit == frozenset()
