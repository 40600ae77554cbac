"""The settings of an import, without loading all of the configuration where it does not speak of them: that takes
longer than an import that finds nothing new."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from agent_router.paths import PREFIX, config_path

_SECTIONS = ("logs", "ledger", "plans")


class ImportSettings(NamedTuple):
    """`without`: agents whose logs are left alone. `keep_days`: after how many a call is erased; None is never.
    `plans`: how agents are paid, by their names."""

    without: tuple[str, ...] = ()
    keep_days: int | None = None
    plans: Mapping[str, str] = MappingProxyType({})


def import_settings() -> ImportSettings:
    """What the configuration says. ConfigError where it is wrong."""
    if not _named():
        return ImportSettings()
    from agent_router import config

    settings = config.load().settings
    return ImportSettings(tuple(settings.logs.without), settings.ledger.keep_days, dict(settings.plans))


def _named() -> bool:
    if any(name.upper().startswith(tuple(f"{PREFIX}{each.upper()}__" for each in _SECTIONS)) for name in os.environ):
        return True
    try:
        text = config_path().read_bytes()
    except OSError:
        return bool(os.environ.get(f"{PREFIX}CONFIG", "").strip())  # one that was named must be there
    return any(each.encode() in text for each in _SECTIONS)
