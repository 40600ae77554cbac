"""The split for people: bars, tables, and what there is to say about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_models.catalogue import Catalogue
from agent_router.cli.output import console, table, visible
from agent_telemetry.breakdown import SEGMENTS, Row, breakdown
from agent_telemetry.ledger_reader import DaySum
from agent_telemetry.overall import overall
from agent_telemetry.split import OPENNESS, Classify, Leaf

if TYPE_CHECKING:
    from agent_router.cli.usage import Asked

_COLOURS = {
    "open/device": "green",
    "open/lan": "cyan",
    "open/hosted": "blue",
    "closed": "magenta",
    "unknown": "bright_black",
}
_WORDS = {
    "open/device": "open, on this device",
    "open/lan": "open, on your network",
    "open/hosted": "open, hosted",
    "closed": "closed",
    "unknown": "unknown",
}
_LETTERS = {"open/device": "#", "open/lan": "+", "open/hosted": "=", "closed": ".", "unknown": "?"}
_PERIODS = ("day", "week", "month", "first", "last")
_UNITS = {"output": "output tokens", "input": "fresh input tokens", "total": "tokens", "cost": "USD"}
_MOST_ROWS = 12
_WIDE = 104  # columns of a terminal, from which on there is room for all of a table
NOTHING = (
    "Nothing is known yet. `agent-router import` reads the logs that your agents keep on this machine; "
    "`agent-router serve` does so by itself, and counts what passes through it."
)


def show_split(asked: Asked, path: Path, classify: Classify, catalogue: Catalogue) -> None:
    """The split as a whole: a bar, then by agent, model and openness, money, and what it rests on."""
    found = overall(path, since=asked.since, until=asked.until)
    days = sorted(found.days)
    sums = [DaySum(kind, days[0], figures) for kind, figures in found.kinds.items()]
    whole = breakdown(sums, classify)
    total = whole[0] if whole else None
    if total is None or not (total.leaf["requests"] or total.leaf["failed"]):
        in_range = asked.since is not None or asked.until is not None
        console.print("No calls in that time." if in_range and path.exists() else NOTHING, markup=False)
        return
    metric = _metric(total.leaf, asked.metric)
    first, last = days[0], days[-1]
    console.print(f"{first:%d %b %Y}" + (f" to {last:%d %b %Y}" if last != first else ""), markup=False)
    console.print(bar(total, metric, min(console.width, 78)))
    console.print(_legend(total, metric), "")
    for title, group in (("agent", "agent"), ("model", "model"), ("lab", "lab")):
        rows = [row for row in breakdown(sums, classify, (group,)) if row.leaf["requests"]]
        rows.sort(key=lambda row: (-_measure(row.leaf, metric), row.keys))
        if rows and (len(rows) > 1 or group != "lab"):
            _table((title,), [({title: row.keys[0]}, row) for row in rows], total, metric, catalogue, limit=_MOST_ROWS)
    _money(total.leaf)
    _notes(total.leaf, path)


def show_rows(
    asked: Asked, columns: tuple[str, ...], rows: list[tuple[dict[str, Any], Row]], catalogue: Catalogue
) -> None:
    """A table of rows, the bar of each beside it."""
    rows = [row for row in rows if row[1].leaf["requests"]]
    if not rows:
        console.print("No calls in that time." if asked.since or asked.until else NOTHING, markup=False)
        return
    total = _sum([row for _, row in rows])
    if asked.view == "sessions":
        _sessions(rows)
        return
    _table(columns, rows, total, _metric(total.leaf, asked.metric), catalogue)


def _sessions(rows: list[tuple[dict[str, Any], Row]]) -> None:
    lines = [
        [
            *(_cell(name, known[name]) for name in ("last", "session", "agent", "models")),
            *(f"{row.leaf['requests']:,}", short(row.leaf["output"]), _cost(row.leaf)),
        ]
        for known, row in rows
    ]
    columns = ["last", "session", "agent", "models", "requests", "output", "cost"]
    console.print(table("", columns, lines, right=columns[4:]))


def bar(row: Row, metric: str, width: int) -> str:
    """A stacked bar as rich's markup; letters in place of blocks where the output is not UTF-8 or has no colours."""
    whole = _measure(row.leaf, metric)
    blocks = console.encoding.lower().startswith("utf") and not console.no_color and console.is_terminal
    cells, done, drawn = "", 0.0, 0
    for segment in SEGMENTS:
        value = _measure(row.segments[segment], metric) if segment in row.segments else 0
        done += value
        number = (round(done / whole * width) if whole else 0) - drawn
        if value and not number and drawn < width:
            number = 1  # what is there is seen
        drawn += number
        letter = "█" if blocks else _LETTERS[segment]
        cells += f"[{_COLOURS[segment]}]{letter * number}[/]" if number > 0 else ""
    return cells


