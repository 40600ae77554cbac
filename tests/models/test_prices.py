from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NoReturn

import genai_prices
import pytest
from genai_prices import update_prices
from genai_prices.data import providers
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_models.completion import Usage
from agent_models.prices import Listing, Price, context_window, price

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
USAGE = Usage(input=1_000, output=100, cache_read=1_000, cache_write=1_000)


def amount(model: str, provider: str | None = None, usage: Usage = USAGE, base_url: str | None = None) -> int | None:
    found = price(model, provider, usage, AT, base_url=base_url)
    return found.microusd if found else None


def test_cached_tokens_are_part_of_the_input_and_cost_their_own_price() -> None:
    # 3 $ fresh, 0.30 $ read, 3.75 $ written, 15 $ answered, a million each
    assert price("claude-sonnet-4-5", "anthropic", USAGE, AT) == Price(
        microusd=3_000 + 300 + 3_750 + 1_500,
        source="genai-prices:anthropic/claude-sonnet-4-5",
        version=genai_prices.__version__,
    )


@pytest.mark.parametrize(
    ("model", "provider", "source"),
    [
        ("gpt-5.4", "openai", "openai/gpt-5.4"),
        ("GPT-5.4", "OpenAI", "openai/gpt-5.4"),
        ("openai/gpt-5.4", "openai", "openai/gpt-5.4"),
        ("openai/gpt-5.4", "work", "openai/gpt-5.4"),
        ("openai/gpt-5.4", None, "openai/gpt-5.4"),
        ("gpt-5.4-2026-03-05", "work", "openai/gpt-5.4"),
        ("anthropic/claude-sonnet-4.5", "openrouter", "openrouter/anthropic/claude-sonnet-4.5"),
        ("anthropic/claude-sonnet-4.5", "work", "anthropic/claude-sonnet-4-5"),
        ("openai/gpt-oss-120b", "groq", "groq/openai/gpt-oss-120b"),
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "bedrock",
            "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        ("moonshotai/kimi-k3", "work", "moonshotai/kimi-k3"),
    ],
)
def test_the_price_list_is_found_by_name_vendor_or_model(model: str, provider: str | None, source: str) -> None:
    found = price(model, provider, USAGE, AT)
    assert found is not None
    assert found.source == f"genai-prices:{source}"


def test_the_address_says_more_than_the_name() -> None:
    found = price("openai/gpt-5.4", "openai", USAGE, AT, base_url="https://openrouter.ai/api/v1")
    assert found is not None
    assert found.source == "genai-prices:openrouter/openai/gpt-5.4"
    assert amount("gpt-5.4", "work", base_url="http://127.0.0.1:8000/v1") == amount("gpt-5.4", "openai")


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("no-such-model", "openai"),
        ("no-such-model", None),
        ("local", "work"),
        ("", ""),
        ("\x00", "\x00"),
        ("x" * 100_000, "openai"),
        ("gpt-5.4", "x" * 100_000),
        ("gpt-5.4", "anthropic"),  # a known provider that does not list the model
        ("whisper-1", "openai"),  # priced by the hour
        ("gpt-4o", "github-copilot"),  # part of a plan: listed without a price
    ],
)
def test_an_unknown_price_is_none_and_not_zero(model: str, provider: str | None) -> None:
    assert price(model, provider, USAGE, AT) is None


def test_a_free_model_costs_nothing_and_an_output_without_a_price_is_unknown() -> None:
    assert amount("qwen/qwen3-coder:free", "openrouter") == 0
    assert amount("text-embedding-3-small", "openai", Usage(input=1_000_000, output=0)) == 20_000
    assert amount("text-embedding-3-small", "openai", Usage(input=1_000_000, output=1)) is None


def test_a_providers_name_must_be_its_name() -> None:
    assert amount("Qwen/Qwen3.8-2.4T-A95B", "modal") is not None
    assert amount("Qwen/Qwen3.8-2.4T-A95B", "multimodal") is None


def test_no_tokens_cost_nothing_where_the_price_is_known() -> None:
    assert amount("gpt-5.4", "openai", Usage(input=0, output=0)) == 0


@pytest.mark.parametrize(("tokens", "expected"), [(1, 0), (4, 0), (5, 0), (6, 1), (15, 2), (25, 2), (35, 4)])
def test_amounts_are_rounded_half_to_even(tokens: int, expected: int) -> None:
    # gpt-4.1-nano: 0.10 $ a million, so five tokens are half a micro-dollar
    assert amount("gpt-4.1-nano", "openai", Usage(input=tokens, output=0)) == round(Decimal(tokens) / 10) == expected


