"""Model names: honoured exactly, never taken over, and unknown ones refused."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.errors import ApiError, ConfigError
from agent_router.routing.decision import Target
from agent_router.routing.names import Names
from agent_router.settings import Settings

LABS = {"gpt-5.4-mini": "openai", "gpt-5.4": "openai", "claude-sonnet-5": "anthropic", "mistral-large": "mistral",
        "gemini-3": "google"}  # fmt: skip
UPSTREAMS: dict[str, Any] = {
    "ollama": {"base_url": "http://localhost:11434/v1", "place": "device", "models": ["qwen3:8b"]},
    "openai": {"base_url": "https://api.openai.com/v1", "models": ["gpt-5.4"]},
    "openrouter": {"base_url": "https://openrouter.ai/api/v1", "models": ["qwen/qwen3-coder:free"]},
}


def names(upstreams: dict[str, Any] | None = None, local: tuple[str, ...] = ("big", "pocket"), **routing: Any) -> Names:
    settings = Settings.model_validate({"upstreams": UPSTREAMS if upstreams is None else upstreams, "routing": routing})
    return Names(settings, list(local), LABS.get)


def unknown(given: Names, name: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        given.resolve(name)
    error = caught.value
    assert (error.status, error.kind, error.code, error.param) == (
        *(404, "invalid_request_error"),
        *("model_not_found", "model"),
    )
    assert len(error.message) < 2000
    return error


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("auto", "auto"),
        ("local", "local"),
        ("closed", "closed"),
        ("agent-router/auto", "auto"),
        ("openai/gpt-5.4", Target("openai", "gpt-5.4")),
        ("openai/whatever-comes-next", Target("openai", "whatever-comes-next")),
        ("openrouter/qwen/qwen3-coder:free", Target("openrouter", "qwen/qwen3-coder:free")),
        ("agent-router/openrouter/qwen/qwen3-coder:free", Target("openrouter", "qwen/qwen3-coder:free")),
        ("qwen/qwen3-coder:free", Target("openrouter", "qwen/qwen3-coder:free")),
        ("gpt-5.4", Target("openai", "gpt-5.4")),
        ("gpt-5.4-mini", Target("openai", "gpt-5.4-mini")),
        ("qwen3:8b", Target("ollama", "qwen3:8b")),
        ("local/big", Target("local", "big")),
        ("pocket", Target("local", "pocket")),
    ],
)
def test_what_names_mean(name: str, meaning: object) -> None:
    assert names().resolve(name) == meaning


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "nope", "local/nope", "local/", "openai/", "/gpt-5.4", "nope/gpt-5.4", "AUTO", "Local"),
        *("../../etc/passwd", "..", "gpt\x005.4", "openai/gpt\x00", "gpt-5.4\n", "a\\b", "openai/" + "x" * 300),
        *("x" * 1_000_000, "agent-router/" * 50_000, "/" * 1_000_000),
        *("agent-router/", "agent-router/agent-router/auto"),
    ],
)
def test_what_has_no_meaning_is_not_found(name: str) -> None:
    unknown(names(), name)


@given(st.text())
def test_a_name_means_itself_or_nothing(name: str) -> None:
    given = names()
    if name in given.listed() or name.partition("/")[0] in UPSTREAMS:
        with contextlib.suppress(ApiError):
            assert name in (str(meaning := given.resolve(name)), getattr(meaning, "model", None))
    else:
        unknown(given, name)


def test_a_plain_name_goes_to_its_own_lab_and_not_to_whoever_speaks_the_dialect() -> None:
    # All three speak OpenAI's dialect; only one is OpenAI.
    assert names().resolve("gpt-5.4-mini") == Target("openai", "gpt-5.4-mini")
    azure = {"ollama": UPSTREAMS["ollama"], "work": {"base_url": "https://me.openai.azure.com/v1", "models": ["x"]}}
    assert names(azure).resolve("gpt-5.4-mini") == Target("work", "gpt-5.4-mini")
    claude = {**UPSTREAMS, "c": {"kind": "anthropic"}, "g": {"kind": "gemini"}}
    assert names(claude).resolve("claude-sonnet-5") == Target("c", "claude-sonnet-5")
    assert names(claude).resolve("gemini-3") == Target("g", "gemini-3")
    unknown(names(), "claude-sonnet-5")


def test_an_upstream_without_a_list_may_have_any_plain_name() -> None:
    bare = {"vllm": {"base_url": "http://box.lan/v1"}}
    assert names(bare).resolve("my-finetune") == Target("vllm", "my-finetune")
    unknown(names(bare), "nope/my-finetune")
    two = {**bare, "other": {"base_url": "http://box2.lan/v1"}}
    unknown(names(two), "my-finetune")  # whose would it be?
    assert names(two, closed="other/x").resolve("my-finetune") == Target("other", "my-finetune")


def test_the_list_that_a_key_alone_brings_is_not_the_users() -> None:
    preset = {"openai": {"base_url": "https://api.openai.com/v1", "key_env": "OPENAI_API_KEY", "models": ["gpt-5.4"]}}
    assert names(preset).resolve("ft:gpt-5.4:me::1") == Target("openai", "ft:gpt-5.4:me::1")
    listed = {"openai": {**preset["openai"], "base_url": "http://box.lan/v1"}}
    unknown(names(listed), "ft:gpt-5.4:me::1")


def test_the_closed_side() -> None:
    assert names().closed == Target("openai", "gpt-5.4")  # not the one on this device, though it comes first
    assert names(closed="openrouter/a/b").closed == Target("openrouter", "a/b")
    assert names({"ollama": UPSTREAMS["ollama"]}).closed == Target("ollama", "qwen3:8b")
    assert names({}).closed is None


def test_fallbacks() -> None:
    given = names(fallback=["openrouter/a/b", "local", "local/pocket"])
    assert given.fallback == [Target("openrouter", "a/b"), Target("local", "big"), Target("local", "pocket")]
    with pytest.raises(ConfigError, match=r"no local model 'nope'\. Local models: big, pocket"):
        names(fallback=["local/nope"])


def test_every_listed_name_can_be_used() -> None:
    odd = {**UPSTREAMS, "odd": {"base_url": "http://x", "models": ["a\tb", "y" * 400, "fine"]}}
    given = names(odd, local=("big", "mod\x07el", "pocket"))
    listed = given.listed()
    assert listed[:3] == ["auto", "local", "closed"]
    assert {"local/pocket", "odd/fine", "openrouter/qwen/qwen3-coder:free"} <= set(listed)
    assert len(listed) == len(set(listed))
    for name in listed:
        given.resolve(name)


def test_without_anything_there_is_still_auto() -> None:
    assert names({}, local=()).listed() == ["auto"]
    assert names({}, local=()).default_local is None


def test_an_embedding_model_is_never_what_local_means() -> None:
    settings = Settings.model_validate({"upstreams": UPSTREAMS, "routing": {"closed_embedding": "openai/vectors"}})
    given = Names(settings, ["bge", "big", "nomic", "pocket"], LABS.get, {"bge", "nomic"})
    assert given.default_local == Target("local", "big")
    assert given.local_embedding == Target("local", "bge")
    assert given.closed_embedding == Target("openai", "vectors")
    assert given.resolve("vectors") == Target("openai", "vectors")
    assert given.resolve("nomic") == Target("local", "nomic")
    assert [given.makes_vectors(Target("local", name)) for name in ("bge", "big")] == [True, False]
    assert given.makes_vectors(Target("openai", "bge")) is None
    assert {"local/bge", "openai/vectors"} <= set(given.listed())
    only = Names(Settings.model_validate({}), ["bge"], LABS.get, {"bge"})
    assert only.default_local is None
    assert "local" in only.listed()


def test_an_embedding_model_is_no_fallback() -> None:
    settings = Settings.model_validate({"routing": {"fallback": ["local/bge"]}})
    with pytest.raises(ConfigError, match="embedding model"):
        Names(settings, ["bge", "pocket"], LABS.get, {"bge"})
