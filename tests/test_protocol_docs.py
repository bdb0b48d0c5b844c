"""The tables on docs/protocol.md and docs/configuration.md are those that the server uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.protocol_docs import PAGES, TABLES, all_closes, written
from server.endpoints.vitals import EXPIRED
from server.guard.admission import FULL


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_of_the_code(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == written(text), "run python -m scripts.protocol_docs"


@pytest.mark.parametrize("name", TABLES)
def test_each_table_stands_on_one_page_once(name: str) -> None:
    assert sum(page.read_text("utf-8").count(f"<!-- table: {name} -->") for page in PAGES) == 1


def test_a_table_that_was_edited_by_hand_is_noticed() -> None:
    page = written("# A page\n\n<!-- table: metrics -->\n<!-- end -->\n")
    edited = page.replace("Connected clients", "connected clients")
    assert written(page) == page != edited
    assert written(edited) == page


def test_a_table_that_there_is_not_is_named() -> None:
    with pytest.raises(KeyError, match="no such"):
        written("<!-- table: no such -->\n<!-- end -->\n")


def test_every_close_is_found_wherever_it_is_made() -> None:
    assert {FULL, EXPIRED} < all_closes()


def test_each_dialect_has_a_section() -> None:
    text = PAGES[0].read_text("utf-8")
    named = {name.removesuffix(" frames") for name in TABLES if name.endswith(" frames")}
    assert named == set(re.findall(r"^## `(\w+)`", text, re.M))
