"""The user's open/closed split: the ledger's figures, added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from functools import cache
from operator import add
from pathlib import Path
from typing import Any, TypeVar

from agent_telemetry.ledger_reader import DaySum, Kind, sums_by_session
from agent_telemetry.overall import Overall, overall, overall_of
from agent_telemetry.sums import SUMS

Classify = Callable[[str | None, str | None], tuple[str, str | None]]
"""(model, provider) → (openness: open, closed or unknown; the lab's name or None)."""

OPENNESS = ("open", "closed", "unknown")
UNKNOWN = "unknown"

Key = TypeVar("Key", str, Kind)
Leaf = dict[str, Any]
Split = dict[str, Any]


def split(
    path: Path,
    classify: Classify,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    zone: tzinfo | None = None,
    by_session: bool = True,
) -> Split:
    """The split of the calls from `since` on and before `until`; days are those of `zone` (None: the system's).

    `all` is one leaf; `by_day` (ISO dates, ascending), `by_month` (`2026-11`), `by_model`, `by_provider`, `by_agent`,
    `by_lab`, `by_session`, `by_openness` (always open, closed and unknown), `by_openness_place` ("open/device",
    "closed/hosted", ...), `by_agent_openness` ("claude/open") and `by_route` map names to leaves. What has no name is
    "unknown". Without `by_session`, of which there may be thousands, that key is missing.

    A leaf holds integers: `input` (fresh), `cache_read`, `cache_write`, `output` (with reasoning), `reasoning`,
    `total_tokens` (the first four), `requests` (calls that were answered: whole, or cut or cancelled after
    output), `failed` (calls without an answer, which are not in `requests`; their tokens, if any, do count),
    `unknown_usage` (requests of which no token figures are known), `unpriced` (requests of which no price is known,
    which `billed` leaves out); and `cost` in USD: `billed`, `equivalent`, `avoided`, each None where nothing is known.

    Openness is looked up now, not when the call was made: a correction of the catalogue corrects the past.
    Raises `sqlite3.Error` where the file is no ledger. A missing file is an empty split.
    """
    answer = _split(overall(path, since=since, until=until, zone=zone), classify)
    if not by_session:
        return answer
    sessions: dict[str, list[int]] = {}
    for session, figures in sums_by_session(path, since=since, until=until, zone=zone).items():
        _add(sessions, session or UNKNOWN, figures)
    answer["by_session"] = _sorted(sessions)
    return answer


def split_of(sums: Iterable[DaySum], classify: Classify) -> Split:
    """The split of sums that were read already, without `by_session`; see `split`."""
    return _split(overall_of(sums), classify)


def _split(found: Overall, classify: Classify) -> Split:
    by_day = {day.isoformat(): list(figures) for day, figures in found.days.items()}
    by_month: dict[str, list[int]] = {}
    for day, of_day in by_day.items():
        _add(by_month, day[:7], of_day)
    known = cache(classify)
    names = ("model", "provider", "agent", "lab", "openness", "openness_place", "agent_openness", "route")
    groups: dict[str, dict[str, list[int]]] = {name: {} for name in names}
    groups["openness"] = {openness: [0] * len(SUMS) for openness in OPENNESS}
    everything = [0] * len(SUMS)
    for kind, figures in found.kinds.items():
        openness, lab = known(kind.model, kind.provider)
        place = f"{openness}/{kind.place or UNKNOWN}"
        of_agent = f"{kind.agent or UNKNOWN}/{openness}"
        keys = (kind.model, kind.provider, kind.agent, lab, openness, place, of_agent, kind.route)
        for name, key in zip(names, keys, strict=True):
            _add(groups[name], key or UNKNOWN, figures)
        everything = [a + b for a, b in zip(everything, figures, strict=True)]
    answer: Split = {"all": leaf_of(everything)}
    for name, periods in (("day", by_day), ("month", by_month)):
        answer[f"by_{name}"] = {period: leaf_of(periods[period]) for period in sorted(periods)}
    for name, group in groups.items():
        answer[f"by_{name}"] = _sorted(group)
    return answer


def _sorted(group: dict[str, list[int]]) -> dict[str, Leaf]:
    return {key: leaf_of(figures) for key, figures in sorted(group.items(), key=_most_output)}


def _add(group: dict[Key, list[int]], key: Key, figures: Iterable[int]) -> None:
    before = group.get(key)
    group[key] = list(figures) if before is None else list(map(add, before, figures))


def _most_output(item: tuple[str, list[int]]) -> tuple[int, int, str]:
    """Sorts by output tokens, then requests, the most first."""
    return -item[1][SUMS.index("output")], -item[1][SUMS.index("answered")], item[0]


def leaf_of(figures: Sequence[int]) -> Leaf:
    """A leaf of figures in the order of `SUMS`; see `split`."""
    sums = dict(zip(SUMS, figures, strict=True))
    leaf: Leaf = {name: sums[name] for name in ("input", "cache_read", "cache_write", "output", "reasoning")}
    leaf["requests"] = sums["answered"]
    leaf["total_tokens"] = sums["input"] + sums["cache_read"] + sums["cache_write"] + sums["output"]
    leaf["failed"] = sums["failed"]
    leaf["unknown_usage"] = sums["unknown_usage"]
    leaf["unpriced"] = max(sums["answered"] - sums["billed_known"], 0)
    money = ("billed", "equivalent", "avoided")
    leaf["cost"] = {name: sums[name] / 1_000_000 if sums[f"{name}_known"] else None for name in money}
    return leaf
