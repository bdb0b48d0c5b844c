"""A real lab as a process, and a page that looks at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from integration.lab.client import LabProcess, Page


@pytest.fixture(scope="module")
def lab() -> Iterator[LabProcess]:
    """The demo's lab: its world begins without tabs, so that no page has to be there to show one."""
    with LabProcess("demo", "--port", "0") as lab:
        yield lab


@pytest.fixture
async def lab_page(lab: LabProcess) -> AsyncIterator[Page]:
    """The first page, on a fresh world."""
    async with Page(lab.live()) as page:
        await page.does("load", scenario="lab")
        await page.until(lambda: page.state["servers"] != [] and not page.state["busy"])
        yield page
