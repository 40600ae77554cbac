"""What `agent-router top` draws."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent_router.cli.output import visible
from agent_router.cli.usage_text import count, dollars, percent, short

_COLOURS = {"open": "green", "closed": "magenta", "unknown": "bright_black"}
_MODELS = 6


def frame(seen: dict[str, Any]) -> Group:
    """One picture of what `top.look` saw."""
    return Group(_head(seen), "", _bar(seen["today"]), _models(seen["today"]), "", _calls(seen))


def _head(seen: dict[str, Any]) -> Text:
    minute, total = seen["minute"], seen["today"]["all"]
    router = f"{count(len(seen['running']), 'request')} running" if seen["router"] else "no router is running"
    words = (
        f"agent-router top   {seen['time'][11:19]}   {router}   today {count(total['requests'], 'call')}, "
        f"{short(total['output'])} out, {dollars(total['cost']['billed'])} billed   "
        f"{short(round(minute['in']))} in, {short(round(minute['out']))} out a minute"
    )
    return Text(words, style="bold")


def _bar(today: dict[str, Any], width: int = 60) -> Text:
    measure = "output" if today["all"]["output"] else "requests"
    whole = today["all"][measure]
    bar, words = Text(), Text()
    for name, colour in _COLOURS.items():
        share = today["by_openness"][name][measure] / whole if whole else 0
        bar.append("█" * round(share * width), style=colour)
        words.append(f"{name} {percent(share)}  ", style=colour)
    return Text("\n").join([bar, words]) if whole else Text("Nothing today yet.", style="bright_black")


def _models(today: dict[str, Any]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("model", "calls", "input", "output", "billed"):
        made.add_column(name, justify="left" if name == "model" else "right", overflow="ellipsis")
    for model, leaf in list(today["by_model"].items())[:_MODELS]:
        fed = leaf["input"] + leaf["cache_read"] + leaf["cache_write"]
        made.add_row(
            visible(model), f"{leaf['requests']:,}", short(fed), short(leaf["output"]), dollars(leaf["cost"]["billed"])
        )
    return made


def _calls(seen: dict[str, Any]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("time", "agent", "model", "where", "in", "out", "seconds", "why"):
        right = name in ("in", "out", "seconds")
        made.add_column(name, justify="right" if right else "left", overflow="ellipsis", no_wrap=True)
    for each in seen["running"]:
        begun = datetime.fromisoformat(str(each.get("time"))).astimezone()
        shown = [f"{begun:%H:%M:%S}", each.get("agent") or "?", each.get("requested_model") or "?", "…", "", "", "", ""]
        made.add_row(*(visible(str(cell)) for cell in shown), style="bold")
    for call in seen["calls"]:
        where = "/".join(filter(None, (call["route"], call["place"])))
        cells = [
            call["time"][11:19],
            call["agent"] or "?",
            call["model"] or "?",
            where if call["status"] == "ok" else f"{where} {call['status']}".strip(),
            short(call["input"]),
            "?" if call["output"] is None else short(call["output"]),
            "" if call["latency_ms"] is None else f"{call['latency_ms'] / 1000:.1f}",
            call["reason"] or "",
        ]
        made.add_row(*map(visible, cells), style=_COLOURS[call["openness"]])
    return made
