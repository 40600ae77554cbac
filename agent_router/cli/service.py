"""`agent-router service`: the router always there, as a service of the user's own session."""

from __future__ import annotations

import os
import shlex
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from agent_router import config as configuration
from agent_router.addresses import url_of
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json
from agent_router.config import Configuration
from agent_router.errors import ConfigError
from agent_router.service import installation
from agent_router.service.here import service_here
from agent_router.service.service import Service, State, is_fleeting, log_path, program, variables_path
from agent_router.service.variables import Variables, carried, needed_keys, unseen

app = typer.Typer(
    invoke_without_command=True,
    help=(
        "Keep the router running: a systemd user unit (Linux), a launchd agent (macOS), a scheduled task (Windows). "
        "It never needs root. Without a command: the status."
    ),
)


@app.callback()
def _default(context: typer.Context, as_json: bool = JSON_OPTION) -> None:
    if context.invoked_subcommand is None:
        status(as_json)


@app.command("install")
def install(
    only_print: Annotated[bool, typer.Option("--print", help="Only print what would be written and run.")] = False,
    save_keys: Annotated[
        bool | None,
        typer.Option(
            "--save-keys/--no-save-keys",
            help="Copy the API keys that this shell has, and the configuration names, into the service's file of "
            "variables (mode 600). In a terminal it asks.",
        ),
    ] = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Install the service, or bring it up to date, and start it; it also starts at login and after a failure.

    What is written is printed before. A service does not see the variables of your shell: what it needs of them is in
    service.env in the config folder, API keys only if you say so.
    """
    with friendly(as_json):
        installation.check_user()
        service = service_here()
        if not only_print:
            service.check()
            installation.check_ours(service)
        loaded = configuration.load()
        before = installation.variables()
        keys = needed_keys(loaded.settings)
        save = _to_save(keys, before, save_keys, ask=not (only_print or as_json))
        after = _after(before, keys, save)
        with installation.as_the_service(after.seen):
            server = configuration.load().settings.server
        if server.port == 0:
            raise ConfigError("[server] port is 0, a new one at each start: name one, so that agents find the service.")
        address = url_of(server.host, server.port)
        text = service.text(program(server.drain_seconds))
        if not as_json:
            _show(service, after, text)
        found: dict[str, Any] = {
            "system": service.system,
            "files": [
                {"path": str(variables_path()), "text": after.shown},
                {"path": str(service.path), "text": text},
            ],
            "commands": [shlex.join(command.words) for command in service.start()],
            "address": address,
            "keys": _keys(keys, after),
            "not_seen": unseen(os.environ, after.seen, keys),
        }
        if not only_print:
            _check_port(service, server.host, server.port, loaded)
            installation.write(variables_path(), after.text)
            log_path().parent.mkdir(parents=True, exist_ok=True)
            installation.write(service.path, text, encoding=service.encoding)
            installation.carry_out(service.start())
            state = installation.settled(service.state, address, server.port)
            found["running"] = state.pid is not None
            if state.pid is None or installation.health(address) is None:
                raise ConfigError(_stays_down(service, state))
        if as_json:
            print_json(found)
            return
        if not only_print:
            _say(f"The router runs at {address}.")
            _say(service.note)
            _say(f"What it says: {service.see_log}. `agent-router service remove` takes all of this away.")
        _say_what_is_missing(loaded, after, found)


@app.command("status")
def status(as_json: bool = JSON_OPTION) -> None:
    """Say whether the service is installed, starts at login and runs, since when, and whether it answers."""
    with friendly(as_json):
        service = service_here()
        installed = installation.is_ours(service)
        if not installed:
            service.check()
        seen = installation.variables().seen
        with installation.as_the_service(seen):
            loaded = configuration.load()
        server = loaded.settings.server
        address = url_of(server.host, server.port)
        state = service.state() if installed else State()
        if installed and state == State():
            service.check()  # says why nothing is known of it, if that is why
        health = installation.health(address)
        since = installation.since(state.pid) if state.pid else None
        current = installation.written(service) == service.text(program(server.drain_seconds))
        found = {
            "system": service.system,
            "file": str(service.path),
            "installed": installed,
            "enabled": state.enabled,
            "running": state.pid is not None,
            "pid": state.pid,
            "since": datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds") if since else None,
            "problem": state.problem,
            "up_to_date": current if installed else None,
            "address": address,
            "answers": health is not None,
            "port_is_taken": installation.is_taken(server.host, server.port),
            "health": health.get("status") if health else None,
            "version": health.get("version") if health else None,
            "address_is_the_services": installation.listens(state.pid, server.port) if state.pid and health else None,
            "keys": _keys(needed_keys(loaded.settings), installation.variables()),
            "log": service.see_log,
        }
        if as_json:
            print_json(found)
            return
        for line in _status_lines(service, found):
            _say(line)


@app.command("remove")
def remove(as_json: bool = JSON_OPTION) -> None:
    """End the service and take away all that the installation wrote. Configuration, ledger and models stay."""
    with friendly(as_json):
        installation.check_user()
        service = service_here()
        if installation.is_ours(service):
            service.check()
        gone = installation.remove(service)
        if as_json:
            print_json({"system": service.system, "removed": gone})
            return
        for line in gone or ["There is no service; nothing was removed."]:
            _say(line)


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)


def _to_save(keys: list[str], before: Variables, save: bool | None, *, ask: bool) -> list[str]:
    """The names of the keys to copy."""
    there = [name for name in keys if os.environ.get(name, "").strip()]
    fresh = [name for name in there if before.seen.get(name) != os.environ[name]]
    if save is None and fresh and ask and sys.stdin.isatty() and sys.stdout.isatty():
        names = " and ".join(fresh)
        save = typer.confirm(f"The service does not see {names}. Copy into {variables_path()}, for your eyes only?")
    return there if save else []


def _after(before: Variables, keys: list[str], save: list[str]) -> Variables:
    """The file of variables as it is to be. A key that was saved once stays while it is needed."""
    kept = {name: before.ours[name] for name in keys if name in before.ours}
    copied = {name: os.environ[name].strip() for name in save}
    after = Variables(before.before, {**carried(os.environ), **kept, **copied}, before.after)
    overruled = [name for name in copied if after.seen.get(name) != copied[name]]
    if overruled:
        raise ConfigError(
            f"{variables_path()} has lines of your own for {', '.join(overruled)}, with other values, and yours count. "
            "Take them out, or install with --no-save-keys."
        )
    return after


def _show(service: Service, after: Variables, text: str) -> None:
    for path, shown in ((f"{variables_path()} (mode 600)", after.shown), (str(service.path), text)):
        _say(f"Writes {path}:\n")
        for line in shown.splitlines():
            _say(f"    {line}".rstrip())
        _say("")
    _say("Runs:")
    for command in service.start():
        _say(f"    {shlex.join(command.words)}")
    _say("")


def _check_port(service: Service, host: str, port: int, loaded: Configuration) -> None:
    """ConfigError if someone else has the service's port."""
    state = service.state() if installation.is_ours(service) else State()
    if state.pid and installation.listens(state.pid, port) is not False:
        return
    if not installation.is_taken(host, port):
        return
    by_hand = installation.health(url_of(host, port)) is not None
    who = "an agent-router that was started by hand" if by_hand else "another program"
    raise ConfigError(
        f"Port {port} on {host} is taken by {who}, so that the service could not start. End that one, or choose "
        f"another port: `port = {port + 1 if port < 65535 else 8484}` under [server] in {loaded.path}."
    )


def _stays_down(service: Service, state: State) -> str:
    words = service.last_words()
    said = f" It said last: {words}" if words else ""
    problem = f" ({state.problem})" if state.problem else ""
    return (
        f"The service is installed, but does not answer{problem}.{said}\nSee {service.see_log}; mend it and install "
        "again, or take it away with `agent-router service remove`."
    )


def _keys(keys: list[str], variables: Variables) -> dict[str, str]:
    """Where each key is: in `service.env`, where the service sees it, or `shell only`, or `nowhere`."""
    seen = variables.seen
    return {
        name: "service.env"
        if seen.get(name, "").strip()
        else "shell only"
        if os.environ.get(name, "").strip()
        else "nowhere"
        for name in keys
    }


def _say_what_is_missing(loaded: Configuration, after: Variables, found: dict[str, Any]) -> None:
    for name in found["not_seen"]:
        _say(f"note: the service does not see {name}, which this shell has set. Write it into {loaded.path} instead.")
    keys: dict[str, str] = found["keys"]
    unseen_keys = [name for name, where in keys.items() if where == "shell only"]
    if unseen_keys:
        upstream = next(
            (name for name, each in loaded.settings.upstreams.items() if each.key_env == unseen_keys[0]), "openai"
        )
        _say(
            f"note: the service does not see {' and '.join(unseen_keys)}, which this shell has set: a service has "
            "variables of its own. What works:\n"
            "  - `agent-router service install --save-keys` copies it into the file above;\n"
            f"  - a line {unseen_keys[0]}=... that you write into {variables_path()} yourself;\n"
            f"  - the system's keyring: `keyring set agent-router {upstream}`, and in {loaded.path}, under "
            f'[upstreams.{upstream}], key_keyring = "agent-router/{upstream}".'
        )
    if is_fleeting(sys.executable):
        _say(
            f"note: this installation lies where it may be cleaned away ({sys.executable}), and the service with it: "
            "install it for good (`uv tool install`, `pipx install`), then the service again from there."
        )
    own = loaded.settings.server.api_key_env
    if own and keys.get(own) != "service.env":
        _say(f"note: without {own} in {variables_path()}, the service does not start: [server] api_key_env names it.")
    nowhere = [name for name, where in keys.items() if where == "nowhere" and name != own]
    if nowhere and not unseen_keys and "service.env" not in keys.values():
        _say(f"note: the service has no key of a closed API ({', '.join(nowhere)}): until then all is local.")


def _status_lines(service: Service, found: dict[str, Any]) -> list[str]:
    if not found["installed"]:
        other = f" An agent-router that was started by hand answers at {found['address']}." if found["answers"] else ""
        return [f"No service is installed ({service.system}). `agent-router service install` installs it.{other}"]
    lines = [f"service    {found['system']}, {found['file']}"]
    if not found["up_to_date"]:
        lines.append("           as another installation wrote it; `agent-router service install` brings it up to date")
    lines.append(f"at login   {'starts' if found['enabled'] else 'does not start'}")
    if found["running"]:
        began = datetime.fromisoformat(found["since"]).astimezone() if found["since"] else None
        when = f" since {began:%Y-%m-%d %H:%M:%S}" if began else ""
        lines.append(f"running    yes{when}, process {found['pid']}")
    else:
        problem = f" ({found['problem']})" if found["problem"] else ""
        lines.append(f"running    no{problem}; see {found['log']}")
    if not found["answers"]:
        why = ": another program has the port" if found["port_is_taken"] and not found["running"] else ""
        lines.append(f"address    {found['address']} does not answer{why}")
    elif found["address_is_the_services"] is False or not found["running"]:
        lines.append(f"address    {found['address']} is answered by another agent-router than the service")
    else:
        lines.append(f"address    {found['address']} answers: {found['health']}, version {found['version']}")
    said = {"shell only": "this shell has it, the service does not see it", "nowhere": "not set"}
    lines += [f"key        {name}: {said.get(where, f'in {where}')}" for name, where in found["keys"].items()]
    return lines