def _legend(total: Row, metric: str) -> str:
    whole = _measure(total.leaf, metric)
    parts = []
    blocks = console.encoding.lower().startswith("utf") and not console.no_color and console.is_terminal
    for segment in SEGMENTS:
        if segment in total.segments and (value := _measure(total.segments[segment], metric)):
            sign = "■" if blocks else _LETTERS[segment]
            parts.append(f"[{_COLOURS[segment]}]{sign} {_WORDS[segment]} {percent(value / whole)}[/]")
    sums = dict.fromkeys(OPENNESS, 0.0)
    for segment, leaf in total.segments.items():
        sums[segment.partition("/")[0]] += _measure(leaf, metric)
    shares = "  ".join(f"{name} {value / whole if whole else 0:.0%}" for name, value in sums.items())
    unit = _UNITS.get(metric)
    of = f"{_figure(whole, metric)} {unit} in " if unit else ""
    return f"{'   '.join(parts)}\n[bold]{shares}[/]  of {of}{count(total.leaf['requests'], 'request')}"


def percent(share: float) -> str:
    """What is there but rounds to nothing, or to everything, is not shown as such."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _metric(leaf: Leaf, wanted: str) -> str:
    """The metric that was asked for, or the number of requests where nothing is known of it."""
    return wanted if _measure(leaf, wanted) else "requests"


def _measure(leaf: Leaf, metric: str) -> float:
    from agent_router.cli.usage import measure

    return measure(leaf, metric)


def _sum(rows: list[Row]) -> Row:
    """Only what shares are taken of: figures of all, and of each segment."""
    names = ("input", "cache_read", "cache_write", "output", "requests", "total_tokens")

    def added(leaves: list[Leaf]) -> Leaf:
        cost = {name: sum(leaf["cost"][name] or 0 for leaf in leaves) for name in ("billed", "equivalent", "avoided")}
        return {name: sum(leaf[name] for leaf in leaves) for name in names} | {"cost": cost}

    parts = {segment: [row.segments[segment] for row in rows if segment in row.segments] for segment in SEGMENTS}
    return Row((), added([row.leaf for row in rows]), {name: added(leaves) for name, leaves in parts.items() if leaves})


def _table(
    columns: tuple[str, ...],
    rows: list[tuple[dict[str, Any], Row]],
    total: Row,
    metric: str,
    catalogue: Catalogue,
    *,
    limit: int | None = None,
) -> None:
    from rich.table import Table

    narrow = console.width < _WIDE
    made = Table(header_style="bold", box=None, pad_edge=False, expand=False)
    last = len(columns) - 1
    for number, name in enumerate(columns):
        made.add_column(name, overflow="fold", max_width=40 if number == last else 24, no_wrap=name in _PERIODS)
    if columns[-1] in ("model", "lab") and not narrow:
        made.add_column("lab" if columns[-1] == "model" else "country")
    for name in ("requests", *(() if narrow else ("input", "cached")), "output", "share", "cost"):
        made.add_column(name, justify="right", no_wrap=True)
    made.add_column("open", justify="right", no_wrap=True)
    made.add_column("", no_wrap=True)
    whole = _measure(total.leaf, metric)
    greatest = max(_measure(row.leaf, metric) for _, row in rows) or 1
    labs = {family.lab: family for family in catalogue.families}
    for known, row in rows[:limit]:
        leaf = row.leaf
        more = []
        if columns[-1] == "model" and not narrow:
            more = [catalogue.lab(known["model"]) or "?"]
        elif columns[-1] == "lab" and not narrow:
            more = [labs[known["lab"]].country or "?" if known["lab"] in labs else "?"]
        opened = sum(_measure(part, metric) for segment, part in row.segments.items() if segment.startswith("open"))
        own = _measure(leaf, metric)
        made.add_row(
            *(visible(_cell(name, known[name])) for name in columns),
            *more,
            f"{leaf['requests']:,}",
            *(() if narrow else (short(leaf["input"]), short(leaf["cache_read"] + leaf["cache_write"]))),
            short(leaf["output"]),
            percent(own / whole) if whole else "",
            _cost(leaf),
            percent(opened / own) if own else "",
            bar(row, metric, max(1, round(10 * own / greatest)) if columns[-1] != "day" else 10),
        )
    console.print(made)
    if limit is not None and len(rows) > limit:
        left = len(rows) - limit
        console.print(f"and {left} more: agent-router usage {columns[-1]}s", style="bright_black", markup=False)
    console.print()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "unknown"
    if name in ("first", "last"):
        return str(value)[:16].replace("T", " ")
    return str(value)


def _money(leaf: Leaf) -> None:
    cost = leaf["cost"]
    parts = [
        f"billed {dollars(cost['billed'])}{_of(leaf)}",
        f"at list prices {dollars(cost['equivalent'])}",
        f"avoided by open models of your own {dollars(cost['avoided'])}",
    ]
    console.print("Money: " + ", ".join(parts) + ".", markup=False)


def _of(leaf: Leaf) -> str:
    """Of how many requests that is, where it is not of all."""
    if cost_unknown := leaf["unpriced"]:
        return f" for {leaf['requests'] - cost_unknown:,} of {count(leaf['requests'], 'request')}"
    return ""


def _notes(leaf: Leaf, path: Path) -> None:
    if leaf["failed"]:
        console.print(f"{count(leaf['failed'], 'further request')} got no answer.")
    if leaf["unknown_usage"]:
        console.print(f"{count(leaf['unknown_usage'], 'answer')} came without token counts: counted as requests only.")
    if unpriced := leaf["unpriced"] - leaf["unknown_usage"]:
        console.print(
            f"{count(unpriced, 'answer')} with nothing known of what was billed: models without a known price, or "
            "agents that may be signed in with a plan (say so under \\[plans] in the configuration)."
        )
    from agent_telemetry.coverage import dropped

    if number := sum(dropped(path).values()):
        console.print(
            f"{count(number, 'duplicate')} dropped: each call counts once; agent-router sources says more.",
            markup=False,
        )


def count(number: int, thing: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def short(tokens: int) -> str:
    """`950`, `48.3k`, `1.20M`, `3.4G`."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if tokens >= 0.99995 * size and tokens >= 10_000:
            value = tokens / size
            return f"{value:.2f}{letter}" if value < 10 and size > 10**3 else f"{value:.1f}{letter}"
    return f"{tokens:,}"


def _figure(value: float, metric: str) -> str:
    return f"{value:,.2f}" if metric == "cost" else f"{round(value):,}"


def _cost(leaf: Leaf) -> str:
    """What was billed; in brackets what it would have cost, where of most of it nobody knows what was billed."""
    cost = leaf["cost"]
    if 2 * leaf["unpriced"] > leaf["requests"] and cost["equivalent"] is not None:
        return f"({dollars(cost['equivalent'])})"
    return dollars(cost["billed"])


def dollars(amount: float | None) -> str:
    """With as many digits as a small sum needs; `?` where nothing is known."""
    if amount is None:
        return "?"
    if amount >= 1000:
        return f"${amount:,.0f}"
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"
