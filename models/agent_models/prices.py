"""What a call costs at list price, from the data that comes with `genai-prices`.

Strictly offline: the package's updater is never started, so a price is as new as the installed package, whose
version is stored beside every amount. The package (27 MB and a fifth of a second, most of it pydantic and an HTTP
client it does not use here) is imported by the first call, not by this module.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

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


class Listing:
    """A model in a provider's price list. `source` names it as `Price.source` does."""

    def __init__(self, info: ModelInfo, source: str) -> None:
        from genai_prices.types import ModelPrice, TimeOfDateConstraint

        self.source = source
        self.context_window = info.context_window
        self._info = info
        self._always = _Tariff(info.prices, info) if isinstance(info.prices, ModelPrice) else None
        daily = [each.constraint for each in info.prices] if isinstance(info.prices, list) else []
        # A price holds for a day in UTC, or between two of these times of a day.
        self._turns = sorted(
            _in_utc(turn)
            for constraint in daily
            if isinstance(constraint, TimeOfDateConstraint)
            for turn in (constraint.start_time, constraint.end_time)
        )
        self._times: dict[tuple[date, int], _Tariff] = {}
        self._tariffs: dict[int, _Tariff] = {}  # by the identity of the prices, which live as long as the list

    def microusd(self, usage: Usage, at: datetime) -> int | None:
        """What `usage` costs at the price of the time `at` (UTC where it is naive), in whole micro-dollars, halves to
        even; None if tokens were used that have no price."""
        return (self._always or self._tariff(at)).microusd(usage)

    def price(self, usage: Usage, at: datetime) -> Price | None:
        """The same with its source."""
        amount = self.microusd(usage, at)
        return None if amount is None else Price(amount, self.source, list_version())

    def per_million(self, at: datetime) -> dict[str, Decimal | None]:
        """US dollars for a million tokens at the time `at`, before any tier for long prompts; None has no price."""
        prices = self._info.get_prices(at)
        names = ("input", "cache_read", "cache_write", "cache_write_1h", "output")
        return {name: base_price(getattr(prices, f"{name}_mtok")) for name in names}

    def _tariff(self, at: datetime) -> _Tariff:
        utc = at if at.tzinfo in (None, UTC) else at.astimezone(UTC)
        when = utc.date(), bisect_right(self._turns, utc.time()) if self._turns else 0
        tariff = self._times.get(when)
        if tariff is None:
            prices = self._info.get_prices(at)
            tariff = self._tariffs.setdefault(id(prices), _Tariff(prices, self._info))
            self._times[when] = tariff
        return tariff


class _Tariff:
    """Prices of one time as whole numbers, which makes the sums exact and ten times as quick as decimal ones.

    A dollar a million tokens is a micro-dollar a token, so a rate is the listed price in units of 1 / `scale` of a
    micro-dollar. The same sums as `ModelInfo.calc_price` with `input_tokens` holding the cached tokens too: a test
    holds the two together.
    """

    __slots__ = ("_free", "_fresh", "_limits", "_output", "_rates", "_reasoning", "_scale")

    def __init__(self, prices: ModelPrice, info: ModelInfo) -> None:
        fresh, output, requests = prices.input_mtok, prices.output_mtok, prices.requests_kcount
        read = fresh if prices.cache_read_mtok is None else prices.cache_read_mtok
        write = fresh if prices.cache_write_mtok is None else prices.cache_write_mtok
        hour = write if prices.cache_write_1h_mtok is None else prices.cache_write_1h_mtok
        reasoning = output if prices.output_reasoning_mtok is None else prices.output_reasoning_mtok
        each = (fresh, read, write, hour, output, reasoning, requests)
        unpriced = fresh is None and output is None and requests is None
        self._free = info.id.endswith(":free") if unpriced else None
        self._fresh, self._output = fresh is not None, output is not None
        # Beyond a limit of tokens in the prompt all of its tokens cost what the next row of rates says.
        self._limits = sorted({tier.start for one in each if one is not None for tier in getattr(one, "tiers", ())})
        rows = [[_beyond(one, limit) for one in each] for limit in (None, *self._limits)]
        digits = max(max(0, -_exponent(rate)) for row in rows for rate in row)
        self._scale: int = 10**digits
        # A thousand requests at a dollar are a thousand micro-dollars each.
        self._rates: list[tuple[int, ...]] = [
            tuple(int(rate * self._scale) for rate in (*row[:6], row[6] * 1000)) for row in rows
        ]

    def microusd(self, usage: Usage) -> int | None:
        """See `Listing.microusd`."""
        fresh, read, written, output = usage.input, usage.cache_read, usage.cache_write, usage.output
        prompt = fresh + read + written
        if self._free is not None:
            return 0 if self._free else None
        if (prompt and not self._fresh) or (output and not self._output):
            return None
        hour = min(usage.cache_write_1h, written)
        reasoning = min(usage.reasoning, output)
        rates = self._rates[bisect_left(self._limits, prompt) if self._limits else 0]
        total: int = (
            fresh * rates[0]
            + read * rates[1]
            + (written - hour) * rates[2]
            + hour * rates[3]
            + (output - reasoning) * rates[4]
            + reasoning * rates[5]
            + rates[6]
        )
        whole, rest = divmod(total, self._scale)
        above = 2 * rest > self._scale or (2 * rest == self._scale and whole % 2 == 1)
        return whole + 1 if above else whole


