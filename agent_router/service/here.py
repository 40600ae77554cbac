"""Which system's service this machine has."""

from __future__ import annotations

import sys

from agent_router.errors import ConfigError
from agent_router.service.launchd import Launchd
from agent_router.service.service import Service
from agent_router.service.systemd import Systemd
from agent_router.service.task_scheduler import TaskScheduler


def service_here(platform: str = sys.platform) -> Service:
    """The service of a platform, in the words of `sys.platform`. ConfigError for one that is not known."""
    if platform.startswith("linux"):
        return Systemd()
    if platform == "darwin":
        return Launchd()
    if platform == "win32":
        return TaskScheduler()
    raise ConfigError(
        f"No service is known for {platform}; let its own supervisor run `agent-router serve` (FreeBSD: daemon(8))."
    )
