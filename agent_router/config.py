"""Reads the configuration: one TOML file, environment variables over it, the command line over both.

`$AGENT_ROUTER_CONFIG` or `config.toml` in the platform's config folder. It works with no file at all.
"""

from __future__ import annotations

import difflib
import os
import socket
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from agent_router import environment
from agent_router.addresses import is_any, is_loopback, normal
from agent_router.errors import ConfigError
from agent_router.paths import APP as APP
from agent_router.paths import LEDGER as LEDGER
from agent_router.paths import PREFIX
from agent_router.paths import RESPONSES as RESPONSES
from agent_router.paths import config_path as config_path
from agent_router.paths import data_path as data_path
from agent_router.settings import NO_KEY, Settings, Upstream

Origin = Literal["default", "file", "environment", "command line"]

# Providers that need no address: by their key in the environment alone, or by their name in the file.
PRESETS: dict[str, dict[str, Any]] = {
    "openai": {
        "kind": "openai",
        "base_url": "https://api.openai.com/v1",
        "key_env": "OPENAI_API_KEY",
        "models": ["gpt-5.4"],
    },
    "anthropic": {
        "kind": "anthropic",
        "base_url": "https://api.anthropic.com/v1",
        "key_env": "ANTHROPIC_API_KEY",
        "models": ["claude-sonnet-5"],
    },
}


class Configuration:
    """The effective settings, and where each value came from.

    `path` is the file that was looked for (it need not exist); `data` the folder of ledger and models;
    `origins` maps dotted keys that are not defaults to their origin; `warnings` are sentences for the user.
    """

    def __init__(
        self, settings: Settings, path: Path, data: Path, origins: dict[str, Origin], warnings: list[str]
    ) -> None:
        self.settings = settings
        self.path = path
        self.data = data
        self.origins = origins
        self.warnings = warnings

    @property
    def ledger(self) -> Path:
        """The ledger's file; it need not exist yet."""
        return self.data / LEDGER


class _Layers:
    """File, environment and command line, merged; knows for every key where its value came from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.merged: dict[str, Any] = {}
        self.origins: dict[str, Origin] = {}
        self._variables: dict[str, str] = {}

    def add(self, origin: Origin, layer: Mapping[str, Any], variable: str = "") -> None:
        """Lay values over those that are there."""
        _merge(self.merged, layer)
        for key in _leaves(layer):
            self.origins[key] = origin
            self._variables[key] = variable

    def where(self, key: str) -> str:
        """The file, variable or command line that said something of a dotted key or of what it belongs to."""
        said = next((known for known in _upwards(key) if known in self.origins), None) or next(
            (known for known in self.origins if known.startswith(key + ".")), ""
        )
        origin = self.origins.get(said)
        if origin == "environment":
            return self._variables[said] or "the environment"
        return "the command line" if origin == "command line" else str(self.path)


def load(command_line: Mapping[str, Any] | None = None, *, new: bool = False) -> Configuration:
    """Read file, environment and `command_line` (nested like the file). ConfigError says what is wrong, and where.

    With `new`, a file that was named need not exist yet: it is about to be written.
    """
    path = config_path()
    layers = _Layers(path)
    layers.add("file", {} if new and not path.exists() else read_file(path))
    configured = layers.merged.get("upstreams")
    for variable, found in environment.read(os.environ, configured if isinstance(configured, dict) else ()):
        layers.add("environment", found, variable)
    switch = environment.telemetry_switch(os.environ)
    if switch is not None:
        layers.add("environment", {"telemetry": {"level": switch[1]}}, switch[0])
    layers.add("command line", command_line or {})
    _complete_upstreams(layers)
    settings = _settings(layers)
    for key, said in _contradictions(settings):
        raise ConfigError(f"{layers.where(key)}: {key}: {said}.")
    return Configuration(settings, path, data_path(), layers.origins, list(_warnings(settings, layers.origins)))


def read_file(path: Path) -> dict[str, Any]:
    """The file as it stands; empty if there is none and none was named. ConfigError if it is unreadable or no TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        if os.environ.get(PREFIX + "CONFIG", "").strip():
            raise ConfigError(
                f"{path}, which {PREFIX}CONFIG names, does not exist. Make it (it may be empty), or unset the variable."
            ) from None
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} cannot be read: it is not UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply.") from None


