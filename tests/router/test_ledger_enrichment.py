"""Place and money of the calls that logs tell of, by the configuration."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent_router.errors import ConfigError
from agent_router.ledger_enrichment import enrichment
from agent_telemetry.usage_record import UsageRecord

Make = Callable[[], Callable[[UsageRecord], UsageRecord]]


def row(provider: str | None, model: str | None, agent: str = "pi", **more: Any) -> UsageRecord:
    known: dict[str, Any] = {"input": 1_000_000, "output": 0, "time": datetime(2026, 11, 1, tzinfo=UTC)}
    return UsageRecord(source=agent, agent=agent, key="k", **(known | more), provider=provider, model=model)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration, and no key in the environment."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AGENT_ROUTER_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("AGENT_ROUTER_DATA", str(tmp_path))
    (tmp_path / "config.toml").write_text("")
    return tmp_path


@pytest.fixture
def make() -> Make:
    """The enrichment, made anew where the configuration is another."""
    return enrichment


def test_place_and_money_are_filled_in(folder: Path, make: Make) -> None:
    enrich = make()
    local = enrich(row("ollama", "qwen3:8b"))
    assert (local.place, local.billed) == ("device", 0)
    assert local.avoided
    hosted = enrich(row("openrouter", "qwen/qwen3-8b"))
    assert hosted.place == "hosted"
    assert hosted.billed
    assert hosted.billed == hosted.equivalent
    assert enrich(row("zai-coding-plan", "glm-5")).place == "subscription"
    assert enrich(row(None, "no-such-model")).place is None
    assert enrich(row("ollama", "qwen3:8b", place="lan")).place == "lan"
    passed_on = enrich(row("openai", "gpt-5.4", place="device"))  # by a proxy at a local address
    assert (passed_on.place, passed_on.billed == passed_on.equivalent) == ("hosted", True)


def test_the_configuration_counts(folder: Path, make: Make) -> None:
    (folder / "config.toml").write_text(
        '[upstreams.openai]\nmodels = ["gpt-5.4"]\n[plans]\nclaude = "subscription"\ncodex = "api"\n'
    )
    enrich = make()
    assert (enrich(row("ollama", "qwen3:8b")).price_source or "").endswith("openai/gpt-5.4")
    claude = enrich(row(None, "claude-opus-4-5", "claude"))
    assert (claude.place, claude.billed) == ("subscription", 0)
    codex = enrich(row("openai", "gpt-5.4", "codex"))
    assert codex.billed
    assert codex.billed == codex.equivalent


def test_the_users_own_catalogue_counts(folder: Path, make: Make) -> None:
    (folder / "catalogue.yaml").write_text(
        "labs:\n  - lab: me\n    families:\n      - {slug: house, access: open, patterns: [house]}\n"
    )
    assert make()(row(None, "house:7b")).place == "device"


@pytest.mark.parametrize(("name", "text"), [("config.toml", "[plans]\nclaude = 3\n"), ("catalogue.yaml", "labs: [")])
def test_a_broken_file_is_named(folder: Path, make: Make, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(ConfigError, match=name):
        make()


def test_it_is_quick(folder: Path, make: Make) -> None:
    enrich = make()
    pairs = [
        ("ollama", "qwen3:8b"),
        ("anthropic", "claude-opus-4-5"),
        ("openrouter", "qwen/qwen3-8b"),
        (None, "gpt-5.4"),
    ]
    rows = [row(*pairs[i % 4], output=i, time=datetime.fromtimestamp(1.7e9 + 600 * i, UTC)) for i in range(50_000)]
    best = 1.0
    for _ in range(3):
        began = time.perf_counter()
        made = [enrich(each) for each in rows]
        best = min(best, (time.perf_counter() - began) / len(made))
    assert best < 18e-6  # three times the budget: other tests may run at the same time
