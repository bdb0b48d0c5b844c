from __future__ import annotations

from server.core.meter import Meter


def test_the_rate_is_that_of_the_last_ten_whole_seconds() -> None:
    meter = Meter()
    for second in range(30):
        meter.add(5, second + 0.5)
    assert (meter.total, meter.per_second(30.0)) == (150, 5.0)
    assert meter.per_second(35.0) == 2.5
    assert meter.per_second(60.0) == 0


def test_the_second_that_runs_does_not_count_yet() -> None:
    meter = Meter()
    meter.add(7, 3.1)
    meter.add(3, 3.9)
    assert (meter.per_second(3.95), meter.per_second(4.0)) == (0, 1.0)
