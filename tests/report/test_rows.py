"""Rows: one form for the report's page and the lab's, in one time."""

from __future__ import annotations

from syncbed.report.rows import Rows, rows
from syncbed.trace import Clock, Header, Kind, Note, Record, State


def record(i: int, source: str, at_ms: float, what: Kind) -> Record[Kind]:
    return Record(i, source, 1, at_ms, what)


HEADER = record(0, "driver", 0.0, Header(scenario="s"))
STATE = State("alice/1", "connected")


def test_a_row_has_the_place_the_time_the_source_the_kind_the_words_and_the_rest() -> None:
    made = Rows().row(record(7, "tab alice/1", 12.0, STATE))
    assert made == [
        7,
        12.0,
        "tab alice/1",
        "state",
        "alice/1 became connected",
        {"n": 1, "tab": "alice/1", "state": "connected"},
    ]


def test_every_row_tells_the_beds_time() -> None:
    story = [
        HEADER,
        record(1, "driver", 5.0, Clock("tab alice/1", offset_ms=1000.0)),
        record(2, "tab alice/1", 12.0, STATE),
        record(3, "driver", 1013.0, Note("then")),
    ]
    live = Rows()
    assert [live.row(each)[1] for each in story] == [0.0, 5.0, 1012.0, 1013.0]
    assert rows(story)[2][1] == 1012.0


def test_a_source_that_spoke_before_its_clock_was_read_is_put_right_at_the_end() -> None:
    story = [
        HEADER,
        record(1, "wire", 12.0, Note("listener_opened")),
        record(2, "driver", 5.0, Clock("wire", offset_ms=-10.0)),
    ]
    assert rows(story)[1][1] == 2.0


def test_a_clock_that_is_read_again_holds_from_there_on() -> None:
    story = [
        HEADER,
        record(1, "driver", 1.0, Clock("tab alice/1", offset_ms=100.0)),
        record(2, "tab alice/1", 1.0, STATE),
        record(3, "driver", 2.0, Clock("tab alice/1", offset_ms=200.0)),
        record(4, "tab alice/1", 2.0, STATE),
    ]
    assert [row[1] for row in rows(story)] == [0.0, 1.0, 101.0, 2.0, 202.0]
