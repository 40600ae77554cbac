"""Where a call that a log tells of was answered, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from agent_telemetry.usage_record import Place, UsageRecord


@cache
def enrichment() -> Callable[[UsageRecord], UsageRecord]:
    """What adds place and money to a row. Made once, and not before there is a row: loading prices takes long.

    ConfigError where the configuration, or the user's own part of the catalogue, is wrong.
    """
    from agent_models.catalogue import Catalogue, CatalogueError
    from agent_router import config
    from agent_router.errors import ConfigError
    from agent_router.routing.names import closed_side
    from agent_telemetry.logged_money import LoggedMoney
    from agent_telemetry.openness import classifier
    from agent_telemetry.place import place

    loaded = config.load()
    settings = loaded.settings
    try:
        classify = classifier(Catalogue.load(loaded.data / "catalogue.yaml"))
    except CatalogueError as error:
        raise ConfigError(str(error)) from None
    closed = closed_side(settings)
    money = LoggedMoney(
        (closed.provider, closed.model, settings.upstreams[closed.provider].address) if closed else None, settings.plans
    )

    @lru_cache(maxsize=4096)
    def where(provider: str | None, model: str | None) -> tuple[Place | None, str]:
        openness, _ = classify(model, provider)
        return place(provider, model, openness=openness), openness

    def enrich(row: UsageRecord) -> UsageRecord:
        told, openness = where(row.provider, row.model)
        return money(row, row.place or told, openness)

    return enrich
