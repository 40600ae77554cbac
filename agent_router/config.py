"""The configuration: one TOML file, environment variables over it, the command line over both.

`$AGENT_ROUTER_CONFIG` or `config.toml` in the platform's config folder; `AGENT_ROUTER_SERVER__PORT=8500` spells
`[server] port`. It works with no file at all.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from agent_router.errors import ConfigError
from agent_telemetry.usage_record import Place

APP = "agent-router"
PREFIX = "AGENT_ROUTER_"
Origin = Literal["default", "file", "environment", "command line"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    """Where the endpoint listens and what it demands of callers."""

    host: str = Field("127.0.0.1", description="address to listen on; anything but loopback demands an API key")
    port: int = Field(8484, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    api_key_env: str | None = Field(
        None,
        description="environment variable that holds the key callers must send; needed for a non-loopback host",
    )
    allowed_hosts: list[str] = Field(
        [], description="further Host names to answer to, beside loopback names and `host` itself"
    )
    max_body_bytes: int = Field(32 * 1024 * 1024, gt=0, description="a larger request body is refused with 413")
    drain_seconds: float = Field(30, ge=0, description="how long running answers may go on after SIGTERM")


class Upstream(_Section):
    """A provider that requests may be sent to. The table's name is the provider in `provider/model`."""

    kind: Literal["openai", "anthropic", "gemini"] = Field("openai", description="the dialect it speaks")
    base_url: str | None = Field(None, description="its address, up to and including /v1")
    key_env: str | None = Field(None, description="environment variable that holds its API key")
    key_keyring: str | None = Field(None, description="service/name of its API key in the system's keyring")
    key: SecretStr | None = Field(None, description="its API key in the clear; prefer key_env or key_keyring")
    place: Place = Field("hosted", description="hosted | subscription | lan | device")
    models: list[str] = Field([], description="its models; the first is its default")
    vision: bool = Field(True, description="whether its models take image parts")

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/") if url else None

    @model_validator(mode="after")
    def _has_address(self) -> Upstream:
        if self.base_url is None and self.kind == "openai":
            raise ValueError("base_url is missing (for OpenAI itself: https://api.openai.com/v1)")
        return self

    @property
    def address(self) -> str:
        """The base URL in use."""
        return self.base_url or _DEFAULT_ADDRESS[self.kind]


_DEFAULT_ADDRESS = {
    "anthropic": "https://api.anthropic.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
}


class Local(_Section):
    """The local engine."""

    models: list[Path] = Field([], description="GGUF files; the first is what `local` means; empty: the bundled one")
    context_window: int | None = Field(None, gt=0, description="tokens; default: the model's own, at most 8192")
    threads: int | None = Field(None, gt=0, description="CPU threads; default: the physical cores")
    gpu_layers: int | None = Field(None, ge=-1, description="layers on the GPU, -1 all; default: none")
    queue: int = Field(32, gt=0, description="waiting requests, beyond which the answer is 429")
    hang_seconds: float = Field(60, gt=0, description="a worker that shows no life for so long is restarted")


class Patience(_Section):
    """Seconds that a local answer may take longer than the closed one usually does."""

    interactive: float = Field(2, ge=0, description="while a person waits")
    background: float = Field(60, ge=0, description="heartbeats, titles, summaries: nobody waits")


class Routing(_Section):
    """What `auto` does."""

    policy: str = Field("ladder", description="any registered policy")
    closed: str | None = Field(None, description='what `auto` and `closed` mean on the closed side: "provider/model"')
    fallback: list[str] = Field(
        [], description='"provider/model" in order, when the first fails before a byte is released'
    )
    local_families: list[str] = Field(
        [],
        description="families `auto` answers locally: name patterns (`heartbeat-*`) or how the ask begins",
    )
    quality_floor: float = Field(0.99, gt=0, le=1, description="success relative to always-closed (read by policies)")
    privacy: Literal["normal", "local-only"] = Field("normal", description="local-only: nothing leaves the machine")
    keep_text: bool = Field(False, description="store prompts and answers (nothing does yet)")
    local_only: list[str] = Field(
        [], description="agents (by name) and path patterns whose requests never leave the machine"
    )
    patience: Patience = Patience()


class Timeouts(_Section):
    """Seconds."""

    connect: float = Field(5, gt=0, description="until the upstream takes the connection")
    first_byte: float = Field(60, gt=0, description="until the first event, or the whole answer when not streamed")
    idle: float = Field(60, gt=0, description="between two pieces of a running stream")


class Telemetry(_Section):
    """Opt-in reports. Off means no packet."""

    level: Literal["off", "headline", "table"] = Field(
        "off", description="off | headline | table (nothing reports yet)"
    )


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    server: Server = Server()
    upstreams: dict[str, Upstream] = Field({}, description="providers by name")
    local: Local = Local()
    routing: Routing = Routing()
    timeouts: Timeouts = Timeouts()
    telemetry: Telemetry = Telemetry()

    @field_validator("upstreams")
    @classmethod
    def _names(cls, upstreams: dict[str, Upstream]) -> dict[str, Upstream]:
        for name in upstreams:
            if name in _RESERVED or "/" in name or not name.isprintable() or not name.strip():
                raise ValueError(f"{name!r} cannot be a provider's name (reserved: {', '.join(sorted(_RESERVED))})")
        return upstreams

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file is handed in by `load` as part of the initial values, under the environment.
        return (init_settings,)


_RESERVED = {"auto", "local", "closed"}


