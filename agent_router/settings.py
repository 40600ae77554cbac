"""What can be configured: the sections of the TOML file as types, with their defaults, meanings and bounds.

Their keys, defaults and descriptions are what `agent-router config --keys` and docs/configuration.md show.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from agent_router.paths import PREFIX
from agent_telemetry.usage_record import Place

NO_KEY = "agent-router"
"""What agents send as a key where the router demands none: most refuse to start without one. It is nobody's key: a
variable that holds it, such as OPENAI_API_KEY in a connected shell, holds none for an upstream."""
RESERVED = frozenset({"auto", "local", "closed", "agent-router"})
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _variable(name: str | None) -> str | None:
    """A variable's name. It is not shown if it is none: it may be the key itself."""
    if name and not _VARIABLE.fullmatch(name):
        raise ValueError("must be the name of an environment variable, not the key itself")
    return name or None


def _address(url: str | None) -> str | None:
    """A base URL without a slash at its end."""
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    try:
        parts = urlsplit(url)
        reachable = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\x00-\x1f]", url)
    except ValueError:
        reachable = False
    if not reachable:
        raise ValueError("is no valid address")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password; name the variable that holds the key")
    if parts.query or parts.fragment:
        raise ValueError("must end before '?' and '#'")
    return url.rstrip("/")


