"""Plots as SVG, readable on light and on dark."""

from __future__ import annotations

from collections import Counter, defaultdict
from html import escape
from typing import Any

from tests.bench.routing.running import Run

WIDTH, LEFT, RIGHT, TOP = 860, 130, 20, 56
COLOURS = {
    "local": "#2a9d6f",
    "canary": "#8ac926",
    "shadow": "#8d99ae",
    "closed": "#9b5de5",
    "escalated": "#f4a259",
    "right": "#3a86ff",
    "cost": "#9b5de5",
}
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600}.small{font-size:11px;"
    "fill:#666}.axis{stroke:#999;stroke-width:1}.grid{stroke:#ddd;stroke-width:1}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#aaa}.grid{stroke:#444}}"
)


def split_over_time(run: Run, window: int = 100) -> str:
    """Who answered, in windows of so many requests."""
    answered = run.answered
    ways = ["local", "escalated", "closed"]
    points = []
    for start in range(0, len(answered) - window + 1, window // 2):
        part = answered[start : start + window]
        count = Counter(_way(each) for each in part)
        points.append((start + window / 2, [count[way] / window for way in ways]))
    height, plot = 376, 240
    span = WIDTH - LEFT - RIGHT
    total = len(answered)

    def at(number: float, share: float) -> str:
        return f"{LEFT + number / total * span:.1f},{TOP + plot * (1 - share):.1f}"

    parts = []
    below = [0.0] * len(points)
    for nth, way in enumerate(ways):
        above = [low + shares[nth] for low, (_, shares) in zip(below, points, strict=True)]
        upper = [at(number, share) for (number, _), share in zip(points, above, strict=True)]
        lower = [at(number, share) for (number, _), share in zip(points, below, strict=True)][::-1]
        parts.append(f'<polygon fill="{COLOURS[way]}" fill-opacity=".85" points="{" ".join(upper + lower)}"/>')
        below = above
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + plot * (1 - share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share:.0%}</text>')
    parts += _numbers(total, TOP + plot)
    parts += _legend([(way, COLOURS[way]) for way in ways], height - 14)
    last = sum(each.route == "local" for each in answered[-300:]) / min(300, len(answered))
    title = f"Within {total:,} requests, {last:.0%} of the traffic has earned its way to the local model"
    return _svg(title, height, parts)


def swimlanes(run: Run) -> str:
    """Every family of the bench in a row, each request in the colour of the rung that it met."""
    known = {call["key"]: call for call in run.rows["calls"] if call["source"] == "proxy"}
    lanes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, each in enumerate(run.answered):
        lanes[each.family].append((number, _rung(each, known.get(each.id))))
    order = sorted(lanes, key=lambda family: (-_share(lanes[family]), family))
    row, span, total = 22, WIDTH - LEFT - RIGHT, len(run.answered)
    plot = row * len(order)
    height = TOP + plot + 72
    parts = []
    for nth, family in enumerate(order):
        y = TOP + nth * row
        parts.append(f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(family)}</text>')
        for number, rung in lanes[family]:
            x = LEFT + number / total * span
            parts.append(f'<rect x="{x:.1f}" y="{y + 3}" width="1.6" height="{row - 6}" fill="{COLOURS[rung]}"/>')
    parts += _numbers(total, TOP + plot)
    rungs = ("shadow", "canary", "local", "escalated", "closed")
    parts += _legend([(rung, COLOURS[rung]) for rung in rungs], height - 14)
    earned = sum(_share(lanes[family][len(lanes[family]) // 2 :]) > 0.5 for family in order)
    title = (
        f"{earned} of {len(order)} kinds of request were mostly local in their second half; the others stayed closed"
    )
    return _svg(title, height, parts)


def policies(figures: list[dict[str, Any]]) -> str:
    """Quality and money of each policy, side by side."""
    most = max(figure["billed"] for figure in figures) or 1.0
    row, span = 54, WIDTH - LEFT - RIGHT - 90
    height = TOP + row * len(figures) + 44
    parts = []
    for nth, figure in enumerate(figures):
        y = TOP + nth * row
        parts.append(f'<text x="{LEFT - 8}" y="{y + 26}" text-anchor="end">{escape(figure["policy"])}</text>')
        for offset, name, share, label in (
            (4, "right", figure["right"], f"{figure['right']:.1%} right"),
            (24, "cost", figure["billed"] / most, f"${figure['billed']:.3f}"),
        ):
            width = span * share
            parts.append(
                f'<rect x="{LEFT}" y="{y + offset}" width="{width:.1f}" height="17" rx="2" fill="{COLOURS[name]}"/>'
                f'<text x="{LEFT + width + 6:.1f}" y="{y + offset + 13}">{label}</text>'
            )
    parts += _legend([("right", COLOURS["right"]), ("billed", COLOURS["cost"])], height - 14)
    by_name = {figure["policy"]: figure for figure in figures}
    title = "Quality and cost of each policy on the same requests"
    if {"ladder", "always-closed"} <= by_name.keys():
        ladder, closed = by_name["ladder"], by_name["always-closed"]
        saved = 1 - ladder["billed"] / closed["billed"]
        lost = (closed["right"] - ladder["right"]) * 100
        title = f"The ladder saves {saved:.0%} of the closed side's price and loses {lost:.1f} points of quality"
        if lost <= 0:
            title = f"The ladder saves {saved:.0%} of the closed side's price and loses no quality"
    return _svg(title, height, parts)


def _way(each: Any) -> str:
    return "escalated" if "local answer refused" in each.reason else str(each.route)


def _rung(each: Any, call: dict[str, Any] | None) -> str:
    if "local answer refused" in each.reason:
        return "escalated"
    if each.route == "local":
        return "canary" if "canary" in each.reason else "local"
    return "closed" if "not good enough" in each.reason else "shadow"


def _share(lane: list[tuple[int, str]]) -> float:
    return sum(rung in ("local", "canary") for _, rung in lane) / max(len(lane), 1)


def _numbers(total: int, y: float) -> list[str]:
    step = max(total // 8 // 50 * 50, 50)
    span = WIDTH - LEFT - RIGHT
    parts = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>']
    for number in range(0, total + 1, step):
        x = LEFT + number / total * span
        parts.append(f'<text class="small" x="{x:.1f}" y="{y + 16}" text-anchor="middle">{number:,}</text>')
    parts.append(f'<text class="small" x="{LEFT}" y="{y + 32}">requests since the first</text>')
    return parts


def _legend(entries: list[tuple[str, str]], y: float) -> list[str]:
    parts, x = [], float(LEFT)
    for name, colour in entries:
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" rx="2" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{y}">{escape(name)}</text>')
        x += 38 + 8 * len(name)
    return parts


def _svg(title: str, height: float, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>'
        f'<text class="title" x="16" y="28">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )
