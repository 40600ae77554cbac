from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_models.catalogue.model_name import MAX_LENGTH, read_name, read_pattern


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("claude-sonnet-4-5-20250929", ("claude", "sonnet", "4", "5", "20250929")),
        ("Qwen/Qwen2.5-0.5B-Instruct-GGUF", ("qwen", "qwen", "2", "5", "0", "5b", "instruct", "gguf")),
        ("accounts/fireworks/models/llama-v3p1-8b", ("accounts", "fireworks", "models", "llama", "3", "1", "8b")),
        ("Meta-Llama-3_3-70B", ("meta", "llama", "3", "3", "70b")),
        ("deepseek_v3", ("deepseek", "3")),
        ("gpt-4o", ("gpt", "4o")),
        ("gpt4all", ("gpt", "4all")),
        ("", ()),
        ("☃", ()),
    ],
)
def test_a_name_is_cut_into_words(model: str, words: tuple[str, ...]) -> None:
    assert read_name(model).words == words


@pytest.mark.parametrize(
    ("pattern", "model", "expected"),
    [
        ("qwen3", "qwen3-1.7b", True),
        ("qwen3", "qwen3:0.6b", True),
        ("qwen3", "qwen3.9-max", False),
        ("qwen3", "qwen3.9-27b", False),
        ("qwen3", "qwen3-8-27b", False),
        ("gpt-4", "gpt-4-0613", True),
        ("gpt-4", "gpt-4.1", False),
        ("gpt-4", "gpt-4-1-mini", False),
        ("gpt-4", "gpt-4o", False),
        ("granite-4", "granite-4.0-h-micro", True),
        ("deepseek-r1", "deepseek.r1-v1:0", True),
        ("^o3", "openai/o3-mini", True),
        ("^o3", "marco-o3", False),
        ("^pocket$", "pocket", True),
        ("^pocket$", "models/pocket.gguf", True),
        ("^pocket$", "pocket-tts", False),
        ("^command$", "cohere/command:latest", True),
        ("^command$", "command-r", False),
        ("^mistral$", "mistral", True),
        ("^mistral$", "library/mistral:7b", True),
        ("^mistral$", "mistral/anything", False),
        ("^mistral$", "mistral\\anything.gguf", False),
        ("^sonnet$", "sonnet[1m]", True),
        ("codestral:latest", "codestral:latest", True),
        ("codestral:latest", "codestral-latest", False),
    ],
)
def test_a_pattern_matches_whole_words_and_whole_versions(pattern: str, model: str, expected: bool) -> None:
    read, name = read_pattern(pattern), read_name(model)
    assert any(read.matches(name, start) for start in range(len(name.words))) is expected


def test_a_pattern_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no letter or digit"):
        read_pattern("^--$")


def test_a_long_path_counts_by_its_last_segment() -> None:
    assert read_name("/" + "a/" * 500 + "Qwen3-8B.gguf").words == ("qwen", "3", "8b", "gguf")
    assert read_name("qwen3-" * MAX_LENGTH).words == ()


@given(st.text())
def test_reading_never_raises_and_gaps_fit_the_words(model: str) -> None:
    name = read_name(model)
    assert len(name.gaps) == len(name.words)
    assert all(0 <= start <= len(name.words) for start in name.starts | name.ends)


@pytest.mark.parametrize("model", ["1.1" * 50_000, "v1" * 100_000, "-" * 1_000_000, "\x00" * 1_000_000, "a/" * 500_000])
def test_hostile_names_are_quick(model: str) -> None:
    began = time.perf_counter()
    read_name(model)
    assert time.perf_counter() - began < 0.5
