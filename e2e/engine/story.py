"""The pieces that the engine's scenarios are made of."""

from __future__ import annotations

from typing import Any

from e2e.driver.conftest import Played, Stage

Step = dict[str, Any]

JUDGES = ["converges", "no_lost_write", "no_duplicate", "in_order_no_gap", "nothing_stuck", "expectations"]


def of_alice_and_bob(
    steps: list[Step], *, needs: list[str], alice_tabs: int = 2, judges: list[str] | None = None, **keys: Any
) -> dict[str, Any]:
    """Alice with some tabs, the first of which leads, and Bob; all are connected before the first step."""
    tabs = [f"alice/{number}" for number in range(1, alice_tabs + 1)]
    return {
        "profiles": {"alice": {"tabs": alice_tabs}, "bob": {}},
        "needs": ["server_authority", "idempotent", *needs],
        "judges": JUDGES if judges is None else judges,
        "settle_ms_max": 30_000,
        "steps": [*map(is_connected, [*tabs, "bob/1"]), *steps],
        **keys,
    }


def play(stage: Stage, steps: list[Step], **keys: Any) -> Played:
    return stage.play(of_alice_and_bob(steps, **keys))


def is_connected(tab: str) -> Step:
    return {"do": "wait", "for": {"is": "state", "tab": tab, "state": "connected"}, "within_ms": 10_000}


def put(tab: str, key: str, name: str, **more: Any) -> Step:
    return {"do": "put", "tab": tab, "key": key, "title": f"1 × {key}", "id": name, **more}


def shows(tab: str, op: str, within_ms: int = 15_000) -> Step:
    return {"do": "expect", "that": {"is": "shows", "tab": tab, "op": op, "within_ms": within_ms}}


def shows_once(tab: str, op: str) -> Step:
    return {"do": "expect", "that": {"is": "shows_once", "tab": tab, "op": op}}


def rule(name: str, match: dict[str, Any], fault: dict[str, Any], **more: Any) -> Step:
    return {"do": "add_rule", "rule": {"id": name, "match": match, "fault": fault, **more}}


CONVERGED = {"do": "expect", "that": {"is": "converged", "within_ms": 20_000}}


def is_ok(played: Played) -> None:
    assert played.verdict == "ok", played.reason
