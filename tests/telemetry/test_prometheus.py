"""OpenTelemetry's names in Prometheus' words."""

from __future__ import annotations

import math

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from agent_telemetry import metrics
from agent_telemetry.instruments import Counter, Definition, Histogram
from agent_telemetry.prometheus import exposition, label_name, metric_name

DEFINITIONS = [each for each in vars(metrics).values() if isinstance(each, Definition)]


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("gen_ai.client.token.usage", "{token}", "gen_ai_client_token_usage"),
        ("gen_ai.client.operation.duration", "s", "gen_ai_client_operation_duration_seconds"),
        ("gen_ai.server.time_per_output_token", "s", "gen_ai_server_time_per_output_token_seconds"),
        ("agent_router.cost.usd", "{USD}", "agent_router_cost_usd"),
        ("a..b--c", "By", "a_b_c_bytes"),
        ("waited.seconds", "s", "waited_seconds"),
    ],
)
def test_names_follow_the_specification(name: str, unit: str, expected: str) -> None:
    assert metric_name(Definition("counter", name, unit, "")) == expected
    assert label_name("gen_ai.token.type") == "gen_ai_token_type"


def test_no_two_metrics_have_one_name_and_none_ends_as_a_series_does() -> None:
    names = [metric_name(each) for each in DEFINITIONS]
    assert len(names) == len(set(names)) >= 20
    assert not [name for name in names if name.endswith(("_total", "_count", "_sum", "_bucket", "_info", "_created"))]
    for each in DEFINITIONS:
        assert each.description.endswith(".") or ":" in each.description
        assert len(set(map(label_name, each.attributes))) == len(each.attributes)
        assert list(each.bounds) == sorted(set(each.bounds))
        assert (each.kind == "histogram") is bool(each.bounds)


@pytest.mark.parametrize(("accept", "parse"), [("text/plain", plain), ("application/openmetrics-text", openmetrics)])
def test_both_formats_are_read_back_by_prometheus_own_parsers(accept: str, parse: object) -> None:
    counter = Counter(Definition("counter", "asked.for", "{request}", 'Lines\nand \\ and ".', ("a.b",)))
    counter.add(('odd "name"\n\\ \u00e9',), 3)
    histogram = Histogram(Definition("histogram", "took", "s", "Time.", ("a.b",), (0.5, 1.0)))
    for value in (0.5, 0.7, 9.0):
        histogram.record(("x",), value)
    body, content_type = exposition([counter.read(), histogram.read()], accept)
    assert content_type.startswith(accept)
    found = {
        (sample.name, sample.labels.get("le")): (sample.value, sample.labels["a_b"])
        for family in parse(body.decode())  # type: ignore[operator]
        for sample in family.samples
    }
    assert found["asked_for_total", None] == (3, 'odd "name"\n\\ \u00e9')
    assert found["took_seconds_bucket", "0.5"][0] == 1
    assert found["took_seconds_bucket", "1.0"][0] == 2
    assert found["took_seconds_bucket", "+Inf"][0] == found["took_seconds_count", None][0] == 3
    assert math.isclose(found["took_seconds_sum", None][0], 10.2)