def _complete_upstreams(layers: _Layers) -> None:
    """With no upstream configured, an API key in the environment makes that provider the closed side. A configured
    upstream of a well-known name needs no address, and is the closed side if nothing else is said."""
    upstreams = layers.merged.setdefault("upstreams", {})
    if not isinstance(upstreams, dict):
        return
    if not upstreams:
        for name, preset in PRESETS.items():
            if os.environ.get(preset["key_env"], "").strip() not in ("", NO_KEY):
                layers.add("environment", {"upstreams": {name: preset}}, preset["key_env"])
        return
    for name, preset in PRESETS.items():
        given = upstreams.get(name)
        # The key of the environment goes to its own provider only, not to whatever address has taken the name.
        if (
            isinstance(given, dict)
            and str(given.get("base_url") or preset["base_url"]).rstrip("/") == preset["base_url"]
        ):
            given.setdefault("kind", preset["kind"])
            given.setdefault("base_url", preset["base_url"])
            if not any(key in given for key in ("key_env", "key_keyring", "key")):
                given["key_env"] = preset["key_env"]
    routing = layers.merged.setdefault("routing", {})
    listed = any(isinstance(given, dict) and given.get("models") for given in upstreams.values())
    if isinstance(routing, dict) and "closed" not in routing and not listed:
        known = next((name for name in PRESETS if name in upstreams), None)
        if known:
            routing["closed"] = f"{known}/{PRESETS[known]['models'][0]}"


