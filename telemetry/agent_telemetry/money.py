"""What a call through the router cost, would have cost, and did not cost: filled in on the ledger's writer thread."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import structs

from agent_models.completion import Usage
from agent_models.prices import price
from agent_telemetry.usage_record import UsageRecord


class Money:
    """Fills a row's figures. `closed` is (provider, model) of the closed side, whose list price says what a local
    answer would have cost, and `closed_embedding` the same for vectors; `urls` maps providers to their base URLs, by
    which the price list knows them.

    Device and LAN are billed 0, a subscription 0 a call. An unknown price stays None.
    """

    def __init__(
        self,
        closed: tuple[str, str] | None,
        urls: dict[str, str],
        *,
        closed_embedding: tuple[str, str] | None = None,
    ) -> None:
        self._closed = closed
        self._closed_embedding = closed_embedding
        self._urls = urls

    def warm(self) -> None:
        """Load the price list now, a fraction of a second, so that no row waits for it later."""
        price("gpt-5.4", "openai", Usage(input=0, output=0), datetime.now(UTC))

    def __call__(self, row: UsageRecord) -> UsageRecord:
        """The row with its money."""
        if row.input is None or row.output is None:
            return row
        usage = Usage(
            input=row.input,
            output=row.output,
            cache_read=row.cache_read or 0,
            cache_write=row.cache_write or 0,
            reasoning=row.reasoning or 0,
            cache_write_1h=row.cache_write_1h or 0,
        )
        own = row.place in ("device", "lan")
        closed = self._closed_embedding if row.wire == "embeddings" else self._closed
        provider, model = (row.provider, row.model) if not own else (closed or (None, None))
        listed = price(model, provider, usage, row.time, base_url=self._urls.get(provider or "")) if model else None
        figures = {
            "billed": 0 if own or row.place == "subscription" else (listed.microusd if listed else None),
            "equivalent": listed.microusd if listed else None,
            "avoided": listed.microusd if own and listed and row.status == "ok" else None,
            "price_source": listed.source if listed else None,
            "price_version": listed.version if listed else None,
        }
        return structs.replace(row, **figures)
