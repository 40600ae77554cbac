"""The sections themselves; how they are read and refused is in test_config and test_environment."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_router.settings import Settings, Upstream


def test_they_cannot_be_changed_once_read() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.server.port = 1  # type: ignore[misc]


def test_a_well_known_dialect_has_an_address_of_its_own() -> None:
    assert Upstream(kind="anthropic").address == "https://api.anthropic.com/v1"
    assert Upstream(kind="gemini").address.startswith("https://generativelanguage.googleapis.com/")
    assert Upstream(base_url="http://box.lan:1234/v1/").address == "http://box.lan:1234/v1"


def test_the_environment_is_not_read_behind_the_readers_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_ROUTER_SERVER__PORT", "1")
    assert Settings().server.port == 8484


def test_a_key_does_not_show(capsys: pytest.CaptureFixture[str]) -> None:
    upstream = Upstream.model_validate({"base_url": "http://x", "key": "topsecret"})
    assert "topsecret" not in repr(upstream)
    assert "topsecret" not in str(Settings.model_validate({"upstreams": {"x": upstream}}))