def _settings(layers: _Layers) -> Settings:
    # Not left to BaseSettings, which takes keyword arguments that begin with an underscore for its own.
    for key in layers.merged:
        if key not in Settings.model_fields:
            raise ConfigError(f"{layers.where(key)}: {key}: there is no such key{_nearest((key,))}.")
    try:
        return Settings(**layers.merged)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentences(error, layers))) from None


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of values that are right each for itself, but not together."""
    routing = settings.routing
    closed = [("closed", routing.closed), ("closed_embedding", routing.closed_embedding)]
    for key, name in [*closed, *(("fallback", name) for name in routing.fallback)]:
        if name is None or (key == "fallback" and name == "local"):
            continue
        provider, _, model = name.partition("/")
        if not provider or not model:
            yield f"routing.{key}", f'{name!r} must have the form "provider/model"'
        elif provider == "local" and key != "fallback":
            yield f"routing.{key}", f"{name!r} is a local model; the closed side is one of [upstreams]"
        elif provider not in settings.upstreams and provider != "local":
            known = ", ".join(settings.upstreams) or "none"
            said = f"{name!r} names the provider {provider!r}, which is not among [upstreams] ({known})"
            yield f"routing.{key}", said
    for name, upstream in settings.upstreams.items():
        if _is_router(settings, upstream.address):
            yield (
                f"upstreams.{name}.base_url",
                f"{upstream.address} is this router itself ([server] port {settings.server.port}); requests would go "
                "round in circles",
            )
    endpoint = settings.otel.endpoint
    if endpoint is None:
        return
    if _is_router(settings, endpoint):
        port = settings.server.port
        yield "otel.endpoint", f"{endpoint} is this router itself ([server] port {port}); its spans would go in circles"
    if routing.privacy == "local-only" and not is_loopback(urlsplit(endpoint).hostname or ""):
        yield "otel.endpoint", f"{endpoint} is elsewhere, and [routing] privacy lets nothing leave this machine"


def _is_router(settings: Settings, url: str) -> bool:
    parts = urlsplit(url)
    if (parts.port or (443 if parts.scheme == "https" else 80)) != settings.server.port:
        return False
    host, own = normal(parts.hostname or ""), normal(settings.server.host)
    if host == own or (is_any(own) and host == normal(socket.gethostname())):
        return True
    return (is_loopback(host) or is_any(host)) and (is_loopback(own) or is_any(own))


def _warnings(settings: Settings, origins: Mapping[str, Origin]) -> Iterator[str]:
    for name, upstream in settings.upstreams.items():
        if upstream.key is not None and origins.get(f"upstreams.{name}.key") == "file":
            yield f"[upstreams.{name}] holds its key in the clear; name it with key_env or key_keyring instead."
        host = normal(urlsplit(upstream.address).hostname or "")
        if upstream.place == "device" and not is_loopback(host) and host != normal(socket.gethostname()):
            yield (
                f"[upstreams.{name}] is said to be on this device, but {host} may be elsewhere; local-only requests "
                "may go there."
            )
    for model in settings.local.models:
        if not model.expanduser().is_file():
            yield f"[local] models: {model} is not there; requests for it fail."
    if settings.routing.keep_text:
        yield "[routing] keep_text is on, but this version stores no text."
    for name in settings.otel.headers:
        if origins.get(f"otel.headers.{name}") == "file":
            yield f"[otel] headers holds {name} in the clear; name its variable in headers_env instead."
    for name, variable in settings.otel.headers_env.items():
        if settings.otel.endpoint is not None and not os.environ.get(variable, "").strip():
            yield f"[otel] headers_env: {variable} is not set; nothing is sent as {name}."
    if settings.telemetry.level != "off":
        yield "[telemetry] level is set, but this version sends no reports."
    named = {upstream.key_env for upstream in settings.upstreams.values()} | {settings.server.api_key_env}
    keys = [key for key, _ in documented() if not key.startswith("upstreams.")]
    yield from environment.misspelt(os.environ, {name for name in named if name}, keys)


def documented(section: type[BaseModel] = Settings, prefix: str = "") -> list[tuple[str, tuple[object, str]]]:
    """Every key with its default and description, for `agent-router config` and the documentation."""
    rows: list[tuple[str, tuple[object, str]]] = []
    for name, field in section.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            rows += documented(annotation, f"{prefix}{name}.")
        elif name == "upstreams" and section is Settings:
            rows += documented(Upstream, "upstreams.<name>.")
        else:
            rows.append((f"{prefix}{name}", (field.default, field.description or "")))
    return rows


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = _copy(value)


def _copy(value: Any) -> Any:
    return {k: _copy(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _upwards(key: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`."""
    while key:
        yield key
        key = key.rpartition(".")[0]


def _sentences(error: ValidationError, layers: _Layers) -> Iterator[str]:
    # Without the input: it may be a key.
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"])
        said = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        if problem["type"] == "extra_forbidden":
            said = "there is no such key" + _nearest(problem["loc"])
        elif problem["type"] in ("model_type", "dict_type"):
            said = f"must be a table, [{key}{'.NAME' if key == 'upstreams' else ''}]"
        yield f"{layers.where(key)}: {key}: {said}."


def _nearest(loc: tuple[int | str, ...]) -> str:
    """` (did you mean …?)` for a misspelt key: one of the same section first, else one of another with its section."""
    section, wrong = ".".join(str(part) for part in loc[:-1]), str(loc[-1])
    keys = [key.replace("<name>", str(loc[1])) if loc[0] == "upstreams" and len(loc) > 1 else key
            for key, _ in documented()]  # fmt: skip
    near = {key.removeprefix(f"{section}.").partition(".")[0] for key in keys if key.startswith(f"{section}.")}
    if not section:
        near = set(Settings.model_fields)
    close = difflib.get_close_matches(wrong, sorted(near), n=1)
    elsewhere = [key for key in keys if key.rpartition(".")[2] == wrong]
    meant = [*close, *elsewhere]
    return f" (did you mean {meant[0]}?)" if meant else ""
