"""`agent-router forget`."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from typing import Annotated

import typer

from agent_router.cli.day import day
from agent_router.cli.ledger_faults import write_faults
from agent_router.cli.output import JSON_OPTION, friendly, print_json
from agent_router.errors import ConfigError
from agent_router.paths import LEDGER, RESPONSES, data_path
from agent_telemetry import learned
from agent_telemetry.agent_names import agent_name
from agent_telemetry.erasing import ALL, erase
from agent_telemetry.ledger_file import open_ledger


def forget(
    agent: Annotated[str | None, typer.Option("--agent", help="The calls of this agent (claude, codex, ...).")] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="Calls before this day (2026-11-21), or older than (90d).")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All calls, what was learnt from them, and kept responses.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Erase calls from the ledger, for good: of an agent, before a day, both, or all.

    Importing the agents' logs again does not bring them back; [bold]agent-router import --again[/bold] does. The logs
    themselves are the agents' own, and stay. To keep calls for some time only, set [bold]keep_days[/bold] under
    \\[ledger] in the configuration.
    """
    if not everything and agent is None and before is None:
        raise typer.BadParameter("say what: --agent NAME, --before DAY, or --all.", param_hint="forget")
    if everything and (agent is not None or before is not None):
        raise typer.BadParameter("--all is everything; leave --agent and --before out.", param_hint="--all")
    limit = round(time.time() * 1000) + 1 if before is None else _limit(before)
    name = agent_name(agent.strip().lower()) if agent is not None else ALL
    with friendly(as_json):
        path = data_path() / LEDGER
        if not path.exists():
            raise ConfigError(f"There is no ledger yet ({path}), so there is nothing to forget.")
        with write_faults(path):
            with closing(open_ledger(path, timeout=30)) as conn:
                where, values = ("agent = ? AND time < ?", [name, limit]) if name else ("time < ?", [limit])
                (number,) = conn.execute(f"SELECT count(*) FROM calls WHERE {where}", values).fetchone()  # noqa: S608
                if agent is not None and not number:
                    _check_agent(conn, str(name))
                if not yes and not as_json and (number or everything):
                    typer.confirm(f"Erase {number:,} call{'' if number == 1 else 's'} for good?", abort=True)
                erased = erase(conn, str(name), before=limit)
            if everything:
                for family in learned.families(path):
                    learned.forget(path, family.name)
                shutil.rmtree(data_path() / RESPONSES, ignore_errors=True)
        if as_json:
            print_json({"erased": erased})
        else:
            typer.echo(f"{erased:,} call{' is' if erased == 1 else 's are'} forgotten.")


def _limit(text: str) -> int:
    found = day(text, "--before")
    assert found is not None
    return round(found.timestamp() * 1000)


def _check_agent(conn: sqlite3.Connection, name: str) -> None:
    """ConfigError where the ledger has no calls of that agent at all, with those that it has."""
    there = [agent for (agent,) in conn.execute("SELECT DISTINCT agent FROM kinds WHERE agent != '' ORDER BY 1")]
    if name not in there:
        known = ", ".join(there) or "none"
        raise ConfigError(f"The ledger has no calls of {name!r}. Agents in it: {known}.")
