"""The SDK's own tests: each `test('...')` in `e2e/js/*.test.js`, run in a page of the server's origin.

The modules under test are the server's; only the test files come from the disk.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

FOLDER = Path(__file__).parent / "js"
NAME = re.compile(r"""^test\((?P<quote>['"`])(?P<name>.*?)(?P=quote),""", re.MULTILINE)
RUN = "async ([file, name]) => { await import(file); return (await import('/e2e/js/harness.js')).run(name); }"


def cases() -> list[tuple[str, str]]:
    return [
        (path.name, match["name"])
        for path in sorted(FOLDER.glob("*.test.js"))
        for match in NAME.finditer(path.read_text(encoding="utf-8"))
    ]


def serve_test_file(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    route.fulfill(path=FOLDER / name, content_type="text/javascript")


@pytest.mark.parametrize(("file", "name"), [pytest.param(*case, id="-".join(case)) for case in cases()])
def test_js(page: Page, file: str, name: str) -> None:
    page.route("**/e2e/js/*", serve_test_file)
    # A document that the route itself made has no address, and Chromium then takes it for a public page
    # that may not open a socket to a local one.
    page.goto("/health")
    failure = page.evaluate(RUN, [f"/e2e/js/{file}", name])
    assert failure is None, f"{file}: {name}\n{failure}"


def test_every_js_test_is_collected() -> None:
    """A `test(` that is indented, or whose name is put together, would silently never run."""
    for path in FOLDER.glob("*.test.js"):
        text = path.read_text(encoding="utf-8")
        assert len(NAME.findall(text)) == len(re.findall(r"^\s*test\(", text, re.MULTILINE)), path.name
