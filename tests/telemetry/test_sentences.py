"""An explanation in sentences; `agent-router why` and the page of a request show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_telemetry.explanation import Explanation
from agent_telemetry.sentences import sentences
from agent_telemetry.usage_record import UsageRecord


def said(known: dict[str, Any] | None = None, **fields: Any) -> list[str]:
    call = UsageRecord(**({"source": "proxy", "key": "k", "time": datetime(2026, 11, 28, tzinfo=UTC)} | fields))
    return sentences(Explanation(call, known or {}, [], []))


def test_a_call_that_another_tells_of() -> None:
    found = said(source="claude", agent="claude", model="glm-4.6", provider="z", billed=1_500_000)
    assert found[0].endswith("claude called glm-4.6 at z (ok).")
    assert found[1:] == ["It did not pass through the router; claude tells of it.", "What it cost was $1.500000."]
    assert "It passed through the router as well" in said(source="claude", duplicate="proxy")[1]
    assert said(source="otlp", duplicate="claude")[1].startswith(
        "otlp tells of it, and so does claude: that row counts"
    )
    assert "to see whether the closed side agrees" in said(source="audit")[1]


def test_names_stay_as_they_are() -> None:
    assert "asked for [bold]x[/bold];" in said(requested_model="[bold]x[/bold]")[0]


def test_a_strange_decision_breaks_nothing() -> None:
    strange = {"mean": 1.0, "lower": 0.5, "upper": 1.0, "evidence": "many", "rung": ["x"], "seen": "y", "held_ms": "z"}
    found = said(strange | {"verified": "ok", "expected_s": None, "threshold": "t", "guard": {}})
    assert any("on 0.0 outcomes" in sentence for sentence in found)
    assert "The local answer was verified." in found
