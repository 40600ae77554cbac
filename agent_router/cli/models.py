"""`agent-router models`: what there is, and adding to it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from agent_models.catalogue import Catalogue
from agent_models.engine.inspection import inspect_model
from agent_models.engine.protocol import ModelInfo
from agent_router import config as configuration
from agent_router.cli.model_openness import classify, explain
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json, table
from agent_router.config import Configuration
from agent_router.config_file import ConfigFile, is_same
from agent_router.errors import ConfigError
from agent_router.local_models import BUNDLED, embedding_models, local_names, local_paths, model_name
from agent_router.model_list import model_list
from agent_router.paths import PREFIX
from agent_router.routing.names import LONGEST, Names

app = typer.Typer(
    help="List the models that callers may name; add or remove a local one; say which are open.",
    invoke_without_command=True,
)

app.command("explain")(explain)
app.command("classify")(classify)


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
        names = Names(loaded.settings, local_names(loaded.settings), catalogue.lab, embedding_models(paths))
        objects = model_list(names, catalogue)
        for entry in objects:
            provider, _, model = entry["id"].partition("/")
            if provider == "local" and model in paths:
                entry["path"], entry["exists"] = str(paths[model]), paths[model].is_file()
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
    path: Annotated[Path, typer.Argument(help="A GGUF file.", show_default=False, readable=False)],
    default: Annotated[bool, typer.Option("--default/--no-default", help="Make it what `local` means.")] = True,
    as_json: bool = JSON_OPTION,
) -> None:
    """Add a GGUF file as a local model.

    The file is checked by llama.cpp, stays where it is, and is named in the configuration file, whose comments
    are kept. A running router takes it up when it is started again.
    """
    with friendly(as_json):
        # Not resolved: a link often has the model's name, and its target a hash.
        path = Path(os.path.abspath(os.path.expanduser(path)))
        loaded = _editable()
        _check_name(path, local_paths(loaded.settings))
        if not as_json:
            console.print(f"Checking {escape(str(path))} …")
        info = inspect_model(path)
        file = ConfigFile(loaded.path)
        file.add_local_model(path, first=default)
        file.save()
        name = next(name for name, there in local_paths(configuration.load().settings).items() if is_same(there, path))
        if as_json:
            print_json({"added": name, "path": str(path), "configuration": str(loaded.path), **_facts(info, path)})
            return
        console.print(f"Added [bold]local/{escape(name)}[/bold]: {escape(_sentence(info, path))}")
        console.print(f"Written to {escape(str(loaded.path))}. Restart `agent-router serve` to use it.")


@app.command("remove")
def remove(
    name: Annotated[
        str, typer.Argument(help="The model's name, as `models list` shows it, or its path.", show_default=False)
    ],
    as_json: bool = JSON_OPTION,
) -> None:
    """Remove a local model from the configuration. The file itself stays."""
    with friendly(as_json):
        loaded = _editable()
        short = name.removeprefix("local/")
        if short == BUNDLED:
            raise ConfigError("The bundled model cannot be removed; it is only used when no other is asked for.")
        added = {model: path for model, path in local_paths(loaded.settings).items() if model != BUNDLED}
        by_path = next((model for model, path in added.items() if is_same(name, path)), None)
        chosen = short if short in added else by_path
        if chosen is None:
            known = ", ".join(added) or "none"
            raise ConfigError(f"There is no local model {name!r} to remove. Added models: {known}.")
        path = Path(os.path.abspath(added[chosen]))
        file = ConfigFile(loaded.path)
        file.remove_local_model(path)
        file.save()
        if as_json:
            print_json({"removed": chosen, "path": str(path), "configuration": str(loaded.path)})
            return
        console.print(f"Removed {escape(chosen)}; the file {escape(str(path))} stays.")


def _editable() -> Configuration:
    """The configuration, if what its file says of local models counts."""
    loaded = configuration.load(new=True)
    if loaded.origins.get("local.models") == "environment":
        raise ConfigError(
            f"{PREFIX}LOCAL__MODELS is set in the environment and goes before the file {loaded.path}; "
            "change it there, or unset it."
        )
    return loaded


def _check_name(path: Path, there: dict[str, Path]) -> None:
    """ConfigError for a name that callers could not use, or that now means another file."""
    name = model_name(path)
    if not name.isprintable() or len(name) > LONGEST - len("local/"):
        raise ConfigError(f"{str(path)!r} cannot be a model's name; rename the file.")
    if name in there and name != BUNDLED and not is_same(there[name], path):
        raise ConfigError(
            f"There is already a local model {name}: {there[name]}. Rename one of the files, or remove that model "
            f"first: `agent-router models remove {shlex.quote(name)}`."
        )


def _facts(info: ModelInfo, path: Path) -> dict[str, Any]:
    return {
        "architecture": info.architecture,
        "parameters": info.parameters,
        "size_bytes": path.stat().st_size,
        "context_window": info.trained_context,
        "embedding_size": info.embedding_size,
    }


def _sentence(info: ModelInfo, path: Path) -> str:
    parameters = (
        f"{info.parameters / 1e9:.1f} billion" if info.parameters >= 1e9 else f"{info.parameters / 1e6:.1f} million"
    )
    embedding = f", an embedding model with {info.embedding_size:,} dimensions" if info.embedding_size else ""
    return (
        f"{info.architecture}, {parameters} parameters, {path.stat().st_size / 1e6:,.0f} MB, "
        f"trained on {info.trained_context:,} tokens of context{embedding}."
    )
