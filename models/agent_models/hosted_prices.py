"""At what price somebody hosts an open model: what its tokens would have cost, had they not been computed at home.

A local model is spelled `qwen3:30b`, `Qwen3-30B-A3B-Q4_K_M.gguf` or `mlx-community/Qwen3-30B-A3B-4bit`, a hosted one
`qwen/qwen3-30b-a3b`. Both are cut down to what the weights are called: no vendor, no quantisation, no "instruct". A
local name that leaves its size open (`qwen3`, `llama3.2:latest`) fits none that states one, and so has no price.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

from agent_models.catalogue.model_name import MAX_LENGTH, read_name
from agent_models.prices import Listing, base_price, listings

_PLANS: Final = frozenset({"github-copilot", "cursor"})  # their prices are those of a plan's credits
_NOW: Final = datetime(9999, 1, 1, tzinfo=UTC)  # the newest prices that the list has

_QUANTISED = re.compile(
    r"[-_.:@](ud|i?q[0-9]+(_[a-z0-9]+)*|b?f(16|32)|fp(4|8|16|32)|[0-9]+-?bits?|int[48]|mxfp4|nvfp4|w[0-9]+a[0-9]+)(?![a-z0-9])"
)
_ACTIVE = re.compile(r"-a[0-9]+(\.[0-9]+)?b(?![a-z0-9])")  # 30b-a3b is 30b: what is active does not tell models apart
_SUFFIX = re.compile(r"\.(gguf|ggml|safetensors|llamafile)$")
# fmt: off
_IDLE: Final = frozenset({
    "instruct", "it", "chat", "gguf", "mlx", "awq", "gptq", "exl", "bnb", "latest", "meta", "imatrix", "hf",
})
# fmt: on


@lru_cache(maxsize=2048)
def hosted_listing(model: str) -> Listing | None:
    """The cheapest listing of the very same open weights, None if nobody in the price list hosts them.

    The cheapest is by the newest prices, for three fresh tokens to one that is written, and then by name: the same
    choice for every call, which `Listing.source` tells.
    """
    if len(model) > MAX_LENGTH or model.lower().endswith(":latest"):  # the size is Ollama's choice
        return None
    found = _hosted().get(_weights(model))
    return found[2] if found else None


def _weights(model: str) -> tuple[str, ...]:
    name = re.split(r"[/\\]", model.strip().lower())[-1]
    name = _ACTIVE.sub("", _QUANTISED.sub("", _SUFFIX.sub("", name)))
    return tuple(word for word in read_name(name).words if word not in _IDLE)


@cache
def _hosted() -> dict[tuple[str, ...], tuple[Decimal, str, Listing]]:
    best: dict[tuple[str, ...], tuple[Decimal, str, Listing]] = {}
    for provider, info, source in listings():
        if provider.id in _PLANS or ":free" in info.id:
            continue
        prices = info.get_prices(_NOW)
        fresh, output = base_price(prices.input_mtok), base_price(prices.output_mtok)
        if not fresh or not output:
            continue
        weights, blend = _weights(info.id), 3 * fresh + output
        known = best.get(weights)
        if weights and (known is None or (blend, source) < known[:2]):
            best[weights] = (blend, source, Listing(info, source))
    return best
