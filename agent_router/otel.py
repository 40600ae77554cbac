"""OpenTelemetry as configured: who the upstreams are called there, and where spans and metrics go, if anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent_router import __version__
from agent_router.errors import ConfigError
from agent_router.settings import Otel, Settings
from agent_telemetry.conventions import provider
from agent_telemetry.instruments import Reading
from agent_telemetry.operation import Server
from agent_telemetry.split import Classify

if TYPE_CHECKING:
    from agent_telemetry.otel.export import Export


def servers(settings: Settings) -> dict[str, Server]:
    """The upstreams by their names in the configuration."""
    found = {}
    for name, upstream in settings.upstreams.items():
        parts = urlsplit(upstream.address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found[name] = Server(provider(name, upstream.address), parts.hostname or "", port)
    return found


def export(
    settings: Otel,
    headers: Mapping[str, str],
    readings: Callable[[], Iterable[Reading]],
    servers: Mapping[str, Server],
    classify: Classify,
) -> Export | None:
    """What sends spans and metrics; None where no endpoint is configured.

    The SDK is loaded here, a tenth of a second, and not before.
    """
    if settings.endpoint is None or not (settings.traces or settings.metrics):
        return None
    from agent_telemetry.otel.export import Collector, Export

    collector = Collector(
        endpoint=settings.endpoint,
        headers=headers,
        service=settings.service_name,
        attributes=settings.attributes,
        traces=settings.traces,
        metrics=settings.metrics,
        interval=settings.interval_seconds,
    )
    return Export(collector, readings, version=__version__, servers=servers, classify=classify)


def headers(settings: Otel) -> dict[str, str]:
    """What is sent with them, variables read. ConfigError for a value that cannot be a header's."""
    found = {name: value.get_secret_value().strip() for name, value in settings.headers.items()}
    for name, variable in settings.headers_env.items():
        if value := os.environ.get(variable, "").strip():
            found[name] = value
    for name, value in found.items():
        if not (value.isascii() and value.isprintable()):
            raise ConfigError(f"[otel] The value of the header {name} holds what no header can.")
    return found
