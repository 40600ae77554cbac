"""The local models by name: those the user added, and the bundled one."""

from __future__ import annotations

from pathlib import Path

from agent_models.engine.gguf_header import embeds
from agent_models.pocket import pocket_path
from agent_router.errors import ConfigError
from agent_router.settings import Settings

BUNDLED = "pocket"
BUNDLED_WORDS = (
    "A very small open model that comes with agent-router, for narrow, repeated tasks: short labels, titles, "
    "small JSON. It is not a chat model. Add a real one with `agent-router models add PATH.gguf`."
)


def model_name(path: Path) -> str:
    """The name under which a GGUF file is served: its file name without the ending."""
    return path.name.removesuffix(".gguf") or path.name


def local_paths(settings: Settings) -> dict[str, Path]:
    """Local models by name, the default first; the bundled one always last, and so the default if alone."""
    paths: dict[str, Path] = {}
    for path in settings.local.models:
        name = model_name(path)
        while name in paths or name == BUNDLED:
            name += "-2"
        paths[name] = path.expanduser()
    paths[BUNDLED] = pocket_path()
    return paths


def local_names(settings: Settings) -> list[str]:
    """All names that local models have, those with adapters among them; the default first, the bundled one last.
    ConfigError where an adapter's base is none of them, or its name another's."""
    paths = local_paths(settings)
    for name, adapter in settings.local.adapters.items():
        if adapter.base not in paths:
            there = ", ".join(paths)
            raise ConfigError(f"local.adapters.{name}: there is no local model {adapter.base!r}. There are: {there}.")
        if name in paths or "/" in name:
            raise ConfigError(f"local.adapters.{name}: another local model has this name, or it holds a slash.")
    return [*(name for name in paths if name != BUNDLED), *settings.local.adapters, BUNDLED]


def embedding_models(paths: dict[str, Path]) -> frozenset[str]:
    """The names of those that make vectors and no text, by what their files say. A file that cannot be read counts as
    a text model, as which it will say what is wrong with it."""
    return frozenset(name for name, path in paths.items() if name != BUNDLED and embeds(path))


def stamps(settings: Settings) -> dict[str, str]:
    """By the name of each local model what tells its files from others that may come to lie at their place."""
    paths = local_paths(settings)
    found = {name: _stamp(path) for name, path in paths.items()}
    for name, adapter in settings.local.adapters.items():
        found[name] = f"{_stamp(paths[adapter.base])} {_stamp(adapter.path.expanduser())} {adapter.scale}"
    return found


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"
