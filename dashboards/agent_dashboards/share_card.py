"""The card "my year in open models": what it says, and the drawing of it.

It names models and labs, and nothing of the user's: no project, session, agent's folder or host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from agent_dashboards.number_format import percent
from agent_telemetry.breakdown import SEGMENTS, breakdown, segment
from agent_telemetry.ledger_reader import DaySum
from agent_telemetry.split import Classify
from agent_telemetry.sums import SUMS

WIDTH, HEIGHT = 1200, 630
_OUTPUT, _ANSWERED = SUMS.index("output"), SUMS.index("answered")
_MOST = 5  # models that are named
_MOST_LABS = 6
_MARGIN = 56
_CELL, _GAP = 9.4, 2.0  # of the calendar
_CALENDAR_LEFT = WIDTH - _MARGIN - 53 * (_CELL + _GAP)
_ROOM = 36  # letters of a model's name and its lab's in one line
_FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
_COLOURS = {
    "open/device": "#2fbf71",
    "open/lan": "#23b5b5",
    "open/hosted": "#4d8df6",
    "closed": "#c05fc9",
    "unknown": "#8b90a0",
}
_WORDS = {
    "open/device": "open, own device",
    "open/lan": "open, own network",
    "open/hosted": "open, hosted",
    "closed": "closed",
    "unknown": "unknown",
}


class Model(NamedTuple):
    """An open model's name, its lab's name, and its share of all output tokens."""

    name: str
    lab: str
    share: float


class Card(NamedTuple):
    """What a card says. Shares are of output tokens, from 0 to 1, or of requests where no tokens are known.

    `labs` are the names of the labs of open models and their shares, the most first. `days` maps each day with calls to
    its open share; `streak` is the longest row of days with an open model.
    """

    first: date
    last: date
    requests: int
    output: int
    shares: dict[str, float]
    models: tuple[Model, ...]
    labs: tuple[tuple[str, float], ...]
    days: dict[date, float]
    streak: int

    @property
    def open(self) -> float:
        """The share of open models."""
        return sum(share for name, share in self.shares.items() if name.startswith("open"))

    @property
    def own(self) -> float:
        """The share of open models on the user's own machines."""
        return self.shares.get("open/device", 0) + self.shares.get("open/lan", 0)


def card(
    sums: Iterable[DaySum], classify: Classify, lab_name: Callable[[str], str], first: date, last: date
) -> Card | None:
    """The card of these sums; None where there was no call. `lab_name` says what people call a lab."""
    sums = list(sums)
    if not any(item.sums[_ANSWERED] for item in sums):
        return None
    measure = _OUTPUT if any(item.sums[_OUTPUT] for item in sums) else _ANSWERED
    whole = sum(item.sums[measure] for item in sums)
    shares = dict.fromkeys(SEGMENTS, 0.0)
    days: dict[date, list[int]] = {}
    for kind, day, figures in sums:
        openness = classify(kind.model, kind.provider)[0]
        shares[segment(openness, kind.place)] += figures[measure] / whole
        of_day = days.setdefault(day, [0, 0])
        of_day[0] += figures[measure] if openness == "open" else 0
        of_day[1] += figures[measure]
    models = []
    labs: dict[str, float] = {}
    name = "output" if measure == _OUTPUT else "requests"
    for row in breakdown(sums, classify, ("model", "lab")):
        opened = sum(leaf[name] for part, leaf in row.segments.items() if part.startswith("open"))
        if opened:
            labs[row.keys[1]] = labs.get(row.keys[1], 0) + opened / whole
            models.append(Model(row.keys[0], lab_name(row.keys[1]), opened / whole))
    models.sort(key=lambda model: (-model.share, model.name))
    return Card(
        first,
        last,
        sum(item.sums[_ANSWERED] for item in sums),
        sum(item.sums[_OUTPUT] for item in sums),
        {part: share for part, share in shares.items() if share},
        tuple(models[:_MOST]),
        tuple(sorted(((lab_name(lab), share) for lab, share in labs.items()), key=lambda lab: (-lab[1], lab[0]))),
        {day: opened / total for day, (opened, total) in days.items() if total},
        _streak(day for day, (opened, _) in days.items() if opened),
    )


