"""`agent-router models`: what there is, and adding to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import tomlkit
import typer
from rich.markup import escape

from agent_models.catalogue import Catalogue
from agent_models.engine.inspection import inspect_model
from agent_models.engine.protocol import ModelInfo
from agent_router import config as configuration
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json, table
from agent_router.errors import ConfigError
from agent_router.model_list import model_objects
from agent_router.routing.names import Names
from agent_router.upstreams.registry import BUNDLED, local_paths, model_name

app = typer.Typer(help="List the models that callers may name; add or remove a local one.", invoke_without_command=True)


@app.callback()
def _default(context: typer.Context, as_json: bool = JSON_OPTION) -> None:
    if context.invoked_subcommand is None:
        list_models(as_json)


@app.command("list")
def list_models(as_json: bool = JSON_OPTION) -> None:
    """List the models that callers may name."""
    with friendly(as_json):
        loaded = configuration.load()
        catalogue = Catalogue.load(loaded.data / "catalogue.yaml")
        paths = local_paths(loaded.settings)

        def lab(model: str) -> str | None:
            family = catalogue.find(model)
            return family.lab if family else None

        names = Names(loaded.settings, list(paths), lab)
        objects = model_objects(names, None, catalogue)
        for entry in objects:
            provider, _, model = entry["id"].partition("/")
            if provider == "local" and model in paths:
                entry["path"], entry["place"] = str(paths[model]), "device"
                entry["exists"] = paths[model].is_file()
            elif provider in loaded.settings.upstreams:
                entry["place"] = loaded.settings.upstreams[provider].place
        if as_json:
            print_json({"models": objects})
            return
        rows = [[entry["id"], entry.get("openness", ""), entry.get("place") or "", _note(entry)] for entry in objects]
        console.print(table("", ["model", "openness", "place", ""], rows))


def _note(entry: dict[str, Any]) -> str:
    if entry.get("exists") is False:
        return f"the file {entry['path']} is missing"
    return str(entry.get("description") or "")


@app.command("add")
def add(
    path: Annotated[Path, typer.Argument(help="A GGUF file.")],
    default: Annotated[bool, typer.Option("--default/--no-default", help="Make it what `local` means.")] = True,
    as_json: bool = JSON_OPTION,
) -> None:
    """Add a GGUF file as a local model.

    The file is checked by llama.cpp, stays where it is, and is named in the configuration file, whose comments
    are kept. A running router takes it up when it is started again.
    """
    with friendly(as_json):
        path = path.expanduser().resolve()
        loaded = configuration.load()
        if not as_json:
            console.print(f"Checking {escape(str(path))} …")
        info = inspect_model(path)
        models = [model for model in loaded.settings.local.models if model.expanduser().resolve() != path]
        models.insert(0 if default else len(models), path)
        _write(loaded.path, models)
        name = model_name(path)
        if as_json:
            print_json({"added": name, "path": str(path), "configuration": str(loaded.path), **_facts(info)})
            return
        console.print(f"Added [bold]local/{escape(name)}[/bold]: {escape(_sentence(info))}")
        console.print(f"Written to {escape(str(loaded.path))}. Restart `agent-router serve` to use it.")


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The model's name, as `models list` shows it, or its path.")],
    as_json: bool = JSON_OPTION,
) -> None:
    """Remove a local model from the configuration. The file itself stays."""
    with friendly(as_json):
        loaded = configuration.load()
        short = name.removeprefix("local/")
        if short == BUNDLED:
            raise ConfigError("The bundled model cannot be removed; it is only used when no other is asked for.")
        by_name = {model: path for model, path in local_paths(loaded.settings).items() if model != BUNDLED}
        chosen = by_name.get(short) or next((path for path in by_name.values() if str(path) == name), None)
        if chosen is None:
            known = ", ".join(by_name) or "none"
            raise ConfigError(f"There is no local model {name!r} to remove. Added models: {known}.")
        _write(loaded.path, [model for model in loaded.settings.local.models if model.expanduser() != chosen])
        if as_json:
            print_json({"removed": short, "path": str(chosen)})
            return
        console.print(f"Removed {escape(short)}; the file {escape(str(chosen))} stays.")


def _write(path: Path, models: list[Path]) -> None:
    """Set `[local] models` in the configuration file, keeping everything else as it is."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    document = tomlkit.parse(text)
    local = document.setdefault("local", tomlkit.table())
    local["models"] = [str(model) for model in models]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a half-written configuration would stop the next start.
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def _facts(info: ModelInfo) -> dict[str, Any]:
    return {
        "architecture": info.architecture,
        "parameters": info.parameters,
        "size_bytes": info.size,
        "context_window": info.trained_context,
    }


def _sentence(info: ModelInfo) -> str:
    parameters = (
        f"{info.parameters / 1e9:.1f} billion" if info.parameters >= 1e9 else f"{info.parameters / 1e6:.1f} million"
    )
    return (
        f"{info.architecture}, {parameters} parameters, {info.size / 1e6:,.0f} MB, "
        f"trained on {info.trained_context:,} tokens of context."
    )
