"""The models that were used: whose they are, how open, under which licence, and what they did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from agent_dashboards.addresses import requests_address
from agent_dashboards.measured import By, Measured, measured, shown, together
from agent_dashboards.number_format import money, percent, whole
from agent_dashboards.questions.question import Asked, choices
from agent_dashboards.shown_name import name
from agent_dashboards.site import Data, Drawn, Site
from agent_dashboards.split_bar import MEASURES, SEGMENTS
from agent_dashboards.time_range import IN_WORDS, first_day, midnight
from agent_dashboards.used_models import UsedModel, used_models
from agent_telemetry.split import UNKNOWN

_MOST = 200
_MOST_UNKNOWN = 40


def add_models(site: Site) -> None:
    """`/models`, with its twin."""

    async def page(asked: Asked) -> Drawn:
        today = datetime.now().date()

        def read() -> Drawn:
            data = _data(site, asked, today)
            return Drawn(data, {"section": site.fragment("models_section.html", data | _view(data)), **choices()})

        drawn: Drawn = await site.kept.get(("models", asked, today), read)
        return drawn

    site.page("/models", "models.html", Asked, page)


def _data(site: Site, asked: Asked, today: date) -> Data:
    begin = first_day(asked.range, today)
    used = used_models(site, since=midnight(begin) if begin else None)
    models = [_model(each, asked.by) for each in used]
    models = [each for each in models if each["requests"] or each["total"] or each["failed"]]
    models.sort(key=lambda each: (-each["total"], -each["requests"], each["model"], each["provider"]))
    unknown = [each for each in models if each["openness"] == UNKNOWN]
    return {
        "range": asked.range,
        "by": asked.by,
        "title": _title(asked, models, unknown),
        "begin": begin.isoformat() if begin else None,
        "total": sum(each["total"] for each in models),
        "models": models,
    }


def _model(used: UsedModel, by: By) -> dict[str, Any]:
    family, leaf = used.family, used.row.leaf
    figures = measured(used.row, by)
    return {
        "model": used.model,
        "provider": used.provider,
        "openness": used.openness,
        "access": family.access if family else UNKNOWN,
        "lab": used.lab,
        "lab_name": used.lab_name,
        "family": family.name if family else None,
        "licence": (family.licence or None) if family else None,
        "released": (family.released or None) if family else None,
        "country": (family.country or None) if family else None,
        **{key: leaf[key] for key in ("output", "total_tokens", "failed", "unpriced", "cost")},
        **figures.json(),
        "access_words": used.access,
        "country_name": used.country,
    }


def _title(asked: Asked, models: list[Data], unknown: list[Data]) -> str:
    when = IN_WORDS[asked.range]
    if not models:
        return f"No model has answered {when}"
    names = {each["model"] for each in models}
    labs = {each["lab"] for each in models} - {UNKNOWN}
    said = f"{_number(len(names), 'model')} of {_number(len(labs), 'lab')} answered {when}"
    missing = {each["model"] for each in unknown}
    if not missing:
        return f"{said}; it is known of each whether it is open"
    return f"{said}; of {_number(len(missing), 'name')} nobody knows whether it is open"


def _number(number: int, noun: str) -> str:
    return f"one {noun}" if number == 1 else f"{whole(number)} {noun}s"


def _view(data: Data) -> Data:
    by: By = data["by"]
    begin = date.fromisoformat(data["begin"]) if data["begin"] else None
    lines = []
    for each in data["models"][:_MOST]:
        figures = Measured(each["segments"], each["requests"])
        key = max(SEGMENTS, key=lambda key: figures.values.get(key, 0.0)) if figures.total else _key(each)
        about = [each["country_name"], each["licence"] or each["access_words"]]
        lines.append(
            {
                "name": name(each["model"]),
                "address": requests_address(begin, model=each["model"], provider=each["provider"]),
                "swatch": key,
                "lab": name(each["lab_name"], 40),
                "lab_address": requests_address(begin, lab=each["lab"]),
                "about": " · ".join(part for part in about if part != UNKNOWN),
                "access": each["access_words"],
                "provider": name(each["provider"], 40),
                "share": percent(each["total"] / data["total"]) if data["total"] and each["total"] else "–",
                "width": f"{100 * each['total'] / (data['models'][0]['total'] or 1):.2f}",
                "output": whole(each["output"]),
                "tokens": whole(each["total_tokens"]),
                "requests": whole(each["requests"]),
                "money": money(each["cost"]["billed"]),
                "failed": whole(each["failed"]) if each["failed"] else "",
            }
        )
    rest = data["models"][_MOST:]
    others = together(Measured(each["segments"], each["requests"]) for each in rest)
    unknown = {each["model"]: None for each in data["models"] if each["openness"] == UNKNOWN}
    return {
        "lines": lines,
        "more": len(rest),
        "more_total": shown(others.total, by),
        "measure": MEASURES[by][0],
        "unknown": [
            {"name": name(model), "command": _quoted(model)}
            for model in list(unknown)[:_MOST_UNKNOWN]
            if model != UNKNOWN
        ],
        "nameless": UNKNOWN in unknown,
        "query": f"range={data['range']}&by={by}",
    }


def _key(model: Data) -> str:
    return "open-hosted" if model["openness"] == "open" else str(model["openness"])


def _quoted(model: str) -> str:
    """For a shell's command line; nothing for a name that one would not copy there."""
    return "'" + model + "'" if len(model) <= 120 and model.isprintable() and "'" not in model else ""
