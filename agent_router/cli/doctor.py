"""`agent-router doctor`: whether the router and every connected agent work, by trying them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import typer
from rich.markup import escape

from agent_router import config as configuration
from agent_router.agents.agent import Agent, Pointed, Wire
from agent_router.agents.connection import Connections
from agent_router.agents.known import AGENTS
from agent_router.agents.machine import Machine
from agent_router.agents.round_trip import RoundTripError, round_trip
from agent_router.agents.settings import Settings
from agent_router.cli.connect import address, known_agent
from agent_router.cli.output import JSON_OPTION, console, errors, friendly, print_json
from agent_router.config import Configuration
from agent_router.errors import ConfigError
from agent_router.settings import NO_KEY


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. how: `warning` is what works and may surprise."""

    about: str
    how: Literal["ok", "warning", "failed"]
    said: str


def doctor(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[AGENT]...", help="Only these; default: all that are connected.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The router's address. [default: that of your configuration]")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that an answer may be silent.")] = 120,
    as_json: bool = JSON_OPTION,
) -> None:
    """Try the router, then each connected agent's own settings with one real, small request.

    One sentence is asked for one word, in the agent's own dialect, with the address,
    key and model that its settings name; at a closed API that costs a few tokens.
    Ends with 1 if anything failed, and says what to do.
    """
    with friendly(as_json):
        loaded = configuration.load({})
        machine = Machine.this()
        connections = Connections(loaded.data / "connections", machine)
        agents = (
            [known_agent(name) for name in names]
            if names
            else [AGENTS[each] for each in connections.names() if each in AGENTS]
        )
        findings = []
        with console.status("looking", spinner="dots") if not as_json else errors.status(""):
            for finding in _all(loaded, connections, machine, agents, url, timeout):
                findings.append(finding)
                if not as_json:
                    _show(finding)
        failed = any(each.how == "failed" for each in findings)
        if as_json:
            print_json({"ok": not failed, "findings": [asdict(each) for each in findings]})
        elif not agents:
            console.print("No agent is connected: agent-router connect lists those that it knows.")
        if failed:
            raise typer.Exit(1)


def _all(
    loaded: Configuration,
    connections: Connections,
    machine: Machine,
    agents: list[Agent],
    url: str | None,
    timeout: float,
) -> Iterator[Finding]:
    yield from _router(loaded, url, timeout)
    for agent in agents:
        yield from _agent(loaded, agent, connections, machine, timeout)


def _router(loaded: Configuration, url: str | None, timeout: float) -> Iterator[Finding]:
    for warning in loaded.warnings:
        yield Finding("configuration", "warning", warning)
    try:
        where = address(loaded, url)
    except ConfigError as error:
        yield Finding("router", "warning", str(error))
        return
    variable = loaded.settings.server.api_key_env
    key = os.environ.get(variable, "") if variable else NO_KEY
    if not key:
        said = f"it demands a key, and {variable} is not set in this shell: export it, then try again."
        yield Finding("router", "warning", said)
        return
    finding = _tried("router", Pointed(f"{where}/v1", key, "auto", None), "chat", "auto", timeout)
    yield finding
    if variable and finding.how == "failed" and finding.said.startswith("HTTP 401"):
        yield Finding("router", "warning", f"it may have been started with another key than {variable} holds here.")


def _agent(
    loaded: Configuration, agent: Agent, connections: Connections, machine: Machine, timeout: float
) -> Iterator[Finding]:
    again = f"agent-router connect {agent.name}"
    try:
        record = connections.record(agent.name)
        pointed = agent.read(Settings(machine))
    except ConfigError as error:
        yield Finding(agent.name, "failed", str(error))
        return
    if pointed is None:
        how = "do not name the router any more" if record else "do not name the router"
        yield Finding(agent.name, "failed", f"its settings {how}: {again}.")
        return
    for name in agent.overrides:
        if machine.environment.get(name):
            yield Finding(agent.name, "warning", f"{name} is set in this shell and goes before its settings: unset it.")
    if record is not None:
        slots = [("what you ask", record.main, pointed.main)]
        if agent.background is not None:
            slots.append(("its background calls", record.background, pointed.background))
        for slot, written, now in slots:
            if written is not None and (now or "").removeprefix("agent-router/") != written:
                said = f"for {slot} its settings name {now or 'another model'} by now, not {written}: {again}."
                yield Finding(agent.name, "warning", said)
    model = pointed.main if record is None or record.main is not None else None
    tried = [each for each in dict.fromkeys((model, pointed.background)) if each]
    if not tried:
        yield Finding(agent.name, "failed", f"its settings name no model of the router's: {again}.")
    for each in tried:
        finding = _tried(agent.name, pointed, agent.wire, each, timeout)
        yield finding
        if finding.how == "failed":
            yield from _why(loaded, agent, pointed)
            return


def _why(loaded: Configuration, agent: Agent, pointed: Pointed) -> Iterator[Finding]:
    """What may be wrong with an agent's settings where the round trip fails."""
    again = f"agent-router connect {agent.name}"
    try:
        where = address(loaded, None)
    except ConfigError:
        return
    if (there := pointed.url.removesuffix("/v1")) != where:
        said = f"its settings name {there}, and your configuration {where}: {again} points it there."
        yield Finding(agent.name, "warning", said)
    variable = loaded.settings.server.api_key_env
    if variable and not pointed.key:
        said = f"it takes its key from {variable}, which is not set in this shell: export it."
        yield Finding(agent.name, "warning", said)
    elif variable and pointed.key != os.environ.get(variable):
        said = f"it has another key than {variable} holds in this shell: export the router's, then {again}."
        yield Finding(agent.name, "warning", said)


def _tried(about: str, pointed: Pointed, wire: Wire, model: str, timeout: float) -> Finding:
    try:
        answer = round_trip(wire, pointed, model, timeout=timeout)
    except RoundTripError as error:
        return Finding(about, "failed", str(error))
    took = f"{pointed.url} answered for {model} in {answer.seconds:.1f} s"
    if answer.route is None:
        return Finding(about, "failed", f"{took}, but that is another server than the router.")
    return Finding(about, "ok", f"{took}: {answer.model} ({answer.route}: {answer.reason}).")


def _show(finding: Finding) -> None:
    mark = {"ok": "[green]✓[/green]", "warning": "[yellow]![/yellow]", "failed": "[red]✗[/red]"}[finding.how]
    console.print(f"{mark} [bold]{escape(finding.about)}[/bold]  {escape(finding.said)}", soft_wrap=True)
