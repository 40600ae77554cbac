"""Which system's service it is."""

from __future__ import annotations

import pytest

from agent_router.errors import ConfigError
from agent_router.service.here import service_here


@pytest.mark.parametrize(
    ("platform", "system"), [("linux", "systemd"), ("darwin", "launchd"), ("win32", "task scheduler")]
)
def test_each_platform_has_its_own(platform: str, system: str) -> None:
    assert service_here(platform).system == system


def test_one_that_is_not_known_is_told_what_to_do() -> None:
    with pytest.raises(ConfigError, match="agent-router serve"):
        service_here("freebsd14")
