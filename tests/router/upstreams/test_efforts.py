"""How much to think, in words that each model takes."""

from __future__ import annotations

import pytest

from agent_router.upstreams.efforts import effort_for

WORDS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["gpt-3.5-turbo", "gpt-4", "gpt-4o-mini", "gpt-4.1", "ft:gpt-4.1-mini:me::1", "openai/gpt-4.1",
          "chatgpt-4o-latest", "gpt-5-chat-latest", "gpt-5.1-chat-latest", "o1-mini"], "- - - - - - -"),
        (["o1", "o3", "o4-mini", "o3-pro", "gpt-5-codex", "gpt-5.1-codex-mini", "codex-mini-latest"],
         "low low low medium high high high"),
        (["gpt-5", "gpt-5-mini-2025-08-07", "GPT-5-nano"], "minimal minimal low medium high high high"),
        (["gpt-5.1", "gpt-5.1-2025-11-13"], "none low low medium high high high"),
        (["gpt-5.1-codex-max", "gpt-5.3-codex"], "low low low medium high xhigh xhigh"),
        (["gpt-5.2", "gpt-5.4", "gpt-5.4-mini", "gpt-6", "openai/gpt-5.4"], "none low low medium high xhigh xhigh"),
        (["gpt-5-pro"], "high high high high high high high"),
        (["gpt-5.4-pro"], "medium medium medium medium high xhigh xhigh"),
        (["gpt-oss-120b", "openai/gpt-oss-20b", "qwen3", "gemini-3-pro", "my-deployment"],
         "- low low medium high high high"),
    ],
)  # fmt: skip
def test_the_nearest_word_that_the_model_takes(models: list[str], said: str) -> None:
    for model in models:
        assert " ".join(effort_for(model, word) or "-" for word in WORDS) == said, model


def test_what_is_not_known_here_may_be_known_there() -> None:
    assert effort_for("gpt-4.1", "ultra") == "ultra"
    assert effort_for("gpt-5.4", None) is None
