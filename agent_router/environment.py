"""The environment variables that spell the configuration: `AGENT_ROUTER_SERVER__PORT=8500` is `[server] port`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_settings import EnvSettingsSource
from pydantic_settings.exceptions import SettingsError

from agent_router.errors import ConfigError
from agent_router.paths import PREFIX
from agent_router.settings import Settings

_OFF = frozenset({"off", "0", "false", "no", "none"})


class _Reader(EnvSettingsSource):
    """pydantic-settings' reader; a list may also be spelt `a,b`."""

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        if value.lstrip()[:1] in ("[", "{"):
            return json.loads(value)
        if "list" not in str(getattr(field, "annotation", field)):
            raise ValueError
        return [item.strip() for item in value.split(",") if item.strip()]


def read(variables: Mapping[str, str], providers: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(variable, what it sets, nested like the file) for each of the configuration's variables, general ones first.

    `providers` are the names of the upstreams in the file: a variable's name holds no dashes and no case, so
    `AGENT_ROUTER_UPSTREAMS__MY_LAB__MODELS` belongs to `[upstreams.My-Lab]` if there is one.
    ConfigError names a variable of an unknown section, or one that cannot be read.
    """
    sections = set(Settings.model_fields)
    known = {_spelt(name): name for name in providers}
    for name in sorted(variables, key=lambda name: name.count("__")):
        parts = name.upper().removeprefix(PREFIX).lower().split("__")
        value = variables[name]
        if not name.upper().startswith(PREFIX) or not value.strip():
            continue
        if parts[0] not in sections:
            if len(parts) > 1:
                there = ", ".join(sorted(sections))
                raise ConfigError(f"{name}: there is no section [{parts[0]}]. Sections: {there}.")
            continue
        if parts == ["telemetry"] and not value.lstrip().startswith("{"):
            continue  # a switch of its own; see `telemetry_switch`
        found = _one(name, value)
        if parts[0] == "upstreams" and len(parts) > 1:
            found = {"upstreams": {known.get(_spelt(key), key): item for key, item in found["upstreams"].items()}}
        yield name, found


def telemetry_switch(variables: Mapping[str, str]) -> tuple[str, str] | None:
    """(variable, level) of `AGENT_ROUTER_TELEMETRY=off`, which goes over every other spelling of the level."""
    for name, value in variables.items():
        level = value.strip().lower()
        if name.upper() == PREFIX + "TELEMETRY" and level and not level.startswith("{"):
            return name, "off" if level in _OFF else level
    return None


def misspelt(variables: Iterable[str], named: Iterable[str], keys: Iterable[str]) -> Iterator[str]:
    """A sentence for each variable that looks like a key but is not read. `named` are variables that hold the user's
    own API keys; `keys` the configuration's dotted keys."""
    spelt = {key.upper().replace(".", "_"): key for key in keys}
    spelt |= {key.rpartition(".")[2].upper(): key for key in keys}
    for name in variables:
        rest = name.upper().removeprefix(PREFIX)
        key = spelt.get(rest) if name.upper().startswith(PREFIX) and "__" not in rest else None
        if key is not None and name not in named:
            yield f"{name} is not read; {key} is spelt {PREFIX}{key.upper().replace('.', '__')}."


def _spelt(provider: str) -> str:
    return re.sub(r"\W", "_", provider).lower()


def _one(name: str, value: str) -> dict[str, Any]:
    reader = _Reader(Settings)
    reader.env_vars = {name.lower(): value}
    try:
        return reader()
    except SettingsError:
        wanted = "JSON" if value.lstrip()[:1] in ("[", "{") else "a table, spelt as JSON: {...}"
        raise ConfigError(f"{name}: the value is not {wanted}.") from None
