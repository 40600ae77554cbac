"""What is configured and where it comes from, how agents connect, and whether reports may be sent."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from agent_dashboards.page_error import PageError
from agent_dashboards.site import Data, Drawn, Site
from agent_telemetry.consent import (
    ASKED_AFTER,
    ASKED_AFTER_REQUESTS,
    LEVELS,
    Consent,
    Effective,
    Use,
    effective_level,
    is_due,
    policy_path,
    read_consent,
    use_of,
    write_consent,
)
from agent_telemetry.consent_text import LEVELS as LEVEL_TEXTS
from agent_telemetry.consent_text import NEVER, RULES, VERSION, Level


class SettingsQuery(msgspec.Struct, frozen=True):
    """`done`: what has just been changed here."""

    done: Literal["", "consent"] = ""


class ConsentForm(msgspec.Struct, frozen=True):
    """The level that the user chose."""

    level: Level


def add_settings(site: Site) -> None:
    """`/settings`, with `/api/settings` as its twin; and the choice about reports."""
    data_folder = site.ledger.parent

    async def data(query: SettingsQuery) -> Drawn:
        settings = site.settings()
        consent, holds, use, size = await asyncio.to_thread(_read, site, settings)
        due = is_due(consent, use, datetime.now(UTC))
        found = {
            **settings,
            "ledger": str(site.ledger),
            "ledger_bytes": size,
            "keep_days": _value(settings, "ledger.keep_days"),
            "keep_text": bool(_value(settings, "routing.keep_text")),
            "reports": {
                "level": holds.level,
                "reasons": list(holds.reasons),
                "most": holds.most,
                "consent": None if consent is None else msgspec.to_builtins(consent),
                "text": VERSION,
                "due": due,
                "sends": False,
                "levels": {level: LEVEL_TEXTS[level]._asdict() for level in LEVELS},
                "never": list(NEVER),
                "rules": list(RULES),
            },
        }
        return Drawn(found, _view(site, query, found, consent, use))

    async def choose(form: ConsentForm) -> str:
        holds = await asyncio.to_thread(_holds, site, site.settings())
        if LEVELS.index(form.level) > LEVELS.index(holds.most):
            raise PageError(409, f"This cannot be chosen here. {' '.join(holds.reasons)}")
        try:
            await asyncio.to_thread(write_consent, data_folder, form.level, datetime.now(UTC))
        except OSError as error:
            said = f"Your choice could not be kept in {data_folder}: {error.strerror}. What held before holds still."
            raise PageError(503, said) from None
        return "/settings?done=consent#reports"

    site.action("/settings/consent", ConsentForm, choose)
    site.page("/settings", "settings.html", SettingsQuery, data)


def _read(site: Site, settings: Data) -> tuple[Consent | None, Effective, Use, int]:
    size = site.ledger.stat().st_size if site.ledger.exists() else 0
    return read_consent(site.ledger.parent), _holds(site, settings), use_of(site.ledger), size


def _holds(site: Site, settings: Data) -> Effective:
    said = settings.get("values", {}).get("telemetry.level", {})
    configured = said.get("value") if said.get("origin", "default") != "default" else None
    return effective_level(read_consent(site.ledger.parent), configured, os.environ, policy_path())


def _value(settings: Data, key: str) -> Any:
    return settings.get("values", {}).get(key, {}).get("value")


def _view(site: Site, query: SettingsQuery, data: Data, consent: Consent | None, use: Use) -> Data:
    reports = data["reports"]
    rows = [
        (key, _text(each["value"]), each["origin"])
        for key, each in data.get("values", {}).items()
        if each["origin"] != "default" or each["value"] not in (None, [], "")
    ]
    chosen = consent.level if consent is not None and consent.text == VERSION else None
    waits = []
    if use.since is None or datetime.now(UTC) - use.since < ASKED_AFTER:
        waits.append(f"{ASKED_AFTER.days} days")
    if use.requests < ASKED_AFTER_REQUESTS:
        waits.append(f"{ASKED_AFTER_REQUESTS} requests")
    return {
        "changed": [row for row in rows if row[2] != "default"],
        "unchanged": [row for row in rows if row[2] == "default"],
        "size": _bytes(data["ledger_bytes"]),
        "levels": [
            {
                "key": level,
                "text": LEVEL_TEXTS[level],
                "chosen": level == chosen,
                "possible": LEVELS.index(level) <= LEVELS.index(reports["most"]),
            }
            for level in LEVELS
        ],
        "holds": LEVEL_TEXTS[reports["level"]].name,
        "waits": " and ".join(waits),
        "saved": query.done == "consent" and chosen is not None,
        "token": site.tokens.make("/settings/consent"),
    }


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "–" if value is None else str(value)


def _bytes(size: int) -> str:
    """1234567 → "1.2 MB"."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size} bytes"
