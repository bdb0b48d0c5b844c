"""Order is claimed within a source, along a message, and between clocks that do not overlap; never else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncbed.trace import Clock, Header, Invoke, Kind, Note, Ok, Record, TabMessage, TraceWriter


def writer() -> TraceWriter:
    return TraceWriter(None, Header())


def test_a_source_orders_its_own_records_whatever_its_clock_says() -> None:
    log = writer()
    a = log.write("tab alice/1", Note("a"), at_ms=100)
    b = log.write("tab alice/1", Note("b"), at_ms=50)
    assert log.trace().before(a, b) is True
    assert log.trace().before(b, a) is False
    assert log.trace().before(a, a) is False


def test_nothing_is_claimed_between_sources_without_clocks() -> None:
    log = writer()
    a = log.write("tab alice/1", Note("a"), at_ms=1)
    b = log.write("tab bob/1", Note("b"), at_ms=1000)
    assert log.trace().before(a, b) is None
    assert log.trace().before(b, a) is None


def test_a_message_between_tabs_orders_what_surrounds_it() -> None:
    log = writer()
    before = log.write("tab alice/1", Note("before"), at_ms=1)
    # The receiver's report may reach the file first.
    received = log.write("tab alice/2", TabMessage("alice/2", "received", "m1"), at_ms=1)
    after = log.write("tab alice/2", Note("after"), at_ms=2)
    sent = log.write("tab alice/1", TabMessage("alice/1", "sent", "m1"), at_ms=2)
    later = log.write("tab alice/1", Note("later"), at_ms=3)
    trace = log.trace()
    assert trace.before(before, after) is True
    assert trace.before(sent, received) is True
    assert trace.before(received, before) is False
    assert trace.before(later, after) is None


def test_an_op_is_invoked_before_it_ends() -> None:
    log = writer()
    invoke = log.write("driver", Invoke("o1", "alice/1", "put"), at_ms=1)
    end = log.write("tab alice/1", Ok("o1"), at_ms=900)
    assert log.trace().before(invoke, end) is True


def test_clocks_order_what_lies_further_apart_than_their_error() -> None:
    log = writer()
    log.write("driver", Clock("driver"), at_ms=0)
    log.write("driver", Clock("tab alice/1", offset_ms=1000, error_ms=5), at_ms=0)
    a = log.write("driver", Note("a"), at_ms=1100)
    near = log.write("tab alice/1", Note("near"), at_ms=104)
    far = log.write("tab alice/1", Note("far"), at_ms=106)
    within = log.write("driver", Note("within"), at_ms=1109)
    trace = log.trace()
    assert trace.before(near, within) is None, "it may have been as late as 1109"
    assert trace.before(a, near) is None
    assert trace.before(a, far) is True
    assert trace.before(far, a) is False


def test_a_clock_that_is_measured_again_counts_from_there() -> None:
    log = writer()
    log.write("driver", Clock("driver"), at_ms=0)
    log.write("driver", Clock("tab alice/1"), at_ms=0)
    a = log.write("tab alice/1", Note("a"), at_ms=10)
    log.write("driver", Clock("tab alice/1", offset_ms=500), at_ms=20)
    b = log.write("tab alice/1", Note("b"), at_ms=10)
    between = log.write("driver", Note("between"), at_ms=300)
    trace = log.trace()
    assert trace.before(a, between) is True
    assert trace.before(between, b) is True


def test_a_report_that_contradicts_itself_claims_no_more_than_its_sources_know() -> None:
    log = writer()
    first = log.write("tab alice/1", TabMessage("alice/1", "received", "m1"), at_ms=1)
    second = log.write("tab alice/1", TabMessage("alice/1", "sent", "m1"), at_ms=2)
    other = log.write("tab bob/1", Note("other"), at_ms=1)
    assert log.trace().before(first, other) is None
    assert log.trace().before(other, second) is None


SOURCES = ("driver", "tab alice/1", "tab alice/2", "tab bob/1")


@given(
    st.lists(
        st.tuples(st.sampled_from(SOURCES), st.sampled_from(("note", "sent", "received")), st.integers(0, 3)),
        max_size=25,
    )
)
def test_before_is_never_claimed_both_ways_and_is_transitive(said: list[tuple[str, str, int]]) -> None:
    log = writer()
    records: list[Record[Kind]] = []
    sent: set[int] = set()
    for at, (source, does, message) in enumerate(said):
        what: Kind = Note("x")
        if does == "sent" and message not in sent:
            sent.add(message)
            what = TabMessage(source, "sent", f"m{message}")
        elif does == "received" and message in sent:
            what = TabMessage(source, "received", f"m{message}")
        records.append(log.write(source, what, at_ms=at))
    trace = log.trace()
    claimed = {(a.i, b.i) for a in records for b in records if trace.before(a, b) is True}
    assert all((b, a) not in claimed for a, b in claimed)
    assert all((a, d) in claimed for a, b in claimed for c, d in claimed if b == c)