class Configuration:
    """The effective settings, and where each value came from.

    `path` is the file that was looked for (it need not exist); `data` the folder of ledger and models;
    `origins` maps dotted keys that are not defaults to their origin; `warnings` are sentences for the user.
    """

    def __init__(self, settings: Settings, path: Path, data: Path, origins: dict[str, Origin]) -> None:
        self.settings = settings
        self.path = path
        self.data = data
        self.origins = origins
        self.warnings = list(_warnings(settings))


def config_path() -> Path:
    """`$AGENT_ROUTER_CONFIG`, else `config.toml` in the platform's config folder."""
    named = os.environ.get(PREFIX + "CONFIG")
    return (
        Path(named).expanduser() if named else Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"
    )


def data_path() -> Path:
    """`$AGENT_ROUTER_DATA`, else the platform's data folder."""
    named = os.environ.get(PREFIX + "DATA")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir(APP, appauthor=False))


def load(command_line: Mapping[str, Any] | None = None) -> Configuration:
    """Read file, environment and `command_line` (nested like the file). ConfigError says what is wrong, and where."""
    path = config_path()
    layers: list[tuple[Origin, dict[str, Any]]] = [
        ("file", _read_file(path)),
        ("environment", _read_environment()),
        ("command line", dict(command_line or {})),
    ]
    merged: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for origin, layer in layers:
        _merge(merged, layer)
        origins |= dict.fromkeys(_leaves(layer), origin)
    _discover_upstreams(merged, origins)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise ConfigError(_sentence(error, path, origins)) from None
    _check_targets(settings)
    return Configuration(settings, path, data_path(), origins)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if os.environ.get(PREFIX + "CONFIG"):
            raise ConfigError(f"{path}, which AGENT_ROUTER_CONFIG names, does not exist.") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None


class _Environment(EnvSettingsSource):
    """pydantic-settings' reader, with lists also as `a,b` beside JSON."""

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return [item.strip() for item in value.split(",") if item.strip()]


def _read_environment() -> dict[str, Any]:
    sections = set(Settings.model_fields)
    for name in os.environ:
        head, nested, _ = name.upper().removeprefix(PREFIX).partition("__")
        if name.upper().startswith(PREFIX) and nested and head.lower() not in sections:
            raise ConfigError(f"{name}: there is no section [{head.lower()}]. Sections: {', '.join(sorted(sections))}.")
    source = _Environment(Settings)
    # AGENT_ROUTER_TELEMETRY=off is a switch of its own, not the section's JSON.
    switch = os.environ.get(PREFIX + "TELEMETRY")
    source.env_vars = {k: v for k, v in source.env_vars.items() if k.lower() != (PREFIX + "TELEMETRY").lower()}
    found = source()
    if switch:
        found.setdefault("telemetry", {})["level"] = switch.strip().lower()
    return found


def _discover_upstreams(merged: dict[str, Any], origins: dict[str, Origin]) -> None:
    """With no upstream configured, an API key in the environment makes that provider the closed side. A configured
    upstream of a well-known name needs no address."""
    upstreams = merged.setdefault("upstreams", {})
    if not isinstance(upstreams, dict):
        return
    if not upstreams:
        for name, preset in PRESETS.items():
            if os.environ.get(preset["key_env"]):
                upstreams[name] = dict(preset)
                origins[f"upstreams.{name}"] = "environment"
        return
    for name, preset in PRESETS.items():
        given = upstreams.get(name)
        if isinstance(given, dict) and "base_url" not in given:
            has_key = any(key in given for key in ("key_env", "key_keyring", "key"))
            for key in ("kind", "base_url", *(() if has_key else ("key_env",))):
                given.setdefault(key, preset[key])


def _check_targets(settings: Settings) -> None:
    """What `closed` and `fallback` name must be there."""
    routing = settings.routing
    for key, name in [("closed", routing.closed), *(("fallback", name) for name in routing.fallback)]:
        if name is None or (key == "fallback" and name == "local"):
            continue
        provider, _, model = name.partition("/")
        if not model:
            raise ConfigError(f'routing.{key}: {name!r} must have the form "provider/model".')
        if provider not in settings.upstreams and provider != "local":
            known = ", ".join(settings.upstreams) or "none"
            raise ConfigError(
                f"routing.{key}: {name!r} names the provider {provider!r}, which is not among [upstreams] ({known})."
            )


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
        "models": ["claude-sonnet-4-6"],
    },
}


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
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _sentence(error: ValidationError, path: Path, origins: Mapping[str, Origin]) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"])
        origin = origins.get(key) or next((o for k, o in origins.items() if k.startswith(key)), None)
        where = {
            "environment": PREFIX + key.upper().replace(".", "__"),
            "command line": "the command line",
        }.get(origin or "", str(path))
        said = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            said = "there is no such key" + _nearest(problem["loc"])
        lines.append(f"{where}: {key}: {said}.")
    return "\n".join(lines)


def _nearest(loc: tuple[int | str, ...]) -> str:
    """`, did you mean …?` for a misspelt key."""
    import difflib

    known = [key.rpartition(".")[2] for key, _ in documented()] + list(Settings.model_fields)
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _warnings(settings: Settings) -> Iterator[str]:
    for name, upstream in settings.upstreams.items():
        if upstream.key is not None:
            yield f"[upstreams.{name}] holds its key in the clear; name it with key_env or key_keyring instead."
    if settings.routing.keep_text:
        yield "[routing] keep_text is on, but this version stores no text."
    if settings.telemetry.level != "off":
        yield "[telemetry] level is set, but this version sends no reports."


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
