"""One lab for the tests of this folder, a page and a fresh world for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from e2e.lab.lab import LabPage, LabProcess

VIEWPORT = {"width": 1280, "height": 860}


@pytest.fixture(scope="session")
def lab_process() -> Iterator[LabProcess]:
    with LabProcess() as process:
        yield process


@pytest.fixture
def open_lab(new_context: Callable[..., BrowserContext], lab_process: LabProcess) -> Callable[..., LabPage]:
    """Opens the lab's page in a browser of its own, as somebody who has seen it before."""

    def open_page(**options: object) -> LabPage:
        context = new_context(viewport=VIEWPORT, **options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page: Page = context.new_page()
        page.goto(lab_process.url)
        lab = LabPage(page)
        if page.locator("#first-visit").is_visible():
            page.get_by_role("button", name="got it").click()
        return lab

    return open_page


@pytest.fixture
def lab(open_lab: Callable[..., LabPage]) -> LabPage:
    lab = open_lab()
    lab.fresh()
    return lab
