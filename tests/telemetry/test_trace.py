"""W3C's Trace Context, and what a request's trace does with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.upstreams.reply import Observed
from agent_telemetry.trace import Context, Trace, Traces
from agent_telemetry.usage_record import UsageRecord

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f" 00-{TRACE}-{SPAN}-01\t", True),
        (f"cc-{TRACE}-{SPAN}-01", True),  # a version to come
        (f"cc-{TRACE}-{SPAN}-01-what-more-it-has", True),
    ],
)
def test_a_context_is_read(header: str, sampled: bool) -> None:
    found = Context.read(header)
    assert found is not None
    assert (f"{found.trace:032x}", f"{found.span:016x}", found.sampled) == (TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0g",
        f"00-{TRACE}-{SPAN}-01\n00-{TRACE}-{SPAN}-01",
        f"00{TRACE}{SPAN}01",
        f"cc-{TRACE}-{SPAN}-01.what",
    ],
)
def test_what_is_no_context_is_none(header: str) -> None:
    assert Context.read(header) is None


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 3))
def test_a_context_survives_being_written(trace: int, span: int, flags: int) -> None:
    context = Context(trace, span, flags)
    assert Context.read(str(context)) == context


@given(st.text())
def test_any_header_is_read_without_a_fault(header: str) -> None:
    Context.read(header)


def row(key: str, source: str = "proxy") -> UsageRecord:
    return UsageRecord(source=source, key=key, time=datetime.now(UTC))


def begun(headers: dict[str, str]) -> Trace:
    return Traces(exporting=True).begin(Trace(), headers)


def test_a_call_names_its_own_span_to_the_upstream() -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "a=1"}
    trace = begun(headers)
    first = trace.begin("a", "m", "hosted", headers)
    told = headers["traceparent"]
    second = trace.begin("b", "m", "hosted", headers)
    assert told == f"00-{TRACE}-{first.span:016x}-01"
    assert headers == {"traceparent": f"00-{TRACE}-{second.span:016x}-01", "tracestate": "a=1"}
    assert trace.context is not None
    assert len({first.span, second.span, trace.context.span, int(SPAN, 16)}) == 4


def test_headers_are_left_alone_where_nobody_is_told_of_spans() -> None:
    for sent in ({}, {"traceparent": "nonsense", "tracestate": "a=1"}, {"traceparent": f"00-{TRACE}-{SPAN}-01"}):
        headers = dict(sent)
        trace = Traces(exporting=False).begin(Trace(), headers)
        trace.begin("a", "m", "hosted", headers)
        assert headers == sent
        assert trace.context is None


def test_ids_are_not_those_of_another_request() -> None:
    contexts = [begun({}).context for _ in range(1000)]
    assert len({context.trace for context in contexts if context}) == 1000
    assert len({context.span for context in contexts if context}) == 1000


def test_an_attempt_says_when_its_answer_began_only_where_it_was_streamed() -> None:
    trace = Trace()
    streamed, whole = (trace.begin("a", "m", "hosted", {}) for _ in range(2))
    streamed.answers(Observed(), stream=True)
    whole.answers(Observed(), stream=False)
    assert streamed.first is not None
    assert whole.first is None
    assert trace.started <= streamed.began <= streamed.first


def test_traces_are_handed_over_once_and_do_not_pile_up() -> None:
    traces, kept = Traces(exporting=False), Trace()
    traces.end("a", kept)
    audit, own, other = row("a", "audit"), row("a"), row("b")
    assert traces.take([audit, other, own]) == [None, None, kept]
    assert traces.take([own]) == [None]
    for number in range(50_000):  # a ledger whose rows are lost
        traces.end(str(number), Trace())
    assert len(traces._ended) <= 20_000
