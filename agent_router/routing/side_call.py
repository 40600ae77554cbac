"""Calls that agents make on their own account: recognised by their shape and by a few words of their fixed instruction,
because its hash changes with each version.

A further one is a further line in a table. The words are looked for in lower case.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agent_router.routing.ask import Ask
from agent_router.routing.kind import Kind
from agent_router.routing.prompt import Prompt


class SideCall(NamedTuple):
    """`instruction` is the fixed text by which calls of the kind are told apart: what is asked of the model."""

    kind: Kind
    instruction: str


class _Signature(NamedTuple):
    """`word` is looked for first, because that is a hundred times as fast as `words`, which says whether it is one."""

    kind: Kind
    word: str
    words: re.Pattern[str]


def _signatures(*rows: tuple[Kind, str, str]) -> tuple[_Signature, ...]:
    return tuple(_Signature(kind, word, re.compile(words)) for kind, word, words in rows)


_WHOSE = ("x-anthropic-billing-header:", "You are a Claude agent,", "You are Claude Code,")
_READ = 1024  # characters in which an instruction says what it wants
_SYSTEM = 8192  # characters of the longest system prompt that only serves a side call
_OWN_FORM = 1024  # characters of the longest one that the fallback takes
_SHORT = 256  # tokens of a short answer

_MAKE = (
    r"\b(?:generate|write|create|give|suggest|produce|provide|return|output|extract|make|come up with|determine|label)"
    r"\b[^.\n]{0,80}\b"
)
_SESSION = r"(?:conversation|session|chat|thread|transcript|history|messages|context|turns)\b"
_SUMMARISE = r"(?:summari[sz](?:e[sr]?|ing|ation)|summary|compact(?:ion|ing)?|checkpoint)\b"

# In a turn, with tools or without: a person may ask for a title or a summary too, so only what no person says.
_IN_A_TURN = _signatures(
    # OpenClaw, Hermes
    (
        "heartbeat",
        "heartbeat",
        r"\A\s*(?:\[[^\]\n]{0,60}\]\s*)?\[[^\]\n]{0,60}\bheartbeat\b|(?s:\A.{0,200})\bheartbeat(?:_ok\b|\.md\b)"
        r"|\A\s*(?:\[[^\]\n]{0,60}\]\s*)?follow the heartbeat monitor\b",
    ),
    # Qwen Code, Claude Code
    ("suggestion", "suggestion mode", r"\[suggestion mode:"),
    ("suggestion", "type next", r"(?:suggest|predict) what the user (?:might|would|will)\b"),
    # Qwen Code
    ("memory", "managed memory", r"update (?:the )?(?:durable )?managed memory"),
    # OpenClaw
    ("memory", "memory flush", r"\bpre-compaction memory flush"),
    # Claude Code
    ("recap", "stepped away", r"the user stepped away[^\n]{0,60}\brecap\b"),
    ("summary", "detailed summary", r"create a detailed summary of the (?:recent portion of the )?conversation"),
    # Codex, pi
    ("summary", "checkpoint", r"context checkpoint (?:compaction|summary)"),
    ("summary", "conversation to summarize", r"messages above are a conversation to summarize"),
    ("summary", "existing summary", r"new conversation messages to incorporate into the existing summary"),
    ("summary", "conversation branch", r"structured summary of this conversation branch"),
    # Gemini CLI, Qwen Code
    ("summary", "scratchpad", r"\A\s*first, reason in your scratchpad\."),
    ("summary", "primary intent", r"summarize the user's primary intent or goal in this conversation"),
    # Qwen Code
    ("summary", "component that summarizes", r"\A\s*you are the component that summarizes\b"),
    ("summary", "project summary", r"conversation history above and generate a comprehensive project summary"),
    # Hermes
    ("summary", "summarization agent", r"\A\s*you are a summarization agent creating a context checkpoint"),
    # Continue
    ("summary", "concise summary", r"\A\s*please provide a concise summary of our conversation so far, capturing"),
    ("title", "reply with a title", r"\A\s*given the following\.\.\. please reply with a title for the chat"),
    # opencode
    ("summary", "anchored summary", r"(?:create|update) [^.\n]{0,30}anchored summary"),
    ("summary", "continuing our", r"detailed (?:prompt|summary) for continuing our conversation"),
    ("title", "title for this conversation", r"\A\s*generate a title for this conversation"),
    # older Claude Code
    ("title", "conversation topic", r"\bif this message (?:is|indicates) a new conversation topic"),
)

# In the system prompt that serves nothing else.
_IN_A_SYSTEM_PROMPT = _signatures(
    ("commit", "commit message", rf"{_MAKE}commit messages?\b|\bcommit message (?:generator|writer)\b"),
    ("title", "title", rf"{_MAKE}titles?\b|\btitle generator\b|\btitles?\b[^.\n]{{0,40}}\b{_SESSION}"),
    ("title", "topic", rf"{_MAKE}topics?\b|\btopic generator\b|\btopics?\b[^.\n]{{0,40}}\b{_SESSION}"),
    ("recap", "recap", rf"{_MAKE}recaps?\b|previousrecap"),
    ("suggestion", "the user", r"(?:suggest|predict) what the user (?:might|would|will)\b"),
    ("difficulty", "complexity", r"\btask routing\b|\b(?:assign|classify|rate|score)\b[^.\n]{0,80}\bcomplexity\b"),
    ("difficulty", "difficulty", r"\b(?:assign|classify|rate|score)\b[^.\n]{0,80}\bdifficulty\b"),
    ("memory", "memor", r"\bmemory extraction\b|\bextract\b[^.\n]{0,60}\b(?:memories|durable facts)\b"),
    ("summary", "summar", rf"\b{_SUMMARISE}[^\n]{{0,100}}\b{_SESSION}|\b{_SESSION}[^\n]{{0,60}}\b{_SUMMARISE}"),
    ("summary", "compact", rf"\bcompact(?:ion|ing)?\b[^\n]{{0,100}}\b{_SESSION}"),
)

# Where an agent's subagent has tools of its own, its system prompt says so in its first words.
_SUBAGENT = _signatures(("memory", "memory extraction", r"(?s:\A.{0,100})\bmemory extraction (?:sub)?agent\b"))

# What the fields of the answer say, where no tools are offered: Claude Code and Codex, Gemini CLI, Qwen Code.
_BY_SCHEMA: dict[tuple[str, ...], Kind] = {
    ("title",): "title",
    ("isNewTopic", "title"): "title",
    ("complexity_reasoning", "complexity_score"): "difficulty",
    ("suggestion",): "suggestion",
}

_FORM = re.compile(
    r"\b(?:return|output|respond|reply|answer)\b[^.\n]{0,40}\b(?:only|exactly|json|(?:one|single) word|yes or no)\b"
    r"|\bonly (?:return|output|respond|reply|answer|json)\b|\bnothing else\b|\bno (?:other|additional) text\b"
)
_FORM_TOOL = re.compile(r"structured_?output|(?:final_)?(?:response|answer|result|output)|json", re.IGNORECASE)


def side_call(prompt: Prompt, asked: Ask) -> SideCall | None:
    """The side call that a prompt is; None if it is somebody's ask."""
    turn = asked.text[:_READ].lower()
    kind = _signed(_IN_A_TURN, turn)
    if kind is not None:
        return SideCall(kind, asked.text)
    if prompt.output_limit == 1 and len(asked.text) < 64 and not prompt.acts:
        return SideCall("probe", asked.text)
    forced = prompt.forced_tool
    form = forced is not None and (len(prompt.tools) == 1 or bool(_FORM_TOOL.fullmatch(forced)))
    acts = prompt.acts and not form
    system = _instruction(prompt.system[: _SYSTEM + 1])
    opening = system[:_READ].lower()
    kind = _signed(_SUBAGENT, opening)
    if kind is None and system and len(system) <= _SYSTEM and not acts:
        kind = _signed(_IN_A_SYSTEM_PROMPT, opening)
    if kind is not None:
        return SideCall(kind, system)
    kind = _BY_SCHEMA.get(prompt.schema) if not prompt.acts else None
    if kind is not None:
        return SideCall(kind, system or asked.text)
    if form:
        return SideCall("structured", asked.text)
    if _is_programs(prompt, system, opening):
        return SideCall("side", system)
    return None


def _is_programs(prompt: Prompt, system: str, opening: str) -> bool:
    """A fixed instruction about the form of the answer, one turn of material, and a short or a structured answer."""
    return (
        not prompt.acts
        and 0 < len(system) <= _OWN_FORM
        and len(prompt.turns) == 1
        and (prompt.structured or (prompt.output_limit or _SHORT + 1) <= _SHORT)
        and _FORM.search(opening) is not None
    )


def _signed(signatures: tuple[_Signature, ...], text: str) -> Kind | None:
    return next((each.kind for each in signatures if each.word in text and each.words.search(text)), None)


def _instruction(system: str) -> str:
    """A system prompt without the lines that only say whose it is."""
    lines = system.lstrip().split("\n", 3)
    while len(lines) > 1 and lines[0].startswith(_WHOSE):
        lines.pop(0)
    return "\n".join(lines).lstrip()
