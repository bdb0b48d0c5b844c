"""What befalls tabs, storage, clocks and servers in the middle of writing: nothing lost, nothing doubled."""

from __future__ import annotations

import pytest

from e2e.driver.conftest import Stage
from e2e.engine.story import CONVERGED, Step, is_connected, is_ok, play, put, rule, shows, shows_once
from syncbed.scenario import load

POSTS = {"profile": "alice", "stage": "request", "method": "POST"}
ANSWERS = {"profile": "alice", "stage": "response", "method": "POST"}
EVERYBODY = ("alice/2", "bob/1")


def seen(times: int, op: str, tabs: tuple[str, ...] = EVERYBODY) -> list[Step]:
    return [shows_once(tab, f"{op}-{n}") for tab in tabs for n in (1, times)]


@pytest.mark.parametrize("match", [POSTS, ANSWERS], ids=["request", "answer"])
@pytest.mark.parametrize("how", ["crash", "close", "reload"])
def test_a_leader_that_goes_in_mid_push_is_followed(stage: Stage, how: str, match: dict[str, str]) -> None:
    """One write is on its way, others wait, some of them made by the tab that stays."""
    steps = [
        rule("slow", match, {"kind": "delay", "delay_ms": 2000}, limit=1),
        put("alice/1", "mine", "mine", times=3),
        put("alice/2", "theirs", "theirs", times=3),
        {
            "do": "wait",
            "for": {"is": "frame", "message": "alice/1 POST /api/orders mutation 1 *", "did": "seen"},
        },
        {"do": how, "tab": "alice/1"},
        shows("bob/1", "theirs-3"),
        CONVERGED,
        *seen(3, "mine"),
        *seen(3, "theirs"),
    ]
    is_ok(play(stage, steps, needs=["delay", how]))


def test_a_leader_that_is_frozen_for_ten_seconds_is_replaced_and_returns(stage: Stage) -> None:
    """It keeps its lock while it is frozen, with a write of its own on the way."""
    steps = [
        rule("slow", POSTS, {"kind": "delay", "delay_ms": 12_000}, limit=1),
        put("alice/1", "mine", "mine", times=2),
        {
            "do": "wait",
            "for": {"is": "frame", "message": "alice/1 POST /api/orders mutation 1 *", "did": "seen"},
        },
        {"do": "freeze", "tab": "alice/1"},
        put("alice/2", "theirs", "theirs", times=2),
        shows("bob/1", "theirs-2", 8000),
        {"do": "expect", "that": {"is": "sockets_at_most", "on": "alice", "n": 2, "for_ms": 10_000}},
        {"do": "thaw", "tab": "alice/1"},
        is_connected("alice/1"),
        put("alice/1", "again", "again"),
        shows("bob/1", "again"),
        CONVERGED,
        *seen(2, "mine", ("alice/1", *EVERYBODY)),
        *seen(2, "theirs", ("alice/1", *EVERYBODY)),
    ]
    is_ok(play(stage, steps, needs=["delay", "freeze"]))


def test_after_storage_was_wiped_a_profile_goes_on_as_another_client(stage: Stage) -> None:
    steps = [
        put("alice/1", "before", "before", until="server"),
        {"do": "settle"},
        {"do": "wipe_storage", "profile": "alice"},
        put("alice/2", "after", "after", until="server", within_ms=10_000),
        put("alice/1", "later", "later", until="server", within_ms=10_000),
        {"do": "reload", "tab": "alice/1"},
        is_connected("alice/1"),
        put("bob/1", "last", "last", until="server"),
        *(shows(tab, "last") for tab in ("alice/1", "alice/2")),
        CONVERGED,
        *(shows_once(tab, op) for tab in ("alice/1", *EVERYBODY) for op in ("before", "after", "later")),
    ]
    is_ok(play(stage, steps, needs=["wipe_storage", "reload"]))


@pytest.mark.parametrize("by_ms", [3_600_000, -3_600_000], ids=["ahead", "back"])
def test_a_clock_that_jumps_by_an_hour_changes_nothing(stage: Stage, by_ms: int) -> None:
    """A link that dies after it is noticed all the same, and what was written is sent."""
    steps = [
        {"do": "clock_jump", "tab": "alice/1", "by_ms": by_ms},
        put("alice/2", "one", "one", until="server"),
        {"do": "fault", "id": "dead", "on": "alice", "fault": {"kind": "half_open"}},
        put("bob/1", "two", "two", until="server"),
        {
            "do": "expect",
            "that": {"is": "state_is", "tab": "alice/1", "state": "reconnecting", "within_ms": 9000},
        },
        {"do": "heal"},
        *(shows(tab, "two") for tab in ("alice/1", "alice/2")),
        CONVERGED,
    ]
    is_ok(play(stage, steps, needs=["clock_jump", "half_open"]))


