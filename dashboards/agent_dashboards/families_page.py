"""The families: kinds of request that repeat, where each stands on the ladder, and what it has earned or would save."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import msgspec

from agent_dashboards.addresses import family_address
from agent_dashboards.number_format import percent
from agent_dashboards.site import Data, Drawn, Site
from agent_dashboards.task_words import task_words
from agent_dashboards.time_range import RANGES, Range, begin_of
from agent_telemetry.family_figures import FamilyFigures, family_figures

Rung = Literal["shadow", "canary", "local", "closed"]
LADDER: dict[Rung, tuple[str, str]] = {
    "closed": ("Closed", "proven not good enough: the closed side answers"),
    "shadow": ("Shadow", "the closed side answers, and the local model is tried beside it"),
    "canary": ("Canary", "local for a tenth of its requests"),
    "local": ("Local", "earned: the local model answers"),
}
"""The steps of the ladder from the lowest, in words."""
_PAGE = 50


class FamiliesQuery(msgspec.Struct, frozen=True):
    """Which families: on a rung, of a kind, with a text in the name or label; `skip` so many of them."""

    range: Range = "30d"
    rung: Rung | Literal[""] = ""
    kind: str = ""
    q: str = ""
    skip: int = 0
    done: Literal["", "forget"] = ""


def add_families(site: Site) -> None:
    """`/families`, with `/api/families` as its twin."""

    async def data(query: FamiliesQuery) -> Drawn:
        since = begin_of(query.range, datetime.now())
        read = partial(family_figures, site.ledger, site.classify, since=since)
        everything: list[FamilyFigures] = await site.kept.get(("families", query.range), read)
        found = [family for family in everything if _fits(family, query)]
        skip = max(query.skip, 0)
        data: Data = {
            "range": query.range,
            "rung": query.rung or None,
            "kind": query.kind or None,
            "q": query.q or None,
            "done": query.done,
            "known": len(everything),
            "found": len(found),
            "skip": skip,
            "rungs": {rung: sum(family.rung == rung for family in everything) for rung in LADDER},
            "kinds": sorted({family.kind for family in everything}),
            "earned": _sum(everything, "earned"),
            "would_save": _sum(everything, "would_save"),
            "families": [family_object(family) for family in found[skip : skip + _PAGE]],
        }
        following = skip + _PAGE
        shown = {
            "ranges": RANGES,
            "ladder": LADDER,
            "words": task_words,
            "address": family_address,
            "lines": [shown_family(family) for family in data["families"]],
            "older": following if following < len(found) else None,
            "newer": max(skip - _PAGE, 0) if skip else None,
        }
        return Drawn(data, shown)

    site.page("/families", "families.html", FamiliesQuery, data)


def _fits(family: FamilyFigures, query: FamiliesQuery) -> bool:
    wanted = query.q.lower()
    return (
        query.rung in ("", family.rung)
        and query.kind in ("", family.kind)
        and (not wanted or wanted in family.name.lower() or wanted in family.label.lower())
    )


def _sum(families: list[FamilyFigures], key: str) -> float | None:
    known = [amount for family in families if (amount := getattr(family, key)) is not None]
    return sum(known) / 1_000_000 if known or not families else None


def family_object(family: FamilyFigures) -> Data:
    """A family for JSON: money in USD or null, times ISO in UTC or null, `local_share` of its requests or null."""
    found: Data = msgspec.to_builtins(family)
    for name in ("earned", "would_save"):
        found[name] = None if found[name] is None else found[name] / 1_000_000
    for name in ("first_seen", "last_seen"):
        found[name] = iso(found[name]) if found[name] else None
    found["local_share"] = family.local / family.requests if family.requests else None
    return found


def shown_family(family: Data) -> dict[str, Any]:
    """What a table's row shows, as text."""
    known = family["mean"] is not None and family["evidence"]
    bound = f"≥ {family['lower']:.2f}" if known and family["lower"] is not None else ""
    return {
        **family,
        "steps": [(rung, rung == family["rung"]) for rung in LADDER],
        "success": f"{family['mean']:.2f}" if known else "–",
        "bound": bound,
        "outcomes": f"{family['evidence']:,.0f} outcome{'' if round(family['evidence']) == 1 else 's'}"
        if known
        else "",
        "share": "–" if family["local_share"] is None else percent(family["local_share"]),
    }


def iso(seconds: float) -> str:
    """Seconds since 1970 as ISO, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
