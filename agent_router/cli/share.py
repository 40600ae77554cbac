"""`agent-router share`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_models.catalogue import Catalogue
from agent_router.cli.day import day
from agent_router.cli.ledger_faults import read_faults
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.errors import ConfigError
from agent_router.paths import LEDGER, data_path
from agent_router.whole_file import write_whole
from agent_telemetry.ledger_reader import sums_by_day
from agent_telemetry.openness import classifier

_ENDINGS = (".svg", ".png")


def share(
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", "-o", help="Where to: card.svg or card.png; may be given twice. [default: both, here]"),
    ] = None,
    since: Annotated[str | None, typer.Option(help="From this day on. [default: a year ago]")] = None,
    until: Annotated[str | None, typer.Option(help="Up to and with this day. [default: today]")] = None,
    light: Annotated[bool, typer.Option("--light", help="Dark letters on white.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Make a card "my year in open models" to show to others: an SVG and a PNG, 1200 by 630.

    It names the open models and their labs, shares, days and totals; no project, session, agent or host. It is drawn on
    this machine, and stays there until you share it.
    """
    start, end = day(since, "--since"), day(until, "--until", whole=True)
    last = (end - timedelta(days=1)).date() if end else date.today()
    begin = start or day((last - timedelta(days=364)).isoformat(), "--since")
    targets = out or [Path("open-models.svg"), Path("open-models.png")]
    for target in targets:
        if target.suffix.lower() not in _ENDINGS:
            raise typer.BadParameter(f"{target} must end in .svg or .png.", param_hint="--out")
    with friendly(as_json):
        from agent_dashboards.picture import png
        from agent_dashboards.share_card import card, svg

        path = data_path() / LEDGER
        catalogue = Catalogue.load(data_path() / "catalogue.yaml")
        names = {family.lab: family.lab_name for family in catalogue.families}
        assert begin is not None
        with read_faults(path):
            sums = sums_by_day(path, since=begin, until=end)
        made = card(sums, classifier(catalogue), lambda lab: names.get(lab, lab), begin.date(), last)
        if made is None:
            raise ConfigError(
                "There are no calls in that time to make a card of. `agent-router import` reads your agents' logs."
            )
        drawn = svg(made, dark=not light)
        for target in targets:
            content = png(drawn) if target.suffix.lower() == ".png" else drawn.encode()
            try:
                write_whole(target, content)
            except OSError as error:
                raise ConfigError(f"{target} cannot be written: {error.strerror}.") from None
        if as_json:
            print_json(_object(made, targets))
        else:
            typer.echo(f"{made.open:.0%} open. The card is in {' and '.join(map(str, targets))}.")


def _object(made: Any, targets: list[Path]) -> dict[str, Any]:
    return {
        "files": [str(target) for target in targets],
        "first": made.first.isoformat(),
        "last": made.last.isoformat(),
        "requests": made.requests,
        "output": made.output,
        "shares": made.shares,
        "open": made.open,
        "own": made.own,
        "models": [model._asdict() for model in made.models],
        "labs": [{"lab": name, "share": share} for name, share in made.labs],
        "streak": made.streak,
    }
