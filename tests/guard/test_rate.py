from __future__ import annotations

from server.guard.rate import Rate


def taken(rate: Rate, now_s: float, times: int) -> int:
    return sum(rate.take(now_s) for _ in range(times))


def test_a_burst_is_one_seconds_worth() -> None:
    assert taken(Rate(10, now_s=100.0), 100.0, 50) == 10


def test_what_was_used_comes_back_with_time_and_never_beyond_the_burst() -> None:
    rate = Rate(10, now_s=0.0)
    taken(rate, 0.0, 10)
    assert taken(rate, 0.5, 50) == 5
    assert taken(rate, 3600.0, 50) == 10


def test_a_steady_stream_at_the_limit_always_passes() -> None:
    rate = Rate(10, now_s=0.0)
    assert all(rate.take(n * 0.1001) for n in range(1000))