def _in_utc(turn: time) -> time:
    """A time of day as UTC, which it is where it is naive."""
    return turn if turn.tzinfo is None else datetime.combine(date(1970, 1, 1), turn).astimezone(UTC).time()


def base_price(price: Decimal | TieredPrices | None) -> Decimal | None:
    """A listed price before any tier for long prompts."""
    return price if price is None or isinstance(price, Decimal) else price.base


def _beyond(price: Decimal | TieredPrices | None, limit: int | None) -> Decimal:
    """The price of a prompt that is just longer than `limit` tokens; of a short one without a limit. 0 for none."""
    if price is None or isinstance(price, Decimal):
        return price or Decimal(0)
    tiers = [tier.price for tier in price.tiers if limit is not None and tier.start <= limit]
    return tiers[-1] if tiers else price.base


def _exponent(rate: Decimal) -> int:
    exponent = rate.as_tuple().exponent
    assert isinstance(exponent, int)  # never NaN: the list's own prices
    return exponent


def price(model: str, provider: str | None, usage: Usage, at: datetime, *, base_url: str | None = None) -> Price | None:
    """What `usage` costs at the list price of the time `at`, or None if no price is known. Never a guessed 0.

    The provider is the one whose API `base_url` points at, else the one that `provider` names (a name from the
    user's configuration, which may mean nothing), else the vendor in a model such as `openai/gpt-5.4`, else the
    one known to make the model. A provider that is known but does not list the model gives None.

    A naive `at` counts as UTC. What is not billed at all, such as a call answered on this machine, is the
    caller's to know. Safe to call from several threads.
    """
    found = listing(model, provider, base_url=base_url)
    return None if found is None else found.price(usage, at)


def context_window(model: str, provider: str | None = None, *, base_url: str | None = None) -> int | None:
    """The most tokens of a prompt and its answer by the same list, None if nobody knows. Found as `price` finds it."""
    found = listing(model, provider, base_url=base_url)
    return None if found is None else found.context_window


def listing(model: str, provider: str | None = None, *, base_url: str | None = None) -> Listing | None:
    """Where the list has a model, None if it has not. Found as `price` finds it."""
    if len(model) > _MAX_NAME or len(provider or "") > _MAX_NAME or len(base_url or "") > 4 * _MAX_NAME:
        return None
    return _listed(model.strip().lower(), (provider or "").strip().lower(), (base_url or "").strip().lower())


def is_listed_provider(provider: str) -> bool:
    """Whether the list knows a provider of this name."""
    return _by_name(provider.strip().lower()) is not None


def listings() -> Iterator[tuple[Provider, ModelInfo, str]]:
    """Everything in the list, with its name as `Price.source`."""
    for provider in _providers():
        for info in provider.models:
            yield provider, info, _source(provider, info)


@cache
def list_version() -> str:
    """The version of the price list."""
    import genai_prices

    return genai_prices.__version__


@cache
def _providers() -> list[Provider]:
    # The bundled list itself, not the package's current snapshot, which somebody's updater may have replaced.
    from genai_prices.data import providers

    return providers


@lru_cache(maxsize=_CACHED_NAMES)
def _listed(model: str, provider: str, base_url: str) -> Listing | None:
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


def _in_list(provider: Provider, model: str) -> Listing | None:
    info = provider.find_model(model, all_providers=_providers()) if model else None
    return Listing(info, _source(provider, info)) if info is not None else None


def _source(provider: Provider, info: ModelInfo) -> str:
    return f"genai-prices:{provider.id}/{info.id}"
