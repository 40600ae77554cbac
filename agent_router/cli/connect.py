"""`agent-router connect` and `disconnect`: an agent's own settings are pointed at the router, and back."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from agent_models.prices import context_window
from agent_router import config as configuration
from agent_router.addresses import url_of
from agent_router.agents.agent import Agent, Target
from agent_router.agents.connection import Change, Connections, Plan, Undone, diff
from agent_router.agents.known import AGENTS
from agent_router.agents.machine import Machine
from agent_router.agents.secrets import masked
from agent_router.agents.settings import Settings
from agent_router.cli.output import JSON_OPTION, console, errors, friendly, print_json, table
from agent_router.config import Configuration
from agent_router.errors import ConfigError
from agent_router.routing.names import closed_side
from agent_router.settings import NO_KEY

NAMES = Annotated[
    list[str] | None, typer.Argument(metavar="[AGENT]...", help=f"One or more of {', '.join(AGENTS)}; none: list them.")
]
URL = Annotated[str | None, typer.Option(help="The router's address.", show_default="that of your configuration")]


def connect(
    names: NAMES = None,
    background_only: Annotated[
        bool,
        typer.Option(
            "--background-only",
            help="Only the slot for a small model (titles, heartbeats, recaps): what you ask stays where it is.",
        ),
    ] = False,
    main: Annotated[str, typer.Option(help="The model for what you ask.")] = "auto",
    background: Annotated[str, typer.Option(help="The model for what the agent asks by itself.")] = "auto",
    undo: Annotated[bool, typer.Option("--undo", help="Take it back: every file as it was.")] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Show what would change, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    url: URL = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Point an agent at the router, in its own settings.

    Shows what changes, keeps a copy of every file, and takes it back with
    [bold]--undo[/bold]. In a terminal it asks first, and offers to begin with the
    agent's background calls only: the safest first step, and where most of the
    repetition is. [bold]agent-router doctor[/bold] then proves that it works.

        agent-router connect                      what is here, and what is connected
        agent-router connect claude-code          everything through the router
        agent-router connect openclaw --background-only
        agent-router connect codex --undo
    """
    with friendly(as_json):
        if undo:
            _disconnect(names, only_print, as_json)
            return
        loaded = configuration.load({})
        connections = Connections(loaded.data / "connections", Machine.this())
        if not names:
            _list(connections, as_json)
            return
        agents = [known_agent(name) for name in names]
        ask = not (yes or only_print or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
        told = []
        for agent in agents:
            only = background_only or (ask and _ask_slot(agent))
            target = _target(loaded, url, None if only else main, background)
            _check(agent, target, loaded)
            plan = connections.plan(agent, target)
            told.append(_object(plan))
            if not as_json:
                _show(plan)
            if only_print:
                continue
            if ask and plan.changes and not typer.confirm("Write this?", default=True):
                console.print("Nothing is written.")
                continue
            if plan.changes or connections.record(agent.name) is None:
                connections.write(plan)
            if not as_json:
                _tell(plan, connections)
        if as_json:
            print_json({"agents": told, "written": not only_print})


def disconnect(
    names: NAMES = None,
    every: Annotated[bool, typer.Option("--all", help="Every agent that is connected.")] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Show what would change, write nothing.")] = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Take a connection back: `connect --undo` by another name.

    A file that nobody touched since becomes what it was, byte for byte. In one
    that was edited since, only what connect put in is taken out, and that is said.
    """
    with friendly(as_json):
        if every:
            loaded = configuration.load({})
            names = Connections(loaded.data / "connections", Machine.this()).names()
            if not names:
                print_json({"agents": []}) if as_json else console.print("Nothing is connected.")
                return
        _disconnect(names, only_print, as_json)


def _disconnect(names: list[str] | None, only_print: bool, as_json: bool) -> None:
    loaded = configuration.load({})
    connections = Connections(loaded.data / "connections", Machine.this())
    if not names:
        raise ConfigError(f"Which agent? Connected: {', '.join(connections.names()) or 'none'}.")
    told: list[dict[str, Any]] = []
    failed = False
    for name in dict.fromkeys(names):
        try:
            told.append(_taken_back(connections, name, only_print, as_json))
        except ConfigError as error:  # the others can be taken back all the same
            failed = True
            told.append({"agent": name, "files": [], "error": str(error)})
            if not as_json:
                errors.print(f"[red]error:[/red] {escape(str(error))}", soft_wrap=True)
    if as_json:
        print_json({"agents": told, "written": not only_print})
    if failed:
        raise typer.Exit(1)


def _taken_back(connections: Connections, name: str, only_print: bool, as_json: bool) -> dict[str, Any]:
    if connections.record(name) is None:
        known_agent(name)
        if not as_json:
            console.print(f"{name} is not connected; nothing to take back.", markup=False)
        return {"agent": name, "files": []}
    undone = connections.undo_plan(name) if only_print else connections.undo(name)
    if not as_json:
        for each in undone:
            if only_print:
                _show_change(Change(each.path, each.before, each.after))
            console.print(_undone(each, str(connections.backups(name))), markup=False, soft_wrap=True)
    files = [{"path": str(each.path), "how": each.how, "left": list(each.left)} for each in undone]
    return {"agent": name, "files": files}


def _undone(each: Undone, backups: str) -> str:
    match each.how:
        case "restored":
            return f"{each.path}: as it was, byte for byte."
        case "removed":
            return f"{each.path}: removed; it was not there before."
        case "gone":
            return f"{each.path}: nothing to do."
        case "edited":
            return f"{each.path}: edited since; only what connect put in was taken out, all else stays."
        case "kept":
            return (
                f"{each.path}: edited since; {', '.join(each.left)} says something else by now and stays. "
                f"The file as it was: {backups}"
            )


def known_agent(name: str) -> Agent:
    """The agent of that name. ConfigError names those that there are."""
    if name not in AGENTS:
        import difflib

        near = difflib.get_close_matches(name, AGENTS, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"No agent is called {name!r}.{meant} There are {', '.join(AGENTS)}.")
    return AGENTS[name]


def _ask_slot(agent: Agent) -> bool:
    if agent.background is None:
        return False
    console.print(
        f"[bold]1[/bold]  only the background calls of {escape(agent.title)} ({escape(agent.background)}): the safest "
        "first step, what you ask stays where it is\n"
        "[bold]2[/bold]  everything",
        soft_wrap=True,
    )
    while (answer := typer.prompt("Point which at the router?", default="1")) not in ("1", "2"):
        console.print("1 or 2?")
    return bool(answer == "1")


def address(loaded: Configuration, url: str | None) -> str:
    """Where agents reach the router, without /v1. ConfigError if only the router itself will know."""
    if url:
        if not url.startswith(("http://", "https://")):
            raise ConfigError("--url must begin with http:// or https://, as in http://127.0.0.1:8484.")
        return url.rstrip("/").removesuffix("/v1").rstrip("/")
    server = loaded.settings.server
    if server.port == 0:
        raise ConfigError("The router takes a free port at each start (server.port = 0): name the address with --url.")
    return url_of(server.host, server.port)


def _target(loaded: Configuration, url: str | None, main: str | None, background: str | None) -> Target:
    variable = loaded.settings.server.api_key_env
    key = NO_KEY
    if variable:
        key = os.environ.get(variable, "")
        if not key:
            raise ConfigError(f"The router demands a key, and {variable} is not set here: export it, then try again.")
    window, line = _context_window(loaded), _status_line()
    return Target(address(loaded, url), key, variable, main, background, window, status_line=line)


def _status_line() -> str:
    """This very installation's, which need not be on the path of whoever runs it."""
    script = Path(sys.executable).with_name("agent-router.exe" if sys.platform == "win32" else "agent-router")
    words = [str(script)] if script.exists() else [sys.executable, "-m", "agent_router"]
    return shlex.join([*words, "statusline"])


def _context_window(loaded: Configuration) -> int:
    """That of the closed side, which takes what the local model cannot; a usual one if nobody knows."""
    closed = closed_side(loaded.settings)
    if closed is None:
        return Target.context_window
    upstream = loaded.settings.upstreams[closed.provider]
    return context_window(closed.model, closed.provider, base_url=upstream.address) or Target.context_window


def _check(agent: Agent, target: Target, loaded: Configuration) -> None:
    """ConfigError where connecting would leave the agent worse off than it is."""
    if target.main is not None:
        if closed_side(loaded.settings) is None:
            errors.print(
                "[yellow]warning:[/yellow] no closed side is configured, so that everything goes to the local model: "
                f"add an upstream to {escape(str(loaded.path))}, or begin with --background-only.",
                soft_wrap=True,
            )
        return
    if agent.background is None:
        raise ConfigError(f"{agent.title} has no slot for a small model; connect it without --background-only.")
    kinds = {upstream.kind for upstream in loaded.settings.upstreams.values()}
    if agent.vendor and agent.vendor not in kinds:
        raise ConfigError(
            f"{agent.title} has one address for all its models: what you ask would go through the router too, by its "
            f"own model's name, and no upstream of kind {agent.vendor} is there to answer it. Add one to "
            f"{loaded.path}, or connect it without --background-only."
        )


def _show(plan: Plan) -> None:
    console.print(f"[bold]{escape(plan.agent.title)}[/bold]")
    if not plan.changes:
        console.print("  points there already; nothing to change.")
    for change in plan.changes:
        _show_change(change)


def _show_change(change: Change) -> None:
    for line in map(masked, diff(change)):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        shown = escape(line)
        console.print(f"[{style}]{shown}[/{style}]" if style else shown, soft_wrap=True)


def _tell(plan: Plan, connections: Connections) -> None:
    agent, target = plan.agent, plan.target
    said = []
    if target.main is None:
        said.append(
            f"Its background calls ({agent.background}) go to {target.background} now, and nothing else changes"
            + (": what you ask still goes to the model that you chose, by way of the router." if agent.vendor else ".")
        )
    else:
        said.append(f"What you ask goes to {target.main} at {target.url} now")
        said[-1] += f", its background calls ({agent.background}) to {target.background}." if agent.background else "."
    if agent.then:
        said.append(agent.then)
    for name in agent.overrides:
        if os.environ.get(name):
            errors.print(
                f"[yellow]warning:[/yellow] {name} is set in this shell and goes before these settings: unset it.",
                soft_wrap=True,
            )
    for change in plan.changes if target.variable else ():
        if _reveals(change, target.key):
            errors.print(
                f"[yellow]warning:[/yellow] {escape(str(change.path))} holds the router's key now, and others on this "
                "machine can read it: chmod 600 it.",
                soft_wrap=True,
            )
    backups = connections.backups(agent.name)
    kept = f" The files as they were: {backups}" if backups.is_dir() else ""
    said.append(f"Undo: agent-router connect {agent.name} --undo.{kept}")
    said.append(f"Try it: agent-router doctor {agent.name}")
    console.print("\n".join(said), markup=False, soft_wrap=True)


def _reveals(change: Change, key: str) -> bool:
    """Whether a file holds a key and can be read by others."""
    if os.name == "nt" or key.encode() not in (change.after or b""):
        return False
    return bool(change.path.stat().st_mode & 0o077)


def _object(plan: Plan) -> dict[str, Any]:
    return {
        "agent": plan.agent.name,
        "url": plan.target.url,
        "main": plan.target.main,
        "background": plan.target.background if plan.agent.background else None,
        "files": [
            {"path": str(change.path), "new": change.before is None, "diff": "\n".join(map(masked, diff(change)))}
            for change in plan.changes
        ],
    }


def _list(connections: Connections, as_json: bool) -> None:
    connected = set(connections.names())
    rows: list[dict[str, Any]] = []
    for agent in AGENTS.values():
        settings = Settings(Machine.this())
        try:
            record = connections.record(agent.name) if agent.name in connected else None
        except ConfigError as error:
            record = None
            if not as_json:
                errors.print(f"[yellow]warning:[/yellow] {escape(str(error))}", soft_wrap=True)
        ours = {Path(each.path) for each in record.files if each.backup is None} if record else set()
        try:
            agent.read(settings)
            found = {path for path, file in settings.files.items() if file.content is not None}
            configured = bool(found - ours)
        except ConfigError:
            configured = True
        rows.append(
            {
                "agent": agent.name,
                "title": agent.title,
                "installed": bool(agent.program and shutil.which(agent.program)),
                "configured": configured,
                "connected": record is not None,
                "main": record.main if record else None,
                "background": record.background if record and agent.background else None,
                "slot": agent.background,
            }
        )
    if as_json:
        print_json({"agents": rows})
        return
    cells = [
        [
            row["agent"],
            row["title"],
            "installed" if row["installed"] else "settings" if row["configured"] else "",
            ("all" if row["main"] else "background calls") if row["connected"] else "",
            row["slot"] or "",
        ]
        for row in rows
    ]
    console.print(table("agents", ["agent", "", "here", "connected", "background calls"], cells))
    console.print("\nagent-router connect AGENT points one at the router; --print only shows what would change.")
