"""What calls can be told apart by."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from agent_telemetry.call_choices import CallChoices, call_choices
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord


def classify(model: str | None, provider: str | None) -> tuple[str, str | None]:
    return ("open", "A lab") if model == "qwen3" else ("unknown", None)


def test_names_in_order_and_unknown_last(tmp_path: Path) -> None:
    assert call_choices(tmp_path / "none", classify) == CallChoices()
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    now = datetime.now(UTC)
    for i, (source, agent, model) in enumerate(
        [("proxy", "codex", "qwen3"), ("claude", "Claude", None), ("claude", None, "gpt"), ("otlp", "aider", "gpt")]
    ):
        ledger.record(UsageRecord(source=source, key=str(i), time=now, agent=agent, model=model, place="device"))
    ledger.close()
    found = call_choices(ledger.path, classify)
    assert found.agent == ("aider", "Claude", "codex", "unknown")
    assert found.model == ("gpt", "qwen3", "unknown")
    assert found.provider == ("unknown",)
    assert found.place == ("device",)
    assert found.lab == ("A lab", "unknown")
    assert found.source == ("claude", "otlp", "proxy")
    assert found.task == ()
