"""How much a model is told to think, in the words that it takes: each of OpenAI's takes others, and refuses the rest.

Source: OpenAI's model pages; for other labs, what vLLM, Ollama and OpenRouter all take.
"""

from __future__ import annotations

import re

_SCALE = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_COMMON = ("low", "medium", "high")
# The first that matches holds.
_OPENAI: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"gpt-[34]|chatgpt|o1-(?:mini|preview)|gpt-5(?:\.\d+)?-(?:chat|search)"), ()),
    (re.compile(r"o\d|codex|gpt-5(?:\.1)?-codex(?!-max)"), _COMMON),
    (re.compile(r"gpt-5(?:\.\d+)?-codex"), (*_COMMON, "xhigh")),
    (re.compile(r"gpt-5-pro"), ("high",)),
    (re.compile(r"gpt-5\.\d+-pro"), ("medium", "high", "xhigh")),
    (re.compile(r"gpt-5(?![.\d])"), ("minimal", *_COMMON)),
    (re.compile(r"gpt-5\.1(?!\d)"), ("none", *_COMMON)),
    (re.compile(r"gpt-(?!oss)"), ("none", *_COMMON, "xhigh")),
)


def effort_for(model: str, effort: str | None) -> str | None:
    """The nearest that the model takes; None where nothing is to be said.

    No thoughts at all cannot be asked of every model of other labs: they are left to their own default.
    """
    if effort not in _SCALE:
        return effort  # the upstream may know it
    name = model.rpartition("/")[2].removeprefix("ft:").lower()
    takes = next((words for pattern, words in _OPENAI if pattern.match(name)), None)
    if takes is None:
        takes = () if effort == "none" else _COMMON
    if not takes or effort in takes:
        return effort if takes else None
    wanted = _SCALE.index(effort)
    below = [word for word in takes if _SCALE.index(word) < wanted and word != "none"]
    return below[-1] if below else next(word for word in takes if word != "none")
