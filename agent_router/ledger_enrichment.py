"""Where a call that a log tells of was answered, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from agent_router.paths import config_path, data_path
from agent_telemetry.usage_record import Place, UsageRecord


def enrichment() -> Callable[[UsageRecord], UsageRecord]:
    """What adds place and money to a row. Made when there is a row, as loading prices takes long, and again when the
    configuration or the user's own part of the catalogue has changed.

    ConfigError where one of these is wrong.
    """
    return _made(_stamp(config_path()), _stamp(data_path() / "catalogue.yaml"))


def _stamp(path: Path) -> tuple[str, int]:
    try:
        return str(path), path.stat().st_mtime_ns
    except OSError:
        return str(path), 0


@lru_cache(maxsize=1)
def _made(*_: tuple[str, int]) -> Callable[[UsageRecord], UsageRecord]:
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
        own = row.place  # by the address of a server, which may pass on what it is asked: a closed model is not there
        return money(row, "hosted" if own and openness == "closed" else own or told, openness)

    return enrich
