"""Which models are open, remembered from the catalogue: the status line is asked for at every turn, and the catalogue
takes as long to load as all else that it does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import agent_models

FILE = "openness.json"
"""In the data folder. It may be deleted at any time, and holds names of models only."""
_MOST = 2000  # models


def known_openness(models: Iterable[str], data: Path) -> dict[str, str]:
    """Open, closed or unknown for each of the models. What was not remembered is looked up and then remembered, where
    the folder can be written; a catalogue that was changed since, or the user's own, is looked up anew.

    Raises `agent_models.catalogue.CatalogueError` where the user's own catalogue cannot be used.
    """
    wanted = set(models)
    stamp = _stamp(data)
    known = _read(data / FILE, stamp)
    missing = wanted - known.keys()
    if missing:
        from agent_models.catalogue import Catalogue

        catalogue = Catalogue.load(data / "catalogue.yaml")
        found = {model: str(catalogue.openness(model)) for model in missing}
        known = {**known, **found} if len(known) + len(found) <= _MOST else found
        _write(data / FILE, stamp, known)
    return {model: known[model] for model in wanted}


def _stamp(data: Path) -> str:
    """What changes with the catalogue: the names, sizes and times of its files and of the user's own."""
    parts = []
    for path in (Path(agent_models.__file__).parent / "catalogue", data / "catalogue.yaml"):
        try:
            files = [path] if path.is_file() else sorted(each for each in path.iterdir() if each.is_file())
            parts += [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
        except OSError:
            parts.append("none")
    return "\n".join(parts)


def _read(path: Path, stamp: str) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
        models = found["models"] if found["stamp"] == stamp else {}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return models if isinstance(models, dict) and all(isinstance(each, str) for each in models.values()) else {}


def _write(path: Path, stamp: str, models: dict[str, str]) -> None:
    from agent_router.whole_file import write_whole

    with suppress(OSError):  # the next time it takes as long again
        write_whole(path, json.dumps({"stamp": stamp, "models": models}).encode())
