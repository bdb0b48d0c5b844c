"""What a judge may ask of a trace."""

from __future__ import annotations

from syncbed.trace import (
    KINDS,
    Event,
    Fail,
    Header,
    Info,
    Invoke,
    Note,
    Ok,
    Record,
    TabLife,
    TraceWriter,
    View,
    document_of,
    mark,
    tell,
    token_in,
)
from tests.trace.test_file import example


def writer() -> TraceWriter:
    return TraceWriter(None, Header())


def test_an_op_that_never_ended_may_have_happened() -> None:
    log = writer()
    log.write("driver", Invoke("o1", "alice/1", "put"), at_ms=1)
    op = log.trace().ops["o1"]
    assert (op.end, op.status) == (None, "info")


def test_a_definite_end_counts_more_than_an_indefinite_one() -> None:
    log = writer()
    for op in ("o1", "o2"):
        log.write("driver", Invoke(op, "alice/1", "put"), at_ms=1)
        log.write("driver", Info(op, "reload"), at_ms=2)
    log.write("driver", Ok("o1"), at_ms=3)
    log.write("driver", Fail("o2"), at_ms=3)
    assert [log.trace().ops[op].status for op in ("o1", "o2")] == ["ok", "fail"]


def test_the_tabs_at_the_end_are_those_that_were_neither_closed_nor_crashed() -> None:
    log = writer()
    for tab in ("alice/1", "alice/2", "bob/1"):
        log.write("driver", TabLife(tab, "opened", document_of(tab)), at_ms=1)
    log.write("driver", TabLife("alice/2", "closed"), at_ms=2)
    log.write("driver", TabLife("bob/1", "crashed"), at_ms=2)
    assert log.trace().open_tabs() == ["alice/1"]


def test_the_final_view_is_the_last_of_the_last_document() -> None:
    log = writer()
    log.write("driver", TabLife("alice/1", "opened", document_of("alice/1")), at_ms=1)
    log.write("tab alice/1", View("alice/1", ("old",)), at_ms=2)
    log.write("driver", TabLife("alice/1", "reloaded", document_of("alice/1", 2)), at_ms=3)
    assert log.trace().final_view("alice/1") is None, "the new document has shown nothing yet"
    shown = log.write("tab alice/1#2", View("alice/1", ("new",)), at_ms=4)
    # A last word of the old document may come late.
    log.write("tab alice/1", View("alice/1", ("late",)), at_ms=5)
    assert log.trace().final_view("alice/1") == shown


def test_a_frozen_tab_keeps_its_document() -> None:
    log = writer()
    log.write("driver", TabLife("alice/1", "opened", document_of("alice/1")), at_ms=1)
    log.write("driver", TabLife("alice/1", "frozen"), at_ms=2)
    assert log.trace().tabs["alice/1"] == TabLife("alice/1", "frozen", "tab alice/1")


def test_reports_that_were_lost_on_the_way_are_named() -> None:
    log = writer()
    for n in (1, 2, 5):
        log.write("tab alice/1", Note("x"), at_ms=n, n=n)
    assert log.trace().gaps() == ["tab alice/1: record 3 to 4 is missing before line 4"]


def test_a_source_that_does_not_count_is_counted() -> None:
    log = writer()
    for _ in range(3):
        log.write("wire", Note("x"), at_ms=1)
    assert log.trace().gaps() == []


def test_documents_are_known_by_what_they_say() -> None:
    log = writer()
    log.write("tab bob/1#3", Event("bob/1", "orders", "created"), at_ms=1)
    assert log.trace().documents == {"tab bob/1#3": "bob/1"}


def test_a_token_is_found_at_the_end_of_a_title_and_nowhere_else() -> None:
    assert token_in({"title": mark("flat white", "o7")}) == "o7"
    assert token_in({"title": "issue #7 of many"}) == ""
    assert token_in({"text": "flat white #o7"}) == ""
    assert token_in(None) == token_in("x #o7") == token_in({"title": None}) == ""


def test_every_kind_can_be_told_in_words() -> None:
    for name, cls in KINDS.items():
        told = tell(Record(0, "driver", 1, 0.0, example(cls)))
        assert told, name
        assert not told.endswith("."), name
        assert "\n" not in told, name
