"""What a call that an agent's log tells of cost, would have cost, and did not cost.

A log says less than the router knows: whose model it was, not on what terms. People sign in to some agents with a
flat-rate plan, and the log looks the same; then what was billed is unknown, unless the user says what the terms are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from msgspec import structs

from agent_models.completion import Usage
from agent_models.hosted_prices import hosted_listing
from agent_models.prices import Listing, is_listed_provider, list_version, listing
from agent_telemetry.usage_record import Place, UsageRecord

Terms = Literal["api", "subscription"]

# Agents that are used with a plan as often as with a key, and the provider that sells the plan. With another provider
# it is a key: Codex on OpenRouter.
_SIGNED_IN: Final = {
    "claude": ("anthropic",),
    "codex": ("openai",),
    "copilot": ("github-copilot",),
    "gemini": ("google", "gemini"),
}
# Providers that agents name and the price list does not, and whose models they sell at their own list price; None:
# models of several makers.
_MAKERS: Final = {
    "claude-cli": "anthropic",
    "codex-cli": "openai",
    "github-copilot": None,
    "google-antigravity": None,
    "google-gemini-cli": "google",
    "kimi-code": "moonshotai",
    "kimi-coding": "moonshotai",
    "kimi-for-coding": "moonshotai",
    "minimax-cn-coding-plan": "minimax",
    "minimax-coding-plan": "minimax",
    "minimax-portal": "minimax",
    "openai-codex": "openai",
    "zai-coding-cn": "zhipuai",
    "zai-coding-plan": "zai",
    "zhipuai-coding-plan": "zhipuai",
}


class _Rule(NamedTuple):
    """What holds for all calls of an agent to a model of a provider. `billed`: nothing, the list price, or unknown."""

    place: Place | None
    listing: Listing | None
    billed: Literal["nothing", "listed", "unknown"]
    own: bool


class LoggedMoney:
    """Sets a row's place and fills in its figures. `closed` is (provider, model, base URL) of the closed side, whose
    list price says what a local answer would have cost; without one it is what the cheapest host asks for the same
    open weights. `plans` says on what terms an agent's calls are.

    Device and LAN are billed 0, a subscription 0 a call. An unknown price stays None.
    """

    def __init__(self, closed: tuple[str, str, str | None] | None, plans: Mapping[str, Terms]) -> None:
        self._closed = closed
        self._plans = plans
        self._rule = lru_cache(maxsize=4096)(self._make)
        self._version = list_version()

    def __call__(self, row: UsageRecord, place: Place | None, openness: str) -> UsageRecord:
        """The row with its place, which is None where it cannot be told, and its money. `openness` is its model's."""
        rule = self._rule(row.agent, row.provider, row.model, place, openness, row.wire == "embeddings")
        fresh, output = row.input, row.output
        if fresh is None or output is None:
            return structs.replace(row, place=rule.place)
        listed = rule.listing
        amount = None
        if listed is not None:
            usage = Usage(
                fresh,
                output,
                row.cache_read or 0,
                row.cache_write or 0,
                row.reasoning or 0,
                row.cache_write_1h or 0,
            )
            amount = listed.microusd(usage, row.time)
        return structs.replace(
            row,
            place=rule.place,
            billed=0 if rule.billed == "nothing" else amount if rule.billed == "listed" else None,
            equivalent=amount,
            avoided=amount if rule.own and row.status == "ok" else None,
            price_source=listed.source if listed is not None and amount is not None else None,
            price_version=self._version if amount is not None else None,
        )

    def _make(
        self,
        agent: str | None,
        provider: str | None,
        model: str | None,
        place: Place | None,
        openness: str,
        vectors: bool,
    ) -> _Rule:
        name = (provider or "").strip().lower()
        if place in ("device", "lan"):
            return _Rule(place, self._instead(model, openness, vectors), "nothing", own=True)
        terms = self._terms(agent, name)
        listed, by_provider = _asked(model, name, openness)
        if listed is None and model and openness == "open":  # nobody says who served it, and others do
            listed = hosted_listing(model)
        if place == "subscription" or (place == "hosted" and terms == "subscription"):
            return _Rule("subscription", listed, "nothing", own=False)
        billed = place == "hosted" and terms == "api" and by_provider
        return _Rule(place, listed, "listed" if billed else "unknown", own=False)

    def _instead(self, model: str | None, openness: str, vectors: bool) -> Listing | None:
        """What a local answer would have been paid for."""
        if self._closed is not None and not vectors:
            provider, closed, base_url = self._closed
            return listing(closed, provider, base_url=base_url)
        return hosted_listing(model) if model and openness == "open" else None

    def _terms(self, agent: str | None, provider: str) -> Terms | None:
        sellers = _SIGNED_IN.get(agent or "")
        if sellers is not None and provider and provider not in sellers:
            return "api"
        return self._plans.get(agent or "", None if sellers is not None else "api")


def _asked(model: str | None, provider: str, openness: str) -> tuple[Listing | None, bool]:
    """The price for a hosted model, and whether it is the provider's own: else it is the maker's, or the cheapest
    host's of the same open weights."""
    if not model:
        return None, False
    if provider not in _MAKERS and (not provider or is_listed_provider(provider)):
        listed = listing(model, provider)
        if listed is not None:
            return listed, True
    maker = _MAKERS.get(provider)
    listed = (listing(model, maker) if maker else None) or listing(model)
    return listed or (hosted_listing(model) if openness == "open" else None), False