def test_long_prompts_take_the_higher_tier_by_all_tokens_of_the_prompt() -> None:
    below = amount("claude-sonnet-4-5", "anthropic", Usage(input=100_000, cache_read=100_000, output=0))
    above = amount("claude-sonnet-4-5", "anthropic", Usage(input=100_000, cache_read=100_001, output=0))
    assert (below, above) == (330_000, 660_001)


def test_the_time_of_the_call_decides_and_a_naive_one_is_utc() -> None:
    dated = [
        (provider.id, model.id)
        for provider in providers
        for model in provider.models
        if isinstance(model.prices, list) and ":" not in model.id
    ]
    assert dated
    old, new = datetime(2020, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    changed = [each for each in dated if price(each[1], each[0], USAGE, old) != price(each[1], each[0], USAGE, new)]
    assert changed
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    for provider, model in dated[:20]:
        same = {price(model, provider, USAGE, at) for at in (AT, AT.replace(tzinfo=None), elsewhere)}
        assert len(same) == 1


TOKENS = st.integers(0, 2_000_000)
TIMES = st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]))  # fmt: skip # noqa: E501
LISTED = [(provider, model) for provider in providers for model in provider.models]
DATED = [each for each in LISTED if isinstance(each[1].prices, list)]
BY_THE_HOUR = [each for each in LISTED if "cache_write_1h_mtok" in repr(each[1].prices)]


@given(
    st.sampled_from(LISTED) | st.sampled_from(DATED) | st.sampled_from(BY_THE_HOUR),
    TIMES,
    TOKENS,
    TOKENS,
    TOKENS,
    TOKENS,
    TOKENS,
)
@settings(max_examples=400)
def test_the_sums_are_those_of_genai_prices(  # type: ignore[no-untyped-def]
    listed, at: datetime, fresh: int, read: int, written: int, hour: int, output: int
) -> None:
    provider, model = listed
    hour = min(hour, written)
    usage = Usage(input=fresh, output=output, cache_read=read, cache_write=written, cache_write_1h=hour)
    ours = Listing(model, "x").microusd(usage, at)
    if ours is None:
        return
    theirs = genai_prices.Usage(
        input_tokens=usage.prompt,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
        output_tokens=output,
    )
    # The library adds nothing for what a price is missing; ours is None there, so what is left must agree.
    total = model.calc_price(theirs, provider, genai_request_timestamp=at).total_price
    assert ours == (total * 1_000_000).to_integral_value(ROUND_HALF_EVEN)


def test_what_is_kept_for_an_hour_costs_more() -> None:
    assert BY_THE_HOUR
    minutes = Usage(input=0, output=0, cache_write=1_000_000)
    hour = Usage(input=0, output=0, cache_write=1_000_000, cache_write_1h=1_000_000)
    assert amount("claude-opus-4-5", "anthropic", minutes) == 6_250_000
    assert amount("claude-opus-4-5", "anthropic", hour) == 10_000_000


def test_one_listing_knows_the_prices_of_all_times() -> None:
    for provider, model in DATED:
        listing = Listing(model, "x")
        for at in (datetime(2020 + i % 8, 1 + i % 12, 1 + i % 28, i % 24, i * 7 % 60, tzinfo=UTC) for i in range(60)):
            theirs = genai_prices.Usage(input_tokens=1_000_000, output_tokens=1_000_000)
            total = model.calc_price(theirs, provider, genai_request_timestamp=at).total_price
            ours = listing.microusd(Usage(input=1_000_000, output=1_000_000), at)
            assert ours in (None, (total * 1_000_000).to_integral_value(ROUND_HALF_EVEN))


@given(st.text(), st.none() | st.text(), st.text())
def test_no_name_makes_it_raise(model: str, provider: str | None, base_url: str) -> None:
    found = price(model, provider, USAGE, AT, base_url=base_url)
    assert found is None or found.microusd >= 0


def test_nothing_is_sent_and_no_updater_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert amount("gpt-5.4-nano", "openai") is not None
    assert update_prices._shared_updater.ref_count == 0


def test_the_price_list_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, agent_models.prices; print('genai_prices' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_threads_get_the_same_prices() -> None:
    models = [("gpt-5.4", "openai"), ("claude-opus-5", "anthropic"), ("gemini-2.5-pro", "google"), ("nope", "openai")]
    expected = [price(model, provider, USAGE, AT) for model, provider in models]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda i: price(*models[i % 4], USAGE, AT), range(400))
    assert list(answers) == expected * 100


def test_the_context_window_of_a_listed_model() -> None:
    assert context_window("gpt-5.4", "openai") == 1_050_000
    assert context_window("claude-sonnet-5", base_url="https://api.anthropic.com/v1") == 1_000_000
    assert context_window("nobody-knows-this", "openai") is None
    assert context_window("x" * 10_000) is None
