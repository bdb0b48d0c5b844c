"""The SDK's own tests: each `test('...')` in `e2e/js/*.test.js`, run in a frame of the server's origin.

The modules under test are the server's; only the test files and the vectors come from the disk. A frame of
its own gives each test a fresh global object, for less than a page costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from e2e.conftest import PageProblems, count_pages
from e2e.js_coverage import JsCoverage

FOLDER = Path(__file__).parent / "js"
VECTORS = FOLDER.parents[1] / "tests" / "vectors"
NAME = re.compile(r"""^test\((?P<quote>['"`])(?P<name>.*?)(?P=quote),""", re.MULTILINE)
RUN = """async ([file, name]) => {
    const frame = document.createElement('iframe');
    frame.src = '/health';
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    const inside = frame.contentWindow.eval('(address) => import(address)');
    await inside(`/e2e/js/${file}`);
    const failure = await (await inside('/e2e/js/harness.js')).run(name);
    frame.remove();
    return failure;
}"""


def cases() -> list[tuple[str, str]]:
    return [
        (path.name, match["name"])
        for path in sorted(FOLDER.glob("*.test.js"))
        for match in NAME.finditer(path.read_text(encoding="utf-8"))
    ]


def serve_test_file(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    if name.endswith(".json"):
        route.fulfill(path=VECTORS / name, content_type="application/json")
    else:
        route.fulfill(path=FOLDER / name, content_type="text/javascript")


@pytest.fixture(scope="module")
def problems() -> PageProblems:
    return PageProblems()


@pytest.fixture(scope="module")
def shared_page(
    browser: Browser, base_url: str, problems: PageProblems, js_coverage: JsCoverage | None
) -> Iterator[Page]:
    context = browser.new_context(base_url=base_url)
    problems.watch(context)
    if js_coverage is not None:
        count_pages(context, js_coverage)
    page = context.new_page()
    page.route("**/e2e/js/*", serve_test_file)
    # A document that the route itself made has no address, and Chromium then takes it for a public page
    # that may not open a socket to a local one.
    page.goto("/health")
    yield page
    context.close()


@pytest.mark.parametrize(("file", "name"), [pytest.param(*case, id="-".join(case)) for case in cases()])
def test_js(shared_page: Page, problems: PageProblems, file: str, name: str) -> None:
    before = len(problems.found())
    failure = shared_page.evaluate(RUN, [file, name])
    assert failure is None, f"{file}: {name}\n{failure}"
    assert problems.found()[before:] == []


def test_every_js_test_is_collected() -> None:
    """A `test(` that is indented, or whose name is put together, would silently never run."""
    for path in FOLDER.glob("*.test.js"):
        text = path.read_text(encoding="utf-8")
        assert len(NAME.findall(text)) == len(re.findall(r"^\s*test\(", text, re.MULTILINE)), path.name
