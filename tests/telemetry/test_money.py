"""What a row's money says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent_telemetry.money import Money
from agent_telemetry.usage_record import UsageRecord

money = Money(("openai", "gpt-5.4"), {"openai": "https://api.openai.com/v1"})


def row(**more: Any) -> UsageRecord:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    known: dict[str, Any] = {"input": 1000, "output": 500, "provider": "openai", "model": "gpt-5.4", "place": "hosted"}
    return UsageRecord(source="proxy", key="k", time=at, **(known | more))


def test_a_hosted_call_is_billed_at_its_list_price() -> None:
    priced = money(row())
    assert priced.billed
    assert (priced.equivalent, priced.avoided) == (priced.billed, None)
    assert priced.price_source
    assert priced.price_version


def test_a_local_call_avoids_what_the_closed_side_would_have_cost() -> None:
    priced = money(row(provider="local", model="pocket", place="device"))
    assert (priced.billed, priced.avoided) == (0, money(row()).billed)


def test_a_local_call_that_failed_avoids_nothing() -> None:
    assert money(row(provider="local", model="pocket", place="device", status="cut")).avoided is None


def test_cached_tokens_cost_less() -> None:
    fresh, cached = money(row()), money(row(input=0, cache_read=1000))
    assert fresh.billed
    assert cached.billed
    assert cached.billed < fresh.billed


def test_a_subscription_is_billed_nothing_a_call() -> None:
    priced = money(row(place="subscription"))
    assert (priced.billed, bool(priced.equivalent), priced.avoided) == (0, True, None)


@pytest.mark.parametrize("unknown", [{"input": None}, {"output": None}, {"model": None}, {"model": "no-such-model-1"}])
def test_what_is_not_known_stays_unknown(unknown: dict[str, Any]) -> None:
    priced = money(row(provider="elsewhere", **unknown))
    assert (priced.billed, priced.equivalent, priced.avoided) == (None, None, None)


def test_without_a_closed_side_nothing_can_be_avoided() -> None:
    priced = Money(None, {})(row(provider="local", model="pocket", place="device"))
    assert (priced.billed, priced.equivalent, priced.avoided) == (0, None, None)


def test_local_vectors_avoid_what_the_closed_embedding_model_would_have_cost_not_the_closed_model() -> None:
    local: dict[str, Any] = {"provider": "local", "model": "bge", "place": "device", "wire": "embeddings", "output": 0}
    assert money(row(**local)).avoided is None
    urls = {"openai": "https://api.openai.com/v1"}
    priced = Money(("openai", "gpt-5.4"), urls, closed_embedding=("openai", "text-embedding-3-small"))
    assert priced(row(input=1_000_000, **local)).avoided == 20_000  # two US cents for a million tokens
    hosted = row(model="text-embedding-3-small", wire="embeddings", output=0, input=1_000_000)
    assert money(hosted).billed == 20_000
