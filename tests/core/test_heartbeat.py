from __future__ import annotations

import pytest

from server.core.heartbeat import Heartbeat, HeartbeatRules


def beats(heartbeat: Heartbeat, until_s: float) -> list[tuple[float, bool]]:
    found: list[tuple[float, bool]] = []
    while heartbeat.due_s <= until_s and (not found or found[-1][1]):
        due_s = heartbeat.due_s
        found.append((due_s, heartbeat.beat(due_s)))
    return found


@pytest.mark.parametrize(
    ("rules", "dead_at_s"),
    [
        (HeartbeatRules(30, 60, 3), 120),
        (HeartbeatRules(0.5, 1, 2), 1.5),
        (HeartbeatRules(1, 10, 2), 10),  # the timeout counts as well
        (HeartbeatRules(10, 1, 1), 20),
    ],
)
def test_a_client_that_says_nothing_is_dead_in_the_end(rules: HeartbeatRules, dead_at_s: float) -> None:
    found = beats(Heartbeat(rules, 0), 1000)
    assert found[-1] == (dead_at_s, False)
    assert all(alive for _, alive in found[:-1])


def test_whatever_a_client_says_keeps_it_alive() -> None:
    heartbeat = Heartbeat(HeartbeatRules(1, 2, 2), 0)
    for second in range(1, 100):
        assert heartbeat.beat(second)
        heartbeat.heard(second + 0.5)
