"""What the lab offers: faults that the wire takes as they are, cards that say what a pane cannot."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.drivers import cannot
from syncbed.lab.labels import label
from syncbed.lab.offers import fault_title, faults, group_of, hello, refused
from syncbed.scenario import gallery, load
from syncbed.wire.message import Message
from syncbed.wire.rules import rule_from_json


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault["id"])
@pytest.mark.parametrize("whose", [{}, {"profile": "alice"}])
def test_every_fault_is_a_rule_once_it_is_said_whom_it_hits(
    fault: dict[str, Any], whose: dict[str, str]
) -> None:
    rule = {**fault["rule"], "id": "x", "match": {**fault["rule"]["match"], **whose}}
    assert fault_title(rule_from_json(rule).to_json()).startswith(fault["title"])


def test_a_rule_that_was_not_offered_is_called_by_its_kind() -> None:
    rule = {"match": {"profile": "bob", "tab": "2"}, "fault": {"kind": "slow_handshake"}}
    assert fault_title(rule) == "slow handshake, bob/2"


def test_a_card_says_what_a_pane_cannot_do_and_why() -> None:
    frozen = load("frozen-tab-returns")
    [reason] = refused(frozen, cannot.PANES)
    assert reason.startswith("freeze: ")
    assert refused(load("multi-tab"), cannot.PANES) == []


def test_the_first_message_holds_the_whole_gallery() -> None:
    told = hello(cannot.PANES)
    assert [card["name"] for card in told["gallery"]] == list(gallery())
    assert {card["group"] for card in told["gallery"]} >= {"Planted bugs", "Servers and Redis", "Tabs"}
    assert {bug["name"] for bug in told["zoo"]} >= {"resend-as-new"}
    assert all(": " in words for words in told["wire_strips"])


def test_a_planted_bug_is_the_group_of_its_scenario() -> None:
    assert group_of(load("the-order-is-there-twice")) == "Planted bugs"


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (
            {"stage": "request", "direction": "up", "method": "POST", "path": "/api/o", "mutation": "7"},
            "POST m7",
        ),
        ({"stage": "request", "direction": "up", "method": "GET", "path": "/api/o"}, "GET /api/o"),
        ({"stage": "response", "direction": "down", "status": 201, "mutation": "7"}, "201 Created m7"),
        ({"stage": "response", "direction": "down", "status": 799}, "799"),
        (
            {
                "stage": "frame",
                "direction": "down",
                "payload": '{"channel":"o","event":"created","offset":13}',
            },
            "created 13",
        ),
        ({"stage": "frame", "direction": "down", "payload": '{"type":"ping"}'}, "ping"),
        ({"stage": "frame", "direction": "down", "payload": "no json", "frame": 3}, "text 7 B"),
        ({"stage": "frame", "direction": "down", "payload": b"\xff", "frame": 4}, "binary 1 B"),
        ({"stage": "frame", "direction": "up", "payload": "[1]", "frame": 5}, "text 3 B"),
    ],
)
def test_a_message_in_flight_is_called_in_a_few_words(about: dict[str, Any], expected: str) -> None:
    assert label(Message(profile="alice", **about)) == expected


def test_what_becomes_of_absolute_addresses_and_service_workers_is_told() -> None:
    told = " ".join(hello(cannot.PANES)["wire_strips"])
    for words in ("service workers: refused", "absolute addresses: ", "goes past the wire"):
        assert words in told
