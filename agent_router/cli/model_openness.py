"""`agent-router models explain` and `models classify`: why a model counts as open or closed, and saying otherwise."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from agent_models.catalogue import Access, Catalogue
from agent_models.hosted_prices import hosted_listing
from agent_models.prices import list_version, listing
from agent_router import config as configuration
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.errors import ConfigError
from agent_router.own_catalogue import NAME, OwnCatalogue
from agent_telemetry.place import place

_PLACES = {
    "device": "on this machine",
    "lan": "on hardware of your own",
    "hosted": "at a provider",
    "subscription": "at a provider, for a flat rate",
}
_Names = Annotated[list[str], typer.Argument(help="Model names, as your agents' logs hold them.", show_default=False)]


def explain(
    names: _Names,
    provider: Annotated[
        str | None, typer.Option(help="The provider that serves it, as an agent's log names it.", show_default=False)
    ] = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Say why a model counts as open, closed or unknown.

    With its lab, licence and evidence, where its calls are taken to be answered, and what its tokens cost.
    """
    with friendly(as_json):
        catalogue = Catalogue.load(configuration.load(new=True).data / NAME)
        explained = [_explained(name, provider, catalogue) for name in names]
        if as_json:
            print_json({"catalogue": catalogue.date, "models": explained})
            return
        for number, each in enumerate(explained):
            typer.echo("\n" * (number > 0) + catalogue.explain(each["name"]))
            for line in _lines(each):
                typer.echo(f"  {line}")


def _explained(name: str, provider: str | None, catalogue: Catalogue) -> dict[str, Any]:
    family, openness = catalogue.find(name), catalogue.openness(name)
    where = place(provider, name, openness=openness)
    own = where in ("device", "lan")
    listed = hosted_listing(name) if own and openness == "open" else None if own else listing(name, provider)
    now = datetime.now(UTC)
    costs = {bucket: price for bucket, price in listed.per_million(now).items() if price is not None} if listed else {}
    return {
        "name": name,
        "openness": openness,
        "access": family.access if family else None,
        "lab": family.lab if family else None,
        "lab_name": family.lab_name if family else None,
        "country": (family.country or None) if family else None,
        "licence": (family.licence or None) if family else None,
        "released": (family.released or None) if family else None,
        "family": family.slug if family else None,
        "family_name": family.name if family else None,
        "pattern": catalogue.pattern(name),
        "source": family.source if family else None,
        "evidence": (family.evidence or None) if family else None,
        "note": (family.note or None) if family else None,
        "place": where,
        "usd_per_million_tokens": {bucket: float(price) for bucket, price in costs.items()} or None,
        "price_source": listed.source if listed and costs else None,
        "price_version": list_version() if listed and costs else None,
        "advice": _advice(name) if openness == "unknown" else None,
    }


def _lines(each: dict[str, Any]) -> list[str]:
    facts = [("made in", each["country"]), ("released", each["released"]), ("note", each["note"])]
    lines = [f"{name} {value}" for name, value in facts if value]
    lines.append(f"answered {_PLACES[each['place']]}" if each["place"] else "where it is answered cannot be told")
    costs = each["usd_per_million_tokens"]
    if costs:
        shown = ", ".join(f"{name.replace('_', ' ')} {price:g}" for name, price in costs.items())
        where = "USD a million tokens at a host of the same weights" if each["place"] in ("device", "lan") else ""
        lines.append(f"{where or 'USD a million tokens'}: {shown} ({each['price_source']})")
    else:
        lines.append("no price is known")
    return lines + ([each["advice"]] if each["advice"] else [])


def _advice(name: str) -> str:
    return (
        f"If you know what it is: agent-router models classify {shlex.quote(name)} --open (or --closed), "
        "which may say --lab, --licence, --country and --released too."
    )


def classify(
    name: Annotated[str, typer.Argument(help="The model's name, as your agents' logs hold it.", show_default=False)],
    is_open: Annotated[bool, typer.Option("--open", help="Its weights can be downloaded.")] = False,
    is_closed: Annotated[bool, typer.Option("--closed", help="They cannot.")] = False,
    lab: Annotated[str | None, typer.Option(help="The slug of its lab: mistral, alibaba.", show_default=False)] = None,
    licence: Annotated[str | None, typer.Option(help="Its licence: Apache-2.0.", show_default=False)] = None,
    country: Annotated[str | None, typer.Option(help="Of the lab, two letters: FR.", show_default=False)] = None,
    released: Annotated[
        str | None, typer.Option(help="The day, month or year: 2026-03-05.", show_default=False)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take back what was said of it.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Say yourself whether a model is open or closed. It counts at once, also for calls of the past.

    It is written to [bold]catalogue.yaml[/bold] in the data folder, which goes before what comes with the router.
    """
    with friendly(as_json):
        if is_open + is_closed + remove != 1:
            raise ConfigError("Say one of --open, --closed and --remove.")
        data = configuration.load(new=True).data
        own = OwnCatalogue(data)
        if remove:
            if not own.remove(name):
                raise ConfigError(f"{own.path} says nothing of {name!r}.")
        else:
            access: Access = "open" if is_open else "api"
            family = Catalogue.load().find(name)
            if lab is None and family is not None:
                lab, country = family.lab, country or family.country
            own.classify(name, access, lab, licence=licence, country=country, released=released)
        own.save()
        catalogue = Catalogue.load(own.path)
        if as_json:
            print_json({"file": str(own.path), "removed": remove, **_explained(name, None, catalogue)})
            return
        typer.echo(f"Written to {own.path}.")
        typer.echo(catalogue.explain(name))
