"""What the money of a row says that an agent's log has told of."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN
from typing import Any

import genai_prices
import pytest

from agent_telemetry.logged_money import LoggedMoney
from agent_telemetry.usage_record import Place, UsageRecord

AT = datetime(2026, 11, 1, tzinfo=UTC)
money = LoggedMoney(None, {})


def row(provider: str | None, model: str | None, agent: str = "pi", **more: Any) -> UsageRecord:
    known: dict[str, Any] = {"input": 1_000_000, "output": 0, "time": AT, "source": agent, "agent": agent, "key": "k"}
    return UsageRecord(**(known | more), provider=provider, model=model)


def figures(made: UsageRecord) -> tuple[Any, ...]:
    source = (made.price_source or "").removeprefix("genai-prices:") or None
    return made.place, made.billed, made.equivalent, made.avoided, source


def test_a_key_is_billed_at_list_price() -> None:
    made = money(row("anthropic", "claude-sonnet-4-5"), "hosted", "closed")
    assert figures(made) == ("hosted", 6_000_000, 6_000_000, None, "anthropic/claude-sonnet-4-5")
    assert made.price_version == genai_prices.__version__


@pytest.mark.parametrize(
    ("agent", "provider", "model"),
    [
        ("claude", None, "claude-sonnet-4-5"),
        ("claude", "anthropic", "claude-sonnet-4-5"),
        ("codex", "openai", "gpt-5.4"),
        ("gemini", "google", "gemini-2.5-pro"),
    ],
)
def test_an_agent_with_a_plan_is_billed_what_the_user_says(agent: str, provider: str | None, model: str) -> None:
    place, billed, equivalent, avoided, source = figures(money(row(provider, model, agent), "hosted", "closed"))
    assert (place, billed, avoided) == ("hosted", None, None)
    assert equivalent
    assert source
    api = LoggedMoney(None, {agent: "api"})(row(provider, model, agent), "hosted", "closed")
    assert figures(api) == ("hosted", equivalent, equivalent, None, source)
    plan = LoggedMoney(None, {agent: "subscription"})(row(provider, model, agent), "hosted", "closed")
    assert figures(plan) == ("subscription", 0, equivalent, None, source)


def test_an_agent_with_a_plan_on_another_provider_has_a_key() -> None:
    plans = LoggedMoney(None, {"codex": "subscription"})
    for each in (money, plans):
        made = each(row("openrouter", "openai/gpt-5.4", "codex"), "hosted", "closed")
        assert made.place == "hosted"
        assert made.billed == made.equivalent
        assert made.billed


def test_any_agent_may_be_said_to_have_a_plan() -> None:
    plans = LoggedMoney(None, {"pi": "subscription"})
    assert plans(row("anthropic", "claude-sonnet-4-5"), "hosted", "closed").billed == 0


@pytest.mark.parametrize("place", ["device", "lan"])
def test_what_was_computed_at_home_avoided_what_a_host_asks_for_the_same_weights(place: Place) -> None:
    for model in ("qwen3:8b", "Qwen3-8B-Q4_K_M.gguf", "mlx-community/Qwen3-8B-4bit"):
        made = money(row("ollama", model), place, "open")
        assert made.place == place
        assert made.billed == 0
        assert made.equivalent == made.avoided
        assert made.avoided
        assert made.price_source
        assert made.price_source.endswith("/qwen3-8b")
    assert figures(money(row("ollama", "qwen3:latest"), place, "open")) == (place, 0, None, None, None)
    assert figures(money(row("ollama", "gpt-5.4"), place, "closed")) == (place, 0, None, None, None)
    assert figures(money(row("ollama", "mine"), place, "unknown")) == (place, 0, None, None, None)


def test_the_closed_side_says_what_was_avoided_where_there_is_one() -> None:
    closed = LoggedMoney(("work", "gpt-5.4", "https://api.openai.com/v1"), {})
    made = closed(row("ollama", "qwen3:8b"), "device", "open")
    assert figures(made) == ("device", 0, made.equivalent, made.equivalent, "openai/gpt-5.4")
    assert closed(row("ollama", "qwen3:8b", status="cut"), "device", "open").avoided is None


@pytest.mark.parametrize(
    ("provider", "model", "source"),
    [
        ("openai-codex", "gpt-5.4", "openai/gpt-5.4"),
        ("github-copilot", "gpt-5.4", "openai/gpt-5.4"),
        ("github-copilot", "claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("google-gemini-cli", "gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("zai-coding-plan", "glm-5", "zai/GLM-5"),
        ("minimax-coding-plan", "MiniMax-M2.7", "minimax/MiniMax-M2.7"),
        ("kimi-for-coding", "kimi-k2.5", "moonshotai/kimi-k2.5"),
    ],
)
def test_a_plan_is_worth_the_makers_price(provider: str, model: str, source: str) -> None:
    made = money(row(provider, model), "subscription", "closed")
    assert figures(made)[:2] == ("subscription", 0)
    assert made.equivalent
    assert figures(made)[4] == source


@pytest.mark.parametrize(("provider", "model"), [("opencode", "kimi-k2.5"), ("anthropic", "gpt-5.4"), ("opencode", "glm-4.6")])  # fmt: skip # noqa: E501
def test_another_ones_price_is_not_what_was_billed(provider: str, model: str) -> None:
    made = money(row(provider, model), "hosted", "open")
    assert made.billed is None
    assert made.equivalent


def test_what_is_not_known_stays_unknown() -> None:
    assert figures(money(row("openai", "no-such"), "hosted", "unknown")) == ("hosted", None, None, None, None)
    assert figures(money(row("x", "no-such"), "hosted", "open")) == ("hosted", None, None, None, None)
    assert figures(money(row("openai", None), "hosted", "unknown")) == ("hosted", None, None, None, None)
    assert figures(money(row("openai", "gpt-5.4", input=None), "hosted", "closed")) == (
        "hosted",
        None,
        None,
        None,
        None,
    )
    assert money(row(None, "gpt-5.4"), None, "closed").billed is None


def test_prices_are_those_of_genai_prices_at_the_time_and_quick() -> None:
    pairs = [("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-pro"), ("openai", "gpt-5.4"), ("deepseek", "deepseek-chat")]  # fmt: skip # noqa: E501
    rows = [
        row(
            *pairs[i % 4],
            input=i * 7 % 300_000,
            output=i % 5_000,
            cache_read=i % 90_000,
            cache_write=i % 100,
            cache_write_1h=i % 50,
            time=datetime(2024, 6, 1, tzinfo=UTC) + timedelta(minutes=29 * i),
        )
        for i in range(50_000)
    ]
    best = 1.0
    for _ in range(3):
        began = time.perf_counter()
        made = [money(each, "hosted", "closed") for each in rows]
        best = min(best, (time.perf_counter() - began) / len(rows))
    assert best < 12e-6  # three times what it takes on a slow machine
    for each in made[::997]:
        usage = genai_prices.Usage(
            input_tokens=each.input + each.cache_read + each.cache_write,
            cache_read_tokens=each.cache_read,
            cache_write_tokens=each.cache_write,
            cache_write_1h_tokens=each.cache_write_1h,
            output_tokens=each.output,
        )
        theirs = genai_prices.calc_price(
            usage, each.model, provider_id=each.provider, genai_request_timestamp=each.time
        )
        assert each.billed == (theirs.total_price * 1_000_000).to_integral_value(ROUND_HALF_EVEN)
