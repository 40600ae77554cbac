"""The bar's segments from a split."""

from __future__ import annotations

from typing import Any

import pytest

from agent_dashboards.split_bar import MEASURES, SEGMENTS, split_bar


def leaf(output: int = 0, billed: float | None = None, **fields: Any) -> dict[str, Any]:
    counts = {"input": 0, "cache_read": 0, "cache_write": 0, "output": output, "reasoning": 0, "requests": 1}
    counts |= {"total_tokens": output, "failed": 0, "unknown_usage": 0} | fields
    return {**counts, "cost": {"billed": billed, "equivalent": None, "avoided": None}}


def split(**by_place: dict[str, Any]) -> dict[str, Any]:
    return {"all": leaf(), "by_openness_place": {key.replace("_", "/"): value for key, value in by_place.items()}}


def test_places_fall_into_five_segments() -> None:
    bar = split_bar(
        split(
            open_device=leaf(10),
            open_lan=leaf(20),
            open_hosted=leaf(5),
            open_subscription=leaf(3),
            open_unknown=leaf(2),
            closed_hosted=leaf(30),
            closed_subscription=leaf(10),
            unknown_device=leaf(15),
            strange_hosted=leaf(5),
        ),
        "output",
    )
    assert {segment.key: segment.value for segment in bar.segments} == {
        "open-device": 10,
        "open-lan": 20,
        "open-hosted": 10,
        "closed": 40,
        "unknown": 20,
    }
    assert [segment.key for segment in bar.segments] == list(SEGMENTS)
    assert bar.total == 100
    assert bar.open_share == pytest.approx(0.4)
    assert bar.own_share == pytest.approx(0.3)
    assert [segment.start for segment in bar.segments] == pytest.approx([0, 0.1, 0.3, 0.4, 0.8])
    assert sum(segment.share for segment in bar.segments) == pytest.approx(1)
    assert bar.description.startswith("Share of output tokens. Open, on this device: 10 %. ")


@pytest.mark.parametrize("measure", MEASURES)
def test_nothing_yet(measure: str) -> None:
    bar = split_bar(split(), measure)
    assert bar.total == 0
    assert [segment.share for segment in bar.segments] == [0, 0, 0, 0, 0]
    assert "Nothing yet" in bar.description


def test_money_that_is_unknown_stays_unknown() -> None:
    bar = split_bar(split(open_hosted=leaf(1, None), closed_hosted=leaf(1, 2.0), closed_lan=leaf(1, None)), "money")
    assert [segment.leaf["cost"]["billed"] for segment in bar.segments] == [None, None, None, 2.0, None]
    assert [segment.share for segment in bar.segments] == [0, 0, 0, 1, 0]
    assert bar.measure_name == "money billed"


def test_only_wide_segments_are_labelled() -> None:
    bar = split_bar(split(open_device=leaf(95), closed_hosted=leaf(5)), "output")
    assert [segment.label for segment in bar.segments] == ["95 %", "", "", "", ""]
