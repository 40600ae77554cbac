"""The Grafana board asks only for what a running router really says, by whichever way it comes to Prometheus."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from agent_router import plugins
from agent_router.verification.verifier import Verifier
from tests.collector import OtlpCollector, attributes
from tests.promql import query
from tests.router.closed_side import ClosedSide, agreeing, heartbeat
from tests.running_router import running_router
from tests.upstreams.upstream import ScriptedUpstream

BOARD = json.loads((Path(__file__).parents[2] / "dashboards" / "grafana" / "agent-router.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable for variable in BOARD["templating"]["list"]}
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]
_UNITS = {"s": "seconds", "ms": "milliseconds", "By": "bytes"}
_ONLY_WITH_OTEL = {"agent_router_otel_spans_total"}

Known = dict[str, set[str]]
"""Labels by metric."""


def translated(metric: Metric) -> Iterator[tuple[str, set[str]]]:
    """What Prometheus makes of an OTLP metric, by the specification's rules ("Prometheus and OpenMetrics
    Compatibility", OTLP metric points to Prometheus)."""
    name = re.sub(r"_+", "_", re.sub(r"[^a-zA-Z0-9_:]", "_", metric.name))
    unit = _UNITS.get(re.sub(r"\{.*\}", "", metric.unit), re.sub(r"\{.*\}", "", metric.unit))
    if unit and not name.endswith(unit):
        name += f"_{unit}"
    kind = metric.WhichOneof("data")
    points = getattr(metric, str(kind)).data_points
    labels = {re.sub(r"[^a-zA-Z0-9_]", "_", key) for point in points for key in attributes(point)}
    if kind == "histogram":
        yield f"{name}_bucket", labels | {"le"}
        yield f"{name}_sum", labels
        yield f"{name}_count", labels
    else:
        yield (f"{name}_total" if kind == "sum" and metric.sum.is_monotonic else name), labels


def scraped(families: Any) -> Known:
    known: Known = {}
    for family in families:
        for sample in family.samples:
            known.setdefault(sample.name, set()).update(key for key, value in sample.labels.items() if value != "")
    return known


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Known]:
    """What a router says that had all kinds of requests: as Prometheus scrapes it, in both formats, and as a collector
    hands it on."""
    return asyncio.run(_said(tmp_path_factory.mktemp("router")))


async def _said(data: Path) -> dict[str, Known]:
    refuses = iter([True, *[False] * 100])
    with pytest.MonkeyPatch.context() as patch:
        checks = (Verifier("refusal", lambda answer, request: next(refuses)),)
        patch.setattr(plugins, "all_verifiers", lambda: checks)
        with OtlpCollector() as collector:
            async with ClosedSide(agreeing).running() as closed, ScriptedUpstream("status:code=500") as bad:
                settings = {
                    "upstreams": {
                        "openai": {"base_url": closed.url, "models": ["gpt-5.4"]},
                        "bad": {"base_url": f"{bad.url}/v1", "models": ["m"]},
                    },
                    "routing": {"local_families": ["heartbeat-*"], "shadow": {"enabled": False}},
                    "otel": {"endpoint": collector.url, "interval_seconds": 1},
                }
                async with running_router(data, settings) as (url, app), aiohttp.ClientSession() as http:
                    for number in range(4):  # the first is refused; the others are streamed
                        told = [{"role": "user", "content": heartbeat(number)}]
                        await _ask(http, url, {"model": "auto", "messages": told, "stream": number > 0})
                    hi = [{"role": "user", "content": "hi"}]
                    for model in ("openai/gpt-5.4", "bad/m"):
                        await _ask(http, url, {"model": model, "messages": hi, "stream": True})
                    assert app._ledger is not None
                    assert await asyncio.to_thread(app._ledger.flush)
                    await asyncio.sleep(2.5)  # spans are on their way
                    texts = {}
                    for accept in ("text/plain", "application/openmetrics-text; version=1.0.0"):
                        async with http.get(f"{url}/metrics", headers={"accept": accept}) as response:
                            assert response.headers["content-type"].startswith(accept.split(";")[0])
                            texts[accept.split(";")[0]] = await response.text()
            handed_on = dict(pair for metric in collector.metrics.values() for pair in translated(metric))
    return {
        "text": scraped(plain(texts["text/plain"])),
        "openmetrics": scraped(openmetrics(texts["application/openmetrics-text"])),
        "otlp": handed_on,
    }