def test_an_answer_that_comes_after_its_timeout_changes_nothing(stage: Stage) -> None:
    """Its event is late, too: nothing but the repeat can tell the tab what became of it."""
    frames = {"profile": "alice", "kind": "ws", "direction": "down"}
    steps = [
        rule("late", ANSWERS, {"kind": "delay", "delay_ms": 12_000}, limit=1),
        rule("late-events", frames, {"kind": "delay", "delay_ms": 14_000}),
        put("alice/2", "one", "one", until="server", within_ms=25_000),
        {"do": "heal"},
        CONVERGED,
        *(shows_once(tab, "one") for tab in ("alice/1", *EVERYBODY)),
    ]
    is_ok(play(stage, steps, needs=["delay"]))


def test_both_profiles_edit_offline_in_two_tabs_and_agree(stage: Stage) -> None:
    offline = [
        {"do": "fault", "id": f"{who}-offline", "on": who, "fault": {"kind": "offline"}}
        for who in ("alice", "bob")
    ]
    steps = [
        put("alice/1", "shared", "shared", until="server"),
        shows("bob/1", "shared"),
        *offline,
        {"do": "wait", "for": {"is": "state", "tab": "alice/2", "state": "reconnecting"}},
        {"do": "wait", "for": {"is": "state", "tab": "bob/1", "state": "reconnecting"}},
        put("alice/2", "shared", "edit-of-alice"),
        put("bob/1", "shared", "edit-of-bob"),
        put("alice/1", "new-of-alice", "new-of-alice", times=3),
        put("bob/1", "new-of-bob", "new-of-bob", times=3),
        {"do": "heal"},
        CONVERGED,
        *(
            shows_once(tab, op)
            for tab in ("alice/1", *EVERYBODY)
            for op in ("new-of-alice-3", "new-of-bob-3")
        ),
    ]
    is_ok(play(stage, steps, needs=["offline"]))


def test_a_server_that_is_killed_under_load_loses_and_doubles_nothing(stage: Stage) -> None:
    burst = [
        put(tab, tab.replace("/", "-"), tab.replace("/", "-"), times=15)
        for tab in ("alice/1", "alice/2", "bob/1")
    ]
    again = [{"do": does, "instance": "a"} for does in ("kill_server", "start_server")]
    answered = {"is": "frame", "message": "alice/1 POST /api/orders mutation 5 *down", "did": "delivered"}
    steps = [
        *burst,
        {"do": "wait", "for": answered},
        *again,
        {"do": "expect", "that": {"is": "converged", "within_ms": 30_000}},
        *(shows_once("bob/1", f"{each['id']}-{n}") for each in burst for n in (1, 15)),
    ]
    world = {"broker": "redis", "instances": 1}
    is_ok(play(stage, steps, needs=["kill_server"], world=world))


@pytest.mark.parametrize("data", ["kept", "lost"])
def test_redis_restarts_while_tabs_write(stage: Stage, data: str) -> None:
    burst = [put(tab, tab.replace("/", "-"), tab.replace("/", "-"), times=10) for tab in ("alice/2", "bob/1")]
    steps = [
        *burst,
        {"do": "restart_redis", "data": data},
        put("alice/1", "after", "after", until="server", within_ms=20_000),
        {"do": "expect", "that": {"is": "converged", "within_ms": 30_000}},
        *(shows_once(tab, "after") for tab in ("alice/1", *EVERYBODY)),
    ]
    world = {"broker": "redis", "instances": 1, "append_only": data == "kept"}
    is_ok(play(stage, steps, needs=["restart_redis"], world=world))


@pytest.mark.parametrize(
    "name", ["duplicate-request", "reload-in-mid-push", "half-open", "two-profiles-offline"]
)
def test_a_scenario_of_the_gallery_is_ok(stage: Stage, name: str) -> None:
    is_ok(stage.play(load(name)))
