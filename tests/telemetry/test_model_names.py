"""Models that are called by a path, and others."""

from __future__ import annotations

import pytest

from agent_telemetry.model_names import without_folder


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("/home/jane/models/Qwen3-4B-Q4_K_M.gguf", "Qwen3-4B-Q4_K_M.gguf"),
        ("~/models/llama.gguf", "llama.gguf"),
        ("C:\\Users\\jane\\phi-4.gguf", "phi-4.gguf"),
        ("c:/models/phi-4.gguf", "phi-4.gguf"),
        ("file:///home/jane/x.gguf", "x.gguf"),
        ("\\\\server\\share\\x.gguf", "x.gguf"),
        ("/home/jane/mlx-model/", "mlx-model"),
        ("/", "/"),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter/anthropic/claude-sonnet-4.5"),
        ("hf.co/bartowski/Qwen3-4B-GGUF:Q4_K_M", "hf.co/bartowski/Qwen3-4B-GGUF:Q4_K_M"),
        ("accounts/fireworks/models/glm-4p6", "accounts/fireworks/models/glm-4p6"),
        ("qwen3-coder:30b", "qwen3-coder:30b"),
        ("a:b", "a:b"),
        ("", ""),
    ],
)
def test_what_is_kept(name: str, kept: str) -> None:
    assert without_folder(name) == kept
