"""What the configuration becomes: upstreams by provider, engines by model."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_router.settings import Settings
from agent_router.upstreams.anthropic.upstream import AnthropicUpstream
from agent_router.upstreams.gemini.upstream import GeminiUpstream
from agent_router.upstreams.openai import OpenAIUpstream
from agent_router.upstreams.registry import Registry

SETTINGS = {
    "upstreams": {
        "work": {"base_url": "http://127.0.0.1:9/v1", "place": "lan"},
        "claude": {"kind": "anthropic", "key_env": "NO_SUCH_KEY_HERE"},
        "google": {"kind": "gemini", "key": "k"},
    },
    "local": {"models": ["/nowhere/big.gguf"], "queue": 3},
}


async def test_each_provider_speaks_its_dialect(tmp_path: Path) -> None:
    registry = Registry(Settings.model_validate(SETTINGS), tmp_path)
    try:
        assert list(registry.upstreams) == ["local", "work", "claude", "google"]
        assert isinstance(registry.upstreams["work"], OpenAIUpstream)
        assert isinstance(registry.upstreams["claude"], AnthropicUpstream)
        assert isinstance(registry.upstreams["google"], GeminiUpstream)
        assert registry.upstreams["work"].place == "lan"
    finally:
        await registry.close()


async def test_an_engine_each_model_none_of_them_started(tmp_path: Path) -> None:
    registry = Registry(Settings.model_validate(SETTINGS), tmp_path)
    try:
        assert list(registry.local.engines) == ["big", "pocket"]
        assert registry.local.engines["big"].path == Path("/nowhere/big.gguf")
        assert {engine.state for engine in registry.local.engines.values()} == {"stopped"}
    finally:
        await registry.close()


async def test_an_upstream_without_its_key_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    registry = Registry(Settings.model_validate(SETTINGS), tmp_path)
    try:
        assert (registry.keyed("work"), registry.keyed("claude"), registry.keyed("google")) == (True, False, True)
        monkeypatch.setenv("NO_SUCH_KEY_HERE", "k")
        assert registry.keyed("claude")
        assert registry.keyed("local")
    finally:
        await registry.close()
