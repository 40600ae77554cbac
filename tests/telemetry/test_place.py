"""Where the calls that logs tell of were answered."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_telemetry.place import place


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:11434/v1", "device"),
        ("http://127.0.0.1:8080", "device"),
        ("http://127.9.9.9", "device"),
        ("http://[::1]:1234/v1", "device"),
        ("http://[::ffff:127.0.0.1]/v1", "device"),
        ("http://0.0.0.0:8000", "device"),
        ("localhost:11434", "device"),
        ("http://host.docker.internal:11434/v1", "device"),
        ("http://192.168.1.20:8000/v1", "lan"),
        ("http://10.0.0.4", "lan"),
        ("http://172.16.3.4", "lan"),
        ("http://172.32.3.4", "hosted"),
        ("http://100.101.102.103:8000", "lan"),
        ("http://[fd00::1]:8000", "lan"),
        ("http://[fe80::1]:8000", "lan"),
        ("http://169.254.3.4", "lan"),
        ("http://studio.local:1234", "lan"),
        ("http://GPUBOX:8000/v1", "lan"),
        ("https://openrouter.ai/api/v1", "hosted"),
        ("https://8.8.8.8/v1", "hosted"),
        ("https://local.example.com", "hosted"),
    ],
)
def test_the_address_decides_where_it_is_given(url: str, expected: str) -> None:
    for provider in (None, "ollama", "openrouter", "vllm"):
        assert place(provider, "qwen3:8b", openness="open", base_url=url) == expected
    assert place("x", "gpt-oss:120b-cloud", openness="open", base_url=url) == "hosted"
    assert place("litellm", "claude-opus-5", openness="closed", base_url=url) == "hosted"


def test_no_address_decides_nothing() -> None:
    for url in ("http://[broken", "", "//", "http://"):
        assert place("ollama", "qwen3:8b", openness="open", base_url=url) == "device"


@pytest.mark.parametrize(
    "provider",
    [
        *("ollama", "Ollama", "ollama-mac", "my-ollama", "lmstudio", "lm-studio", "LM_Studio", "LM Studio", "jan"),
        *("llamacpp", "llama.cpp", "llama-server", "llama-cpp", "llama_cpp_server", "mlx", "mlx-lm", "koboldcpp"),
        *("localai", "gpt4all", "docker-model-runner", "oss", "local", "foundry-local"),
        *("custom-127-0-0-1-8080", "custom-localhost-11434"),
    ],
)
def test_programs_of_this_machine(provider: str) -> None:
    for openness in ("open", "unknown"):
        assert place(provider, "some-model", openness=openness) == "device"


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("ollama", "gpt-oss:120b-cloud", "hosted"),
        ("ollama", "kimi-k2:cloud", "hosted"),
        ("ollama-cloud", "gpt-oss:120b", "hosted"),
        ("ollama", "my-cloud:7b", "device"),
        ("ollama", "cloud-7b", "device"),
        ("vllm", "Qwen/Qwen3-8B", "lan"),
        ("sglang", "x", "lan"),
        ("tgi", "x", "lan"),
        ("custom-192-168-1-5-8000", "x", "lan"),
        ("custom-8-8-8-8", "x", "hosted"),
        ("custom-api-example-com", "x", "hosted"),
        ("openrouter", "qwen/qwen3-8b", "hosted"),
        ("anthropic", "claude-opus-5", "hosted"),
        ("groq", "gpt-oss:20b", "hosted"),
        ("blossom", "x", "hosted"),
        ("januarylabs", "x", "hosted"),
        ("opencode", "kimi-k2", "hosted"),
        ("zai", "glm-5", "hosted"),
        ("zai-coding-plan", "glm-5", "subscription"),
        ("minimax-cn-coding-plan", "m2", "subscription"),
        ("openai-codex", "gpt-5.4", "subscription"),
        ("github-copilot", "gpt-5.4", "subscription"),
        ("google-gemini-cli", "gemini-3", "subscription"),
        ("kimi-for-coding", "k2", "subscription"),
        ("qwen-token-plan-cn", "qwen3", "subscription"),
    ],
)
def test_what_providers_names_mean(provider: str, model: str, expected: str) -> None:
    assert place(provider, model, openness="open") == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("qwen3:8b", "device"),
        ("qwen2.5-coder:0.5b-instruct-q4_K_M", "device"),
        ("llama3.2:latest", "device"),
        ("gemma3n:e4b", "device"),
        ("gemma3:270m", "device"),
        ("mixtral:8x7b", "device"),
        ("deepseek-r1:32b", "device"),
        ("phi4:mini-fp16", "device"),
        ("Qwen3-8B-Q4_K_M.gguf", "device"),
        ("/home/me/models/qwen3", "device"),
        ("~/models/qwen3", "device"),
        ("C:\\models\\qwen3", "device"),
        ("hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "device"),
        ("lmstudio-community/Qwen3-8B-GGUF", "device"),
        ("mlx-community/Qwen3-8B-4bit", "device"),
        ("gpt-oss:120b-cloud", "hosted"),
        ("qwen/qwen3-8b", "hosted"),
        ("qwen/qwen3-8b:free", "hosted"),
        ("qwen3-coder:free", "hosted"),
        ("deepseek-r1:thinking", "hosted"),
        ("meta.llama3-1-70b-instruct-v1:0", "hosted"),
        ("accounts/fireworks/models/qwen3-8b", "hosted"),
        ("@cf/meta/llama-3.1-8b-instruct", "hosted"),
        ("glm-5", "hosted"),
    ],
)
def test_without_a_provider_an_open_models_spelling_tells(model: str, expected: str) -> None:
    assert place(None, model, openness="open") == expected
    assert place(None, model, openness="unknown") is None
    assert place(None, model, openness="closed") == "hosted"


def test_the_router_itself_is_no_place() -> None:
    assert place("agent-router", "auto", openness="unknown") is None
    assert place("agent-router", "qwen3-8b", openness="open") is None
    assert place("agent-router", "qwen3:8b", openness="open") == "device"
    assert place("agent-router", "local/pocket", openness="unknown") == "device"
    assert place("agent-router", "claude-opus-5", openness="closed") == "hosted"
    assert place("agent-router", None, openness="unknown", base_url="http://127.0.0.1:8484/v1") is None


@given(
    st.none() | st.text(), st.none() | st.text(), st.sampled_from(["open", "closed", "unknown"]), st.none() | st.text()
)
def test_nothing_makes_it_raise(provider: str | None, model: str | None, openness: str, url: str | None) -> None:
    found = place(provider, model, openness=openness, base_url=url)
    assert found in (None, "device", "lan", "hosted", "subscription")


@pytest.mark.parametrize("hostile", ["a" * 100_000, "7b-" * 40_000, "x:" + "-" * 100_000, "/" * 100_000, "1-" * 50_000])
def test_hostile_names_are_quick(hostile: str) -> None:
    assert timeit.timeit(lambda: place.__wrapped__(hostile, hostile, openness="open", base_url=hostile), number=1) < 0.1
    assert timeit.timeit(lambda: place.__wrapped__(None, hostile, openness="open"), number=1) < 0.1


def test_the_same_again_takes_no_time() -> None:
    def again() -> None:
        place("ollama", "qwen3:8b", openness="open")

    assert min(timeit.repeat(again, number=1000, repeat=5)) / 1000 < 2e-6
