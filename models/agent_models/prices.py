"""What a call costs at list price, from the data that comes with `genai-prices`.

Strictly offline: the package's updater is never started, so a price is as new as the installed package, whose
version is stored beside every amount. The package (27 MB and a fifth of a second, most of it pydantic and an HTTP
client it does not use here) is imported by the first call, not by this module.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from agent_models.completion import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

_MAX_NAME: Final = 256  # characters; a longer model or provider name has no price
_CACHED_NAMES: Final = 2048

# What people call a provider, beside genai-prices' own identifiers. Its own loose matching is not used: it would
# take an upstream that is called "multimodal" for Modal.
_ALIASES: Final = {
    "amazon": "aws",
    "amazon-bedrock": "aws",
    "azure-openai": "azure",
    "bedrock": "aws",
    "bigmodel": "zhipuai",
    "claude": "anthropic",
    "copilot": "github-copilot",
    "deepseek-ai": "deepseek",
    "fireworks-ai": "fireworks",
    "gemini": "google",
    "google-ai-studio": "google",
    "google-vertex": "google",
    "grok": "x-ai",
    "kimi": "moonshotai",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "together-ai": "together",
    "together_ai": "together",
    "togetherai": "together",
    "vertex": "google",
    "vertex-ai": "google",
    "vertex_ai": "google",
    "xai": "x-ai",
    "z-ai": "zai",
    "z.ai": "zai",
    "zai-org": "zai",
}


class Price(msgspec.Struct, frozen=True):
    """An amount in whole micro-dollars (1 USD = 1_000_000), and where it comes from.

    `source` names the price list, the provider and the model in it (`genai-prices:openai/gpt-5.4`); `version` is
    that of the list.
    """

    microusd: int
    source: str
    version: str


def price(model: str, provider: str | None, usage: Usage, at: datetime, *, base_url: str | None = None) -> Price | None:
    """What `usage` costs at the list price of the time `at`, or None if no price is known. Never a guessed 0.

    The provider is the one whose API `base_url` points at, else the one that `provider` names (a name from the
    user's configuration, which may mean nothing), else the vendor in a model such as `openai/gpt-5.4`, else the
    one known to make the model. A provider that is known but does not list the model gives None.

    Cache writes are priced at the provider's standard (five-minute) rate; `Usage` does not tell one-hour ones
    apart. A naive `at` counts as UTC. What is not billed at all, such as a call answered on this machine, is the
    caller's to know. Safe to call from several threads.
    """
    if len(model) > _MAX_NAME or len(provider or "") > _MAX_NAME or len(base_url or "") > 4 * _MAX_NAME:
        return None
    listed = _listed(model.strip().lower(), (provider or "").strip().lower(), (base_url or "").strip().lower())
    if listed is None:
        return None
    amount = _amount(listed.info.get_prices(at), usage, free=listed.info.id.endswith(":free"))
    if amount is None:
        return None
    whole = (amount * 1_000_000).to_integral_value(ROUND_HALF_EVEN)
    return Price(int(whole), listed.source, _list_version())


def context_window(model: str, provider: str | None = None, *, base_url: str | None = None) -> int | None:
    """The most tokens of a prompt and its answer by the same list, None if unknown. Found as `price` finds it."""
    if len(model) > _MAX_NAME or len(provider or "") > _MAX_NAME or len(base_url or "") > 4 * _MAX_NAME:
        return None
    listed = _listed(model.strip().lower(), (provider or "").strip().lower(), (base_url or "").strip().lower())
    return None if listed is None else listed.info.context_window


class _Listed(NamedTuple):
    info: ModelInfo
    source: str


@cache
def _providers() -> list[Provider]:
    # The bundled list itself, not the package's current snapshot, which somebody's updater may have replaced.
    from genai_prices.data import providers

    return providers


@cache
def _list_version() -> str:
    import genai_prices

    return genai_prices.__version__


@lru_cache(maxsize=_CACHED_NAMES)
def _listed(model: str, provider: str, base_url: str) -> _Listed | None:
    """The list's entry for a model; all arguments in lower case, the latter two may be empty.

    Not by genai-prices' own look-up, which remembers every name it was ever asked for.
    """
    vendor, slash, rest = model.partition("/")
    at_provider = _by_address(base_url) or _by_name(provider)
    if at_provider is not None:
        return _in_list(at_provider, model) or (_in_list(at_provider, rest) if slash else None)
    maker = _by_name(vendor) if slash else None
    if maker is not None:
        return _in_list(maker, rest)
    maker = next((p for p in _providers() if p.model_match is not None and p.model_match.is_match(model)), None)
    return _in_list(maker, model) if maker is not None else None


def _by_address(base_url: str) -> Provider | None:
    if not base_url:
        return None
    return next((p for p in _providers() if re.match(p.api_pattern, base_url)), None)


def _by_name(name: str) -> Provider | None:
    wanted = _ALIASES.get(name, name)
    return next((p for p in _providers() if p.id == wanted), None)


def _in_list(provider: Provider, model: str) -> _Listed | None:
    info = provider.find_model(model, all_providers=_providers()) if model else None
    return _Listed(info, f"genai-prices:{provider.id}/{info.id}") if info is not None else None


def _amount(prices: ModelPrice, usage: Usage, *, free: bool) -> Decimal | None:
    """US dollars for `usage`, or None if tokens were used that the list has no price for.

    The same sums as `ModelInfo.calc_price` with `input_tokens` holding the cached tokens too (a test holds the two
    together), without its 0.2 ms of working out from totals the disjoint buckets that `Usage` already has.
    """
    from genai_prices.types import calc_unit_price

    fresh, output, per_request = prices.input_mtok, prices.output_mtok, prices.requests_kcount
    if fresh is None and output is None and per_request is None:
        return Decimal(0) if free else None
    if (fresh is None and usage.prompt) or (output is None and usage.output):
        return None
    reasoning = min(usage.reasoning, usage.output) if prices.output_reasoning_mtok is not None else 0
    buckets: tuple[tuple[Decimal | TieredPrices | None, int], ...] = (
        (fresh, usage.input),
        (fresh if prices.cache_read_mtok is None else prices.cache_read_mtok, usage.cache_read),
        (fresh if prices.cache_write_mtok is None else prices.cache_write_mtok, usage.cache_write),
        (output, usage.output - reasoning),
        (prices.output_reasoning_mtok, reasoning),
    )
    total = sum((calc_unit_price(each, count, usage.prompt, 1_000_000) for each, count in buckets), Decimal(0))
    return total + calc_unit_price(per_request, 1, usage.prompt, 1_000)