class Server(_Section):
    """Where the endpoint listens and what it demands of callers."""

    host: str = Field(
        "127.0.0.1", min_length=1, description="address to listen on; anything but loopback demands an API key"
    )
    port: int = Field(8484, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    api_key_env: str | None = Field(
        None,
        description="environment variable that holds the key callers must send; needed for a non-loopback host",
    )
    allowed_hosts: list[str] = Field(
        [], description="further Host names to answer to, beside loopback names and `host` itself"
    )
    max_body_bytes: int = Field(32 * 1024 * 1024, gt=0, description="a larger request body is refused with 413")
    drain_seconds: float = Field(30, ge=0, le=86400, description="how long running answers may go on after SIGTERM")

    _names_a_variable = field_validator("api_key_env")(_variable)


class Upstream(_Section):
    """A provider that requests may be sent to. The table's name is the provider in `provider/model`."""

    kind: Literal["openai", "anthropic", "gemini"] = Field("openai", description="the dialect it speaks")
    api: Literal["auto", "chat", "responses"] = Field(
        "auto",
        description="which of OpenAI's dialects a server of kind openai is asked in: auto takes the caller's own where "
        "the server has it, which the first request finds out",
    )
    base_url: str | None = Field(None, description="its address, up to and including /v1")
    key_env: str | None = Field(None, description="environment variable that holds its API key")
    key_keyring: str | None = Field(None, description="service/name of its API key in the system's keyring")
    key: SecretStr | None = Field(None, description="its API key in the clear; prefer key_env or key_keyring")
    place: Place = Field("hosted", description="hosted | subscription | lan | device")
    models: list[str] = Field([], description="its models; the first is its default")
    vision: bool = Field(True, description="whether its models take image parts")

    _names_a_variable = field_validator("key_env")(_variable)

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        url = _address(url)
        if url is not None and url.endswith(("/completions", "/messages", "/responses", "/embeddings")):
            raise ValueError("must end before the endpoint's own path, as in https://api.openai.com/v1")
        return url

    @field_validator("key_keyring")
    @classmethod
    def _is_entry(cls, entry: str | None) -> str | None:
        if entry and not all(entry.partition("/")):
            raise ValueError('must have the form "service/name"')
        return entry or None

    @field_validator("models")
    @classmethod
    def _are_names(cls, models: list[str]) -> list[str]:
        if not all(model.strip() for model in models):
            raise ValueError("must not hold an empty name")
        return models

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


class Adapter(_Section):
    """A LoRA adapter on top of a local model. The table's name is the model's name: `local/<name>`."""

    path: Path = Field(description="the adapter's GGUF file")
    base: str = Field(description="the local model that it is for, by name")
    scale: float = Field(1.0, description="how much of it")


class Local(_Section):
    """The local engine."""

    models: list[Path] = Field([], description="GGUF files; the first is what `local` means; empty: the bundled one")
    adapters: dict[str, Adapter] = Field({}, description="LoRA adapters by name")
    context_window: int | None = Field(
        None, gt=0, description="the most tokens of a request; default: the model's own as far as memory affords it"
    )
    cache_tokens: int | None = Field(
        None, gt=0, description="tokens that the KV cache holds for all requests together; default: by free memory"
    )
    prefix_memory_mb: int = Field(
        1024,
        ge=0,
        description="main memory for prompts that were read and are not in use now, at most a quarter of what is free",
    )
    prefix_disk_mb: int = Field(
        2048,
        ge=0,
        description="disk for hot prompt prefixes, so that they need not be read again after a restart; 0: none",
    )
    parallel: int = Field(8, ge=1, le=32, description="requests that are answered at a time")
    threads: int | None = Field(None, gt=0, description="CPU threads; default: the physical cores")
    gpu_layers: int | None = Field(None, ge=-1, description="layers on the GPU, -1 all; default: as many as fit")
    flash_attention: bool | None = Field(
        None,
        description="false is quicker on a CPU behind prompts of more than about 1,000 tokens, slower behind several "
        "short ones; default: llama.cpp's choice, which is true",
    )
    queue: int = Field(32, gt=0, description="waiting requests, beyond which the answer is 429")
    idle_seconds: float = Field(600, ge=0, description="a model unused for so long is unloaded; 0: never")
    hang_seconds: float = Field(20, gt=0, description="a worker that shows no life for so long is restarted")

    @field_validator("models")
    @classmethod
    def _are_files(cls, models: list[Path]) -> list[Path]:
        for model in models:
            if not model.name:
                raise ValueError(f"'{model}' is no file")
            try:
                model.expanduser()
            except RuntimeError:
                raise ValueError(f"'{model}' begins with the home folder of a user who is not here") from None
        return models


class Patience(_Section):
    """Seconds that a local answer may take longer than the closed one usually does."""

    interactive: float = Field(2, ge=0, description="while a person waits")
    background: float = Field(60, ge=0, description="heartbeats, titles, summaries: nobody waits")


class Budget(_Section):
    """Money for closed APIs, in USD, by what providers bill. Days and months are those of this machine's clock."""

    day: float | None = Field(None, gt=0, description="USD a day; beyond it nothing goes to a closed API")
    month: float | None = Field(None, gt=0, description="USD a month; beyond it nothing goes to a closed API")
    agents: dict[str, float] = Field({}, description="USD a day for single agents, by name")
    soft: float = Field(
        0.8,
        gt=0,
        le=1,
        description="share of a budget, from which on what is nearly proven is answered locally too, and nothing is "
        "audited",
    )

    @field_validator("agents")
    @classmethod
    def _are_amounts(cls, agents: dict[str, float]) -> dict[str, float]:
        if not all(amount > 0 for amount in agents.values()):
            raise ValueError("must be greater than 0")
        return agents


class Shadow(_Section):
    """Local answers beside closed ones, compared and thrown away: how a family proves itself. Only while the machine is
    idle."""

    enabled: bool = Field(True, description="false: nothing is tried in the background, and no family earns its way")
    first: int = Field(20, ge=0, description="so many of each new template are all tried")
    share: float = Field(0.3, ge=0, le=1, description="of those after them")
    audits: float = Field(
        0.03,
        ge=0,
        le=0.5,
        description="share of the local answers that the closed side is asked for too, for its price",
    )
    audit_budget: float = Field(0.25, ge=0, description="USD a day that audits may cost at most")
    seconds_per_hour: float = Field(900, ge=0, description="seconds of each hour that it may compute at most")
    longest: float = Field(60, gt=0, description="seconds that one run may take at most")
    load: float = Field(0.7, gt=0, description="load of the machine (1 is all cores), above which it waits")
    on_battery: bool = Field(False, description="also while the machine runs on its battery")


class Verification(_Section):
    """What is looked at before the first byte of a local answer is released."""

    enabled: bool = Field(True, description="false: local answers are released as they come")
    hold_ms: float = Field(400, ge=0, description="milliseconds that text may be held back; calls and JSON until whole")
    second_sample: bool = Field(
        True, description="ask twice where a short or structured answer is in doubt, and escalate where the two differ"
    )


class Routing(_Section):
    """What `auto` does."""

    policy: str = Field("ladder", description="any registered policy")
    closed: str | None = Field(None, description='what `auto` and `closed` mean on the closed side: "provider/model"')
    closed_embedding: str | None = Field(
        None,
        description='what `closed` means for embeddings, and `auto` without a local embedding model: "provider/model"',
    )
    fallback: list[str] = Field(
        [], description='"provider/model" in order, when the first fails before a byte is released'
    )
    local_families: list[str] = Field(
        [],
        description="families `auto` answers locally: name patterns (`heartbeat-*`) or how the ask begins",
    )
    quality_floor: float = Field(
        0.99, gt=0, le=1, description="success relative to always-closed that `auto` has to keep; 1: nothing is earned"
    )
    pins: dict[str, Literal["local", "closed"]] = Field(
        {},
        description='your word before all that is learnt: a family\'s name or pattern, or "agent:NAME", and its side',
    )
    on_battery: Literal["local", "closed"] = Field(
        "local", description="where what is proven goes while the machine runs on its battery"
    )
    privacy: Literal["normal", "local-only"] = Field("normal", description="local-only: nothing leaves the machine")
    keep_text: bool = Field(False, description="keep comments of feedback (prompts and answers: nothing does yet)")
    local_only: list[str] = Field(
        [], description="agents (by name) and path patterns whose requests never leave the machine"
    )
    patience: Patience = Patience()
    budget: Budget = Budget()
    shadow: Shadow = Shadow()
    verification: Verification = Verification()

    @field_validator("local_only")
    @classmethod
    def _say_something(cls, entries: list[str]) -> list[str]:
        if not all(entry.strip() for entry in entries):
            raise ValueError("must not hold an empty entry")
        return entries


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


class Otel(_Section):
    """Spans and metrics for an OpenTelemetry collector of yours. Without an endpoint nothing is sent."""

    endpoint: str | None = Field(
        None, description="OTLP/HTTP's base address, as http://127.0.0.1:4318; unset: nothing is sent"
    )
    protocol: Literal["http/protobuf"] = Field("http/protobuf", description="how it is sent")
    headers_env: dict[str, str] = Field(
        {}, description="environment variables that hold headers, such as `authorization`, by the header's name"
    )
    headers: dict[str, SecretStr] = Field({}, description="headers in the clear; prefer headers_env")
    service_name: str = Field("agent-router", min_length=1, description="`service.name` of the resource")
    attributes: dict[str, str] = Field({}, description="further attributes of the resource")
    traces: bool = Field(True, description="send spans")
    metrics: bool = Field(True, description="send metrics")
    interval_seconds: float = Field(60, ge=1, le=3600, description="seconds from one report of metrics to the next")

    @field_validator("endpoint")
    @classmethod
    def _is_base(cls, url: str | None) -> str | None:
        url = _address(url)
        if url is not None and url.endswith(("/v1/traces", "/v1/metrics", "/v1/logs")):
            raise ValueError("must end before /v1/traces, as in http://127.0.0.1:4318")
        return url

    @field_validator("headers_env")
    @classmethod
    def _name_variables(cls, headers: dict[str, str]) -> dict[str, str]:
        for variable in headers.values():
            _variable(variable)
        return headers

    @field_validator("headers_env", "headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, Any]) -> dict[str, Any]:
        if not all(_HEADER.fullmatch(name) for name in headers):
            raise ValueError("must be names of headers")
        return headers


class Logs(_Section):
    """What agents' own logs tell of calls, also of those that never pass through the router."""

    watch: bool = Field(True, description="`serve` reads the logs when it starts, and as they grow")
    without: list[str] = Field([], description="agents whose logs are left alone, by the names that `sources` shows")


class Ledger(_Section):
    """What is kept of calls."""

    keep_days: int | None = Field(None, ge=1, le=36_500, description="days after which a call is erased; unset: never")


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
    otel: Otel = Otel()
    logs: Logs = Logs()
    ledger: Ledger = Ledger()
    plans: dict[str, Literal["api", "subscription"]] = Field(
        {},
        description='on what terms an agent\'s own calls are, as its log cannot tell (`claude = "subscription"`): api, '
        "billed by the token, or subscription, a flat rate; unset for claude, codex, copilot and gemini: unknown",
    )

    @field_validator("upstreams")
    @classmethod
    def _have_names(cls, upstreams: dict[str, Upstream]) -> dict[str, Upstream]:
        for name in upstreams:
            if name.lower() in RESERVED or "/" in name or not name.isprintable() or name != name.strip() or not name:
                raise ValueError(f"{name!r} cannot be a provider's name (reserved: {', '.join(sorted(RESERVED))})")
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
        # `config.load` merges file, environment and command line itself, to know where each value came from.
        return (init_settings,)
