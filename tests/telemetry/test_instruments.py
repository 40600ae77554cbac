"""Tallies: what they count, and that they stay small."""

from __future__ import annotations

from agent_telemetry.instruments import OTHER, SERIES, Counter, Definition, Distribution, Histogram

COUNTER = Definition("counter", "c", "{x}", "Some.", ("a", "b"))
HISTOGRAM = Definition("histogram", "h", "s", "Some.", ("a",), (0.1, 1.0))


def test_a_bucket_s_bound_belongs_to_it() -> None:
    histogram = Histogram(HISTOGRAM)
    for value in (0.05, 0.1, 0.1001, 1.0, 7.0):
        histogram.record(("x",), value)
    ((labels, found),) = histogram.read().points
    assert labels == ("x",)
    assert isinstance(found, Distribution)
    assert found.counts == [2, 2, 1]
    assert abs(found.sum - 8.2501) < 1e-9


def test_no_metric_has_more_series_than_it_may() -> None:
    counter, histogram = Counter(COUNTER), Histogram(HISTOGRAM)
    for number in range(SERIES + 500):
        counter.add((str(number), "b"), 2)
        histogram.record((str(number),), 1.0)
    points = dict(counter.read().points)
    assert len(points) == SERIES + 1
    assert points[OTHER, OTHER] == 1000
    assert sum(value for value in points.values() if not isinstance(value, Distribution)) == 2 * (SERIES + 500)
    assert len(histogram.read().points) == SERIES + 1