async def _ask(http: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> None:
    async with http.post(f"{url}/v1/chat/completions", json=body) as response:
        await response.read()


@pytest.mark.parametrize("way", ["text", "openmetrics", "otlp"])
@pytest.mark.parametrize(("title", "target"), TARGETS, ids=[f"{title} {each['refId']}" for title, each in TARGETS])
def test_a_panel_asks_for_what_there_is(said: dict[str, Known], way: str, title: str, target: dict[str, Any]) -> None:
    known, asked = said[way], query(target["expr"])
    assert asked.metrics, "it asks for nothing"
    for metric, labels in asked.metrics.items():
        assert metric in known, f"{metric} is not said"
        assert labels <= known[metric], f"{metric} has no label {labels - known[metric]}"
    labels = set().union(*(known[metric] for metric in asked.metrics))
    assert asked.groups <= labels
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels


@pytest.mark.parametrize("way", ["text", "openmetrics", "otlp"])
@pytest.mark.parametrize("name", [name for name, each in VARIABLES.items() if each["type"] == "query"])
def test_a_variable_is_filled_from_what_there_is(said: dict[str, Known], way: str, name: str) -> None:
    match = re.fullmatch(r"label_values\((\w+), (\w+)\)", VARIABLES[name]["query"]["query"])
    assert match is not None
    assert match[2] in said[way][match[1]]


def test_both_ways_say_the_same(said: dict[str, Known]) -> None:
    """But for what has no series: Prometheus' text names it, and OTLP leaves it out."""
    scraped, handed_on = said["text"], said["otlp"]
    assert scraped.keys() == handed_on.keys()
    for name, labels in handed_on.items():
        assert labels == scraped[name], name
    assert {name for name in said["openmetrics"] if not name.endswith("_created")} == scraped.keys()


def test_every_variable_that_is_used_is_there() -> None:
    text = json.dumps(BOARD["panels"])
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval", "__range"}
    assert used == VARIABLES.keys()


def test_it_can_be_imported_anywhere() -> None:
    """No source of data of ours, no two panels with one id, nothing that lies on another."""
    assert BOARD["id"] is None
    assert BOARD["schemaVersion"] >= 39
    assert VARIABLES["DS_PROMETHEUS"]["type"] == "datasource"
    everything = [BOARD["panels"], *(panel["targets"] for panel in PANELS)]
    for each in (item for items in everything for item in items if "datasource" in item):
        assert each["datasource"] == {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_asks_a_question() -> None:
    for panel in PANELS:
        assert panel["title"].endswith("?")
        assert panel["description"].endswith(".")


@pytest.mark.parametrize(
    "wrong",
    ["sum(rate(x[5m])", "rate(x[5m]))", "frobnicate(x)", "sum by agent (x)", '{a="b"}', "x{a=b}", 'x{a="b"', "a ? b"],
)
def test_what_is_no_promql_is_told(wrong: str) -> None:
    with pytest.raises(ValueError):
        query(wrong)


def test_metrics_matchers_and_groups_are_told_apart() -> None:
    asked = query('sum by (a, le) (rate(x_bucket{b=~"c,{}", d!=""}[$__rate_interval])) / on (e) group_left (f) 2 * y')
    assert asked.metrics == {"x_bucket": {"b", "d"}, "y": set()}
    assert asked.groups == {"a", "le", "e", "f"}
