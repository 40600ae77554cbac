"""How many of the names that people's logs may hold the catalogue knows: `python -m tests.models.catalogue.coverage`
writes docs/catalogue.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import genai_prices
from genai_prices.data import providers

from agent_models.catalogue import Catalogue

PRICES = f"genai-prices {genai_prices.__version__}"
NAMES = Path(__file__).with_name("names")
PAGE = Path(__file__).parents[3] / "docs" / "catalogue.md"


@cache
def names() -> dict[str, list[str]]:
    """The lists, by what they are called on the page."""
    return {
        f"{PRICES}: all models of all providers, and the names by which it knows them": sorted(_priced()),
        "Ollama's library, bare names and tags": _listed("ollama"),
        "OpenRouter's slugs": _listed("openrouter"),
        "What the agents list": _listed("agents"),
    }


def unresolved(catalogue: Catalogue, listed: list[str]) -> list[str]:
    """The names of which the catalogue does not know both the lab and whether they are open."""
    return [name for name in listed if catalogue.openness(name) == "unknown" or not catalogue.lab(name)]


def page() -> str:
    """docs/catalogue.md."""
    catalogue = Catalogue.load()
    rows, missing = [], []
    for title, listed in names().items():
        found = Counter(catalogue.openness(name) for name in listed)
        unknown = unresolved(catalogue, listed)
        share = 1 - len(unknown) / len(listed)
        rows.append(f"| {title} | {len(listed):,} | {share:.1%} | {found['open']:,} | {found['closed']:,} |")
        missing.append(f"- {title}: {', '.join(f'`{name}`' for name in unknown)}")
    families = catalogue.families
    unstated = {
        "a licence": sum(not family.licence for family in families if family.access != "unknown"),
        "a release date": sum(not family.released for family in families),
        "a country": sum(not family.country for family in families),
    }
    known = len({family.lab for family in families})
    return _PAGE.format(
        families=len(families),
        labs=known,
        date=catalogue.date,
        rows="\n".join(rows),
        missing="\n".join(missing),
        unstated=", ".join(f"{count} {what}" for what, count in unstated.items()),
    )


def _listed(name: str) -> list[str]:
    lines = (NAMES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def _priced() -> set[str]:
    models = [model for provider in providers for model in provider.models]
    return {model.id for model in models} | {name for model in models for name in _called(model.match)}


def _called(clause: Any) -> Iterator[str]:
    """The names in a clause; what a name only contains or ends with is none."""
    for part in getattr(clause, "or_", None) or getattr(clause, "and_", None) or ():
        yield from _called(part)
    if name := getattr(clause, "equals", None) or getattr(clause, "starts_with", None):
        yield name


_PAGE = """\
# What the catalogue knows

The catalogue has {families} families of {labs} labs, reviewed on {date}. It answers for a model's name: whether the
weights can be downloaded (open), who made it, under which licence, and since when. `agent-router models explain NAME`
says why a name counts as it does, `agent-router models classify NAME --open` gives your own answer.

**Resolved** is a name of which both the lab and the openness are known. What is not evident stays unknown, because a
wrong answer is worse: names without a version whose meaning has changed from closed to open (`mistral-medium-latest`),
models that appear under a code name, and models of which no model card was found. A fine-tune of an open model counts
as open.

| names | number | resolved | open | closed |
|---|---:|---:|---:|---:|
{rows}

The lists are in `tests/models/catalogue/names/`, with their sources. Left out of them are the words of routers, which
stand for no one model (`openrouter/auto`), and of OpenRouter's slugs those of models that write no text (images,
decisions), of which fewer are known. Families that lack something because nothing was found that
says it: {unstated}.

## Not resolved

{missing}

This page is written by `python -m tests.models.catalogue.coverage`.
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
