"""Closed answers beside local ones: calls that cost, within their budget."""

from __future__ import annotations

from pathlib import Path

from agent_router.learning.audits import _whole
from agent_router.wire.gemini.wire import GeminiWire
from tests.router.closed_side import ClosedSide, agreeing, house, taught, written


async def test_a_local_answer_is_audited_and_the_audit_is_a_call_that_costs(tmp_path: Path) -> None:
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed, shadow={"audits": 0.05}) as router:
        routes = await taught(router, 40)
        audits = len(closed.requests) - routes.count("closed")
        assert 2 < audits <= routes.count("local")
    rows = written(tmp_path, "SELECT agent, route, provider, billed > 0 FROM calls WHERE source = 'audit'")
    assert len(rows) == audits
    assert set(rows) == {("agent-router", "closed", "openai", 1)}
    assert len(written(tmp_path, "SELECT 1 FROM trials WHERE purpose = 'audit' AND agree")) == audits


async def test_audits_stop_where_their_budget_ends(tmp_path: Path) -> None:
    shadow = {"audits": 0.5, "audit_budget": 0.0}
    async with ClosedSide(agreeing).running() as closed, house(tmp_path, closed, shadow=shadow) as router:
        routes = await taught(router, 40)
        assert "local" in routes
        assert len(closed.requests) == routes.count("closed")


def test_a_stream_of_geminis_is_asked_for_whole_without_a_word_in_its_body() -> None:
    raw = b'{"contents":[{"parts":[{"text":"x"}]}]}'
    call = _whole(GeminiWire().read(raw, {}, "/v1beta/models/m:streamGenerateContent"))
    assert (call.stream, call.body_for("google")) == (False, raw)
