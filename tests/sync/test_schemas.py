"""Every refusal names its field."""

from __future__ import annotations

from typing import Any

import pytest

from server.errors import INVALID_FIELD, SyncbedError
from server.sync.schemas import check_fields


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "title"),
        ({"done": True}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"title": None}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"title": "tea", "done": "yes"}, "done"),
        ({"title": "tea", "done": 1}, "done"),
        ({"title": "tea", "id": "a"}, "id"),
        ({"title": "tea", "version": 7}, "version"),
        ({"title": "tea", "\ud800": 1}, "body"),
    ],
)
def test_a_bad_field_of_an_order_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(SyncbedError) as refused:
        check_fields("orders", fields, whole=True)
    assert refused.value.kind is INVALID_FIELD
    assert refused.value.field == named
    assert named in refused.value.message


@pytest.mark.parametrize("title", ["x", "x" * 200, "ü" * 200])
def test_a_new_order_gets_the_defaults(title: str) -> None:
    assert check_fields("orders", {"title": title}, whole=True) == {"title": title, "done": False}


def test_an_update_may_hold_any_part_and_gets_no_defaults() -> None:
    assert check_fields("orders", {"done": True}, whole=False) == {"done": True}
    assert check_fields("orders", {}, whole=False) == {}


def test_an_order_may_have_fields_of_its_own() -> None:
    fields = {"title": "tea", "done": True, "tags": [], "note": None}
    assert check_fields("orders", fields, whole=True) == fields


@pytest.mark.parametrize("fields", [{}, {"title": 5}, {"\ud800": "\udfff"}, {"deep": {"er": [1.5, None]}}])
def test_any_other_collection_takes_any_object(fields: dict[str, Any]) -> None:
    assert check_fields("things", fields, whole=True) == fields


@pytest.mark.parametrize("reserved", ["id", "version"])
def test_but_for_what_is_the_servers_to_set(reserved: str) -> None:
    with pytest.raises(SyncbedError) as refused:
        check_fields("things", {reserved: 1}, whole=False)
    assert refused.value.field == reserved