def _streak(days: Iterable[date]) -> int:
    longest = run = 0
    before: date | None = None
    for day in sorted(days):
        run = run + 1 if before is not None and day - before == timedelta(days=1) else 1
        longest, before = max(longest, run), day
    return longest


class _Theme(NamedTuple):
    ground: str
    ink: str
    quiet: str
    empty: str


_DARK = _Theme("#10131a", "#f4f6fb", "#9aa3b5", "#1f2532")
_LIGHT = _Theme("#ffffff", "#12151c", "#5b6478", "#e9ecf2")


def svg(card: Card, *, dark: bool = True) -> str:
    """The card as a picture of 1200 by 630, with nothing in it that is loaded from elsewhere."""
    theme = _DARK if dark else _LIGHT
    title = "My year in open models" if (card.last - card.first).days > 300 else "My open models"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family={quoteattr(_FONT)} role="img">',
        f"<title>{title}: {percent(card.open)} open</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{theme.ground}"/>',
        _text(_MARGIN, 84, title, 34, theme.ink, bold=True),
        _text(WIDTH - _MARGIN, 84, _range(card), 20, theme.quiet, anchor="end"),
        *_headline(card, theme),
        *_split_bar(card, theme),
        *_models(card, theme),
        *_calendar(card, theme),
        *_labs(card, theme),
        _text(_MARGIN, HEIGHT - 26, _footer(card), 16, theme.quiet),
        _text(WIDTH - _MARGIN, HEIGHT - 26, "agent-router · made on this machine", 16, theme.quiet, anchor="end"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _headline(card: Card, theme: _Theme) -> list[str]:
    figures = [(percent(card.open), "from open-weights models", _COLOURS["open/hosted"])]
    if card.own:
        figures.append((percent(card.own), "on my own machines", _COLOURS["open/device"]))
    if card.streak > 1:
        figures.append((str(card.streak), "open days in a row", theme.ink))
    if len(card.labs) > 1 and len(figures) < 4:
        figures.append((str(len(card.labs)), "open labs", theme.ink))
    width = (WIDTH - 2 * _MARGIN) / 4
    parts = []
    for number, (value, words, colour) in enumerate(figures):
        x = _MARGIN + number * width
        parts += [_text(x, 166, value, 54, colour, bold=True), _text(x, 198, words, 18, theme.quiet)]
    return parts


def _split_bar(card: Card, theme: _Theme) -> list[str]:
    x, y, width, height = float(_MARGIN), 226, WIDTH - 2 * _MARGIN, 30
    parts = [
        f'<clipPath id="bar"><rect x="{x:g}" y="{y}" width="{width}" height="{height}" rx="8"/></clipPath>',
        '<g clip-path="url(#bar)">',
    ]
    for part, share in card.shares.items():
        parts.append(
            f'<rect x="{x:.2f}" y="{y}" width="{share * width:.2f}" height="{height}" fill="{_COLOURS[part]}"/>'
        )
        x += share * width
    parts.append("</g>")
    x = float(_MARGIN)
    for part, share in card.shares.items():
        words = f"{_WORDS[part]} {percent(share)}"
        parts.append(f'<circle cx="{x + 6:g}" cy="{y + 53}" r="6" fill="{_COLOURS[part]}"/>')
        parts.append(_text(x + 20, y + 59, words, 16, theme.quiet))
        x += 44 + 8.6 * len(words)
    return parts


def _models(card: Card, theme: _Theme) -> list[str]:
    if not card.models:
        return [_text(_MARGIN, 350, "No open model yet.", 22, theme.quiet)]
    parts = [_text(_MARGIN, 338, "Open models I used most", 20, theme.ink, bold=True)]
    longest = card.models[0].share
    for number, model in enumerate(card.models):
        y = 374 + number * 42
        parts += [
            _text(_MARGIN, y, _cut(model.name, 30), 19, theme.ink),
            _text(_MARGIN + 430, y, percent(model.share), 17, theme.quiet, anchor="end"),
            f'<rect x="{_MARGIN}" y="{y + 9}" width="{max(4, 430 * model.share / longest):.1f}" height="6" rx="3" '
            f'fill="{_COLOURS["open/hosted"]}"/>',
        ]
        if len(model.name) + len(model.lab) <= _ROOM:
            parts.append(_text(_MARGIN + 350, y, model.lab, 15, theme.quiet, anchor="end"))
    return parts


def _calendar(card: Card, theme: _Theme) -> list[str]:
    """A year's days, a column a week from Monday to Sunday: the more of a day was open, the stronger its colour."""
    cell, gap = _CELL, _GAP
    last_monday = card.last - timedelta(days=card.last.weekday())
    weeks = min(53, (last_monday - (card.first - timedelta(days=card.first.weekday()))).days // 7 + 1)
    begin = last_monday - timedelta(weeks=weeks - 1)
    left = _CALENDAR_LEFT
    top = 374.0
    parts = [_text(left, 338, "Day by day", 20, theme.ink, bold=True)]
    month = 0
    for week in range(weeks):
        x = left + week * (cell + gap)
        monday = begin + timedelta(weeks=week)
        if monday.month != month and monday.day <= 7:
            parts.append(_text(x, top - 8, f"{monday:%b}", 12, theme.quiet))
        month = monday.month
        for weekday in range(7):
            day = monday + timedelta(days=weekday)
            if not card.first <= day <= card.last:
                continue
            share = card.days.get(day)
            colour, strength = theme.empty, 1.0
            if share is not None:
                colour = _COLOURS["open/device"] if share else _COLOURS["closed"]
                strength = 0.3 + 0.7 * share if share else 0.45
            parts.append(
                f'<rect x="{x:.1f}" y="{top + weekday * (cell + gap):.1f}" width="{cell}" height="{cell}" rx="2" '
                f'fill="{colour}" fill-opacity="{strength:.2f}"/>'
            )
    y = top + 7 * (cell + gap) + 26
    legend = ((theme.empty, 1.0, "no calls"), (_COLOURS["closed"], 0.45, "closed only"),
              (_COLOURS["open/device"], 0.4, "some open"), (_COLOURS["open/device"], 1.0, "all open"))  # fmt: skip
    x = left
    for colour, strength, words in legend:
        parts.append(f'<rect x="{x:g}" y="{y - 10:g}" width="11" height="11" rx="2" fill="{colour}" '
                     f'fill-opacity="{strength}"/>')  # fmt: skip
        parts.append(_text(x + 17, y, words, 14, theme.quiet))
        x += 46 + 8 * len(words)
    return parts


def _labs(card: Card, theme: _Theme) -> list[str]:
    if not card.labs:
        return []
    left, y = _CALENDAR_LEFT, 518
    parts = [_text(left, y, "Labs behind them", 20, theme.ink, bold=True)]
    for number, (name, share) in enumerate(card.labs[:_MOST_LABS]):
        x = left + number % 3 * 200
        words = _text(x, y + 27 + number // 3 * 24, _cut(name, 17), 16, theme.ink)
        quiet = f' <tspan fill="{theme.quiet}">{escape(percent(share))}</tspan></text>'
        parts.append(words.removesuffix("</text>") + quiet)
    return parts


def _text(x: float, y: float, words: str, size: int, colour: str, *, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="700"' if bold else ""
    end = f' text-anchor="{anchor}"' if anchor != "start" else ""
    shown = escape("".join(each if each.isprintable() else "�" for each in words))
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}"{weight}{end}>{shown}</text>'


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _range(card: Card) -> str:
    return f"{card.first:%b} {card.first.day}, {card.first.year} – {card.last:%b} {card.last.day}, {card.last.year}"


def _footer(card: Card) -> str:
    tokens = f" · {_large(card.output)} output tokens" if card.output else ""
    return f"{card.requests:,} requests{tokens}"


def _large(number: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return str(number)
