"""Each fault of the wire, in a real tab: the wire's receipt, and what the page saw of it."""

from __future__ import annotations

import pytest

from e2e.driver.conftest import Played, Stage
from syncbed.run.probes import WIRE, wire_probe
from syncbed.trace import Fault, Lifted, Ok, Record, State


@pytest.fixture(scope="module")
def probed(stage: Stage) -> Played:
    """Every fault of the wire once, in one run."""
    return stage.play(wire_probe())


@pytest.mark.parametrize("fault", [name.replace("_", "-") for name in WIRE])
def test_it_leaves_a_receipt(probed: Played, fault: str) -> None:
    assert probed.receipts()[fault]


@pytest.mark.parametrize(
    ("fault", "seen"), [("cut", "lost (1006)"), ("close", "lost (1012)"), ("offline", "lost (1006)")]
)
def test_the_page_saw_its_socket_end(probed: Played, fault: str, seen: str) -> None:
    states = since(probed, fault)
    assert next(record.what for record in states if record.what.state == "reconnecting").reason == seen


def test_a_refused_page_does_not_connect_before_the_rule_is_gone(probed: Played) -> None:
    lifted = next(record for record in probed.trace.all(Lifted) if record.what.fault == "offline")
    connected = next(r for r in since(probed, "offline") if r.what.state == "connected")
    assert probed.trace.before(lifted, connected)


@pytest.mark.parametrize("fault", ["delay", "throttle", "http_status", "answer_lost", "duplicate_request"])
def test_a_write_gets_through_all_the_same(probed: Played, fault: str) -> None:
    op = next(o for o in probed.trace.ops.values() if o.invoke.what.key == fault)
    assert op.end is not None
    assert isinstance(op.end.what, Ok)


def since(played: Played, fault: str) -> list[Record[State]]:
    """The tab's states since a fault began."""
    began = next(record for record in played.trace.all(Fault) if record.what.fault == fault)
    return [record for record in played.trace.all(State) if record.i > began.i]
