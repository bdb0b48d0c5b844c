"""Seed 003's state synchronisation in real tabs, through the wire: snapshot, updates, resync, conflicts."""

from __future__ import annotations

from e2e.driver.conftest import Played, Stage
from e2e.engine.story import Step, is_connected, is_ok, put, rule, shows
from syncbed.scenario import load
from syncbed.trace import Frame

JUDGES = ["no_ghost", "nothing_stuck", "expectations"]
SECOND = {"profile": "alice", "tab": "2", "kind": "ws"}


def play(stage: Stage, steps: list[Step], *needs: str) -> Played:
    """Two tabs of one user."""
    return stage.play(
        {
            "profiles": {"alice": {"tabs": 2}},
            "dialect": "state",
            "needs": list(needs),
            "judges": JUDGES,
            "steps": [*map(is_connected, ("alice/1", "alice/2")), *steps],
        }
    )


def told(played: Played, tab: str, kind: str) -> int:
    """How many frames of this type the server sent to a tab."""
    frames = [each.what for each in played.trace.all(Frame) if each.what.did == "seen"]
    return sum(each.tab == tab and f'"{kind}"' in (each.payload or "") for each in frames)


def test_who_comes_has_a_snapshot_and_hears_each_change_from_then_on(stage: Stage) -> None:
    steps = [
        put("alice/1", "cart", "first", until="server"),
        shows("alice/2", "first"),
        {"do": "open", "tab": "alice/3"},
        shows("alice/3", "first"),
        put("alice/3", "theme", "second", until="server"),
        *(shows(tab, op) for tab in ("alice/1", "alice/2") for op in ("first", "second")),
    ]
    played = play(stage, steps)
    is_ok(played)
    assert told(played, "alice/3", "state_snapshot") == 1
    assert told(played, "alice/2", "state_updated") == 2


def test_who_was_away_has_the_whole_state_again(stage: Stage) -> None:
    steps = [
        put("alice/1", "cart", "first", until="server"),
        shows("alice/2", "first"),
        rule("away", {**SECOND, "stage": "handshake"}, {"kind": "http_status", "status": 503}),
        {"do": "fault", "id": "cut", "on": "alice/2", "fault": {"kind": "cut"}},
        {"do": "wait", "for": {"is": "state", "tab": "alice/2", "state": "reconnecting"}},
        {"do": "wait", "for": {"is": "frame", "message": "alice/2 /ws/state #2 handshake up", "did": "seen"}},
        put("alice/1", "cart", "second", until="server"),
        put("alice/1", "theme", "third", until="server"),
        {"do": "heal"},
        *(shows("alice/2", op) for op in ("second", "third")),
        put("alice/2", "cart", "fourth", until="server"),
        shows("alice/1", "fourth"),
    ]
    played = play(stage, steps, "http_status", "cut")
    is_ok(played)
    assert told(played, "alice/2", "state_resync") == 1


def test_a_change_on_an_old_version_is_refused_and_what_won_is_shown(stage: Stage) -> None:
    played = stage.play(load("state-a-stale-version"))
    is_ok(played)
    assert told(played, "alice/2", "version_conflict") == 1
