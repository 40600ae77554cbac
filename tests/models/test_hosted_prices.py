from __future__ import annotations

import pytest

from agent_models.hosted_prices import _hosted, hosted_listing


@pytest.mark.parametrize(
    "spelling",
    [
        "qwen3:8b",
        "qwen3:8b-q4_K_M",
        "Qwen/Qwen3-8B",
        "Qwen3-8B-Q4_K_M.gguf",
        "Qwen3-8B-UD-IQ2_XXS.gguf",
        "/models/Qwen3-8B-BF16.gguf",
        "C:\\models\\Qwen3-8B-BF16.gguf",
        "lmstudio-community/Qwen3-8B-GGUF",
        "mlx-community/Qwen3-8B-4bit",
        "hf.co/unsloth/Qwen3-8B-GGUF:Q4_K_M",
    ],
)
def test_the_same_weights_are_found_however_they_are_spelled(spelling: str) -> None:
    found = hosted_listing(spelling)
    assert found is not None
    assert found.source.endswith("/qwen3-8b")


@pytest.mark.parametrize(
    ("local", "hosted"),
    [
        ("gpt-oss:20b", "gpt-oss-20b"),
        ("llama3.3:70b", "llama-3.3-70b-instruct"),
        ("gemma3:27b", "gemma-3-27b-it"),
        ("qwen3:30b", "qwen3-30b-a3b"),
    ],
)
def test_what_a_local_model_is_called_elsewhere(local: str, hosted: str) -> None:
    found = hosted_listing(local)
    assert found is not None
    assert hosted in found.source.lower()


@pytest.mark.parametrize(
    "name",
    ["qwen3:latest", "deepseek-r1:latest", "deepseek-r1:32b", "qwen3:9b", "mine", "", "q4_0", "x" * 10_000, "\x00"],
)
def test_other_weights_have_no_price(name: str) -> None:
    assert hosted_listing(name) is None


def test_no_price_is_of_nothing_or_of_a_plan() -> None:
    for weights, (blend, source, _) in _hosted().items():
        assert weights
        assert blend > 0
        assert not source.startswith(("genai-prices:github-copilot/", "genai-prices:cursor/"))
        assert ":free" not in source
