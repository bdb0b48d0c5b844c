"""docs/sdk.md is right: it names all that the SDK offers and nothing else, and its examples run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from e2e.conftest import PageProblems
from e2e.sdk_api import Api, of_code, of_page

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "sdk.md").read_text("utf-8")
SDK = ROOT / "static" / "sdk"
EXAMPLES = {
    f"{section.splitlines()[0]} {number}": example
    for section in GUIDE.split("\n## ")
    for number, example in enumerate(re.findall(r"```js\n(.*?)```", section, re.DOTALL), 1)
}
LINES_MAX = 16
THE_END = "the end"


def differences(code: Api, page: Api) -> list[str]:
    """What the page lacks, and what it has invented."""
    lacks = [f"lacks {place}: {name}" for place in code for name in code[place] - page.get(place, set())]
    asked = [place for place in page if place in code]
    return sorted(
        [*lacks, *(f"invents {place}: {name}" for place in asked for name in page[place] - code[place])]
    )


@pytest.fixture
def code(page: Page) -> Api:
    page.goto("/health")
    return of_code(page, SDK)


def test_the_guide_names_what_the_sdk_has_and_nothing_else(code: Api) -> None:
    assert sum(map(len, code.values())) > 80
    assert "\n".join(differences(code, of_page(GUIDE))) == ""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda text: re.sub(r"\| `connect\(\)` .*\n", "", text, count=1),
            "lacks The client: member: connect",
        ),
        (
            lambda text: text.replace("| `refetch()`", "| `reload()`"),
            "invents The collection: member: reload",
        ),
        (
            lambda text: text.replace("| `connectTimeout`", "| `timeout`"),
            "lacks The client: option: connectTimeout",
        ),
        (lambda text: text.replace("| `onResync", "| `onLoss"), "invents The client: hook: onLoss"),
    ],
    ids=["a method", "an invention", "an option", "an event"],
)
def test_a_guide_that_lacks_or_invents_one_is_told(
    code: Api, change: Callable[[str], str], told: str
) -> None:
    assert told in differences(code, of_page(change(GUIDE)))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_an_example_runs_as_it_stands(page: Page, page_problems: PageProblems, example: str) -> None:
    """What it logs is what its comments say, `// → text`, in their order."""
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text) if message.type == "log" else None)
    page.goto("/health")
    said = re.findall(r"// → (.+)", example)
    with page.expect_console_message(lambda message: message.text == THE_END):
        page.add_script_tag(content=f"{example}\nconsole.log('{THE_END}');", type="module")
    assert logged == [*said, THE_END]


def test_an_example_is_short() -> None:
    assert len(EXAMPLES) >= 6
    assert [name for name, example in EXAMPLES.items() if len(example.splitlines()) > LINES_MAX] == []
