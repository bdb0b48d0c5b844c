"""What a test may do to one client, and what is forgotten afterwards."""

from __future__ import annotations

from server.guard.client_faults import NO_FAULTS, ClientFaults, Faults


def test_a_client_that_nobody_has_named_has_no_faults() -> None:
    faults = ClientFaults(10)
    assert faults.of("alice") == NO_FAULTS
    assert faults.of(None) == NO_FAULTS


def test_a_fault_concerns_its_own_client_alone() -> None:
    faults = ClientFaults(10)
    faults.set("alice", Faults(delay_ms=300))
    assert faults.of("alice").delay_ms == 300
    assert faults.of("bob") == NO_FAULTS
    faults.set("alice", NO_FAULTS)
    assert faults.of("alice") == NO_FAULTS


def test_a_cut_aborts_all_that_the_client_has_open_and_only_that() -> None:
    faults, aborted = ClientFaults(10), []
    faults.opened("alice", lambda: aborted.append("socket"))
    faults.opened("alice", lambda: aborted.append("request"))
    faults.opened("bob", lambda: aborted.append("bob's"))
    assert faults.cut("alice") == 2
    assert sorted(aborted) == ["request", "socket"]
    assert faults.cut("alice") == 0
    assert faults.cut("nobody") == 0


def test_what_was_closed_is_not_aborted() -> None:
    faults, aborted = ClientFaults(10), []

    def abort() -> None:
        aborted.append("socket")

    faults.opened("alice", abort)
    faults.closed("alice", abort)
    faults.closed("nobody", abort)
    assert faults.cut("alice") == 0
    assert aborted == []


def test_going_offline_aborts_what_lives() -> None:
    faults, aborted = ClientFaults(10), []
    faults.opened("alice", lambda: aborted.append("socket"))
    faults.set("alice", Faults(offline=True))
    assert aborted == ["socket"]
    assert faults.of("alice").offline


def test_one_write_is_refused_and_the_other_faults_stay() -> None:
    faults = ClientFaults(10)
    faults.set("alice", Faults(delay_ms=300, refuse_next=True))
    assert not faults.take_refusal("bob")
    assert not faults.take_refusal(None)
    assert faults.take_refusal("alice")
    assert not faults.take_refusal("alice")
    assert faults.of("alice") == Faults(delay_ms=300)


def test_the_longest_unused_are_forgotten_but_nobody_who_is_connected() -> None:
    faults, aborted = ClientFaults(3), []
    faults.opened("connected", lambda: aborted.append("socket"))
    for n in range(5):
        faults.set(f"c{n}", Faults(delay_ms=n + 1))
    known = [n for n in range(5) if faults.of(f"c{n}") != NO_FAULTS]
    assert known == [3, 4]
    assert faults.cut("connected") == 1
