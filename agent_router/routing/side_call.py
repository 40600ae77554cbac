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
_FIRST = 400  # and in which it says so first
_SYSTEM = 8192  # characters of the longest system prompt that only serves a side call
_LONG_SYSTEM = 32768  # and of the longest where the answer has a form
_TYPED = 240  # characters: an instruction that is longer was not typed
_OWN_FORM = 1024  # characters of the longest one that the fallback takes
_SHORT = 256  # tokens of a short answer

_MAKE = (
    r"\b(?:generate|write|create|give|suggest|produce|provide|return|output|extract|make|come up with|determine|label)"
    r"\b[^.\n]{0,80}\b"
)
_SESSION = r"(?:conversations?|sessions?|chats?|threads?|transcripts?|history|messages|context|turns)\b"
_SUMMARISE = r"(?:summari[sz](?:e[sr]?|ing|ation)|summary|compact(?:ion|ing)?|checkpoint)\b"
_SO_FAR = (
    r"\b(?:(?:conversation|session|chat|transcript|messages|history|work)\b[^.\n]{0,30}\b(?:so far|above|history)"
    r"|(?:this|the|our) (?:\w+ ){0,2}(?:conversation|session|chat|transcript)|context window)\b"
)
_JUDGE = r"(?:judg(?:e|es|ing)|classif(?:y|ies|ier|ying)|review(?:er|s|ing)?|evaluat(?:e|es|ing|or)|verif(?:y|ier|ying)"
_JUDGE += r"|monitor|assess(?:es|ing)?|determines?|decides?|enforcement|diagnostic|check(?:er|s)?)\b"
_JUDGED = r"(?:tool calls?|(?:shell )?commands?|hooks?|loops?|stuck|pending|proposed|planned|transcript"
_JUDGED += r"|(?:ai|coding|autonomous)[ -](?:\w+ )?(?:agents?|assistant)|(?:an|the|this|one|next) action)\b(?! items?)"

# In a turn, with tools or without: a person may ask for a title or a summary too, so only what no person says.
_IN_A_TURN = _signatures(
    # OpenClaw, Hermes
    (
        "heartbeat",
        "heartbeat",
        r"\A\s*(?:\[[^\]\n]{0,60}\]\s*)?\[[^\]\n]{0,60}\bheartbeat\b|(?s:\A.{0,200})\bheartbeat_ok\b",
    ),
    ("heartbeat", "heartbeat.md", r"(?s:\A.{0,200})\bheartbeat\.md\b[^\n]{0,40}\b(?:if|follow)\b"),
    ("heartbeat", "heartbeat monitor", r"\A\s*(?:\[[^\]\n]{0,60}\]\s*)?follow the heartbeat monitor\b"),
    # Qwen Code, Claude Code
    ("suggestion", "suggestion mode", r"\[suggestion mode:"),
    # Qwen Code, Gemini CLI
    ("check", "preceding response", r"\A\s*analyze \W{0,2}only\b[^\n]{0,80}\bpreceding response"),
    ("check", "speak next", r"\bwho should (?:logically )?speak next\b[^\n]{0,40}\W(?:user|model)\W"),
    # older Claude Code
    ("check", "bash commands", r"\bprocess bash commands that an ai coding agent wants to run\b"),
    ("check", "file paths", r"\A\s*extract any file paths that this command reads or modifies\b"),
    # Claude Code
    ("check", "condition", r"based on the conversation transcript above, has the following [^\n]{0,40}condition been"),
    # Qwen Code, Claude Code, Codex
    ("memory", "managed memory", r"update durable managed memory|\A\s*managed memory has\b"),
    ("memory", "memory", r"\A\s*you are now acting as the (?:managed )?memory|(?s:\A.{0,60})\bmemory consolidation\b"),
    ("memory", "rollout", r"\A\s*(?:consolidate|analyze)\b[^\n]{0,30}\brollout\b[^\n]{0,40}(?:memory|rollout)_"),
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
    ("summary", "the component that", r"\A\s*you are the component that summarizes\b"),
    ("summary", "tool output", r"\A\s*summarize the following tool output to be a maximum of\b"),
    ("summary", "primary intent", r"summarize the user's primary intent or goal in this conversation"),
    # Qwen Code
    ("summary", "component that summarizes", r"\A\s*you are the component that summarizes\b"),
    ("summary", "project summary", r"conversation history above and generate a comprehensive project summary"),
    ("summary", "project summary", r"\A[^\n]{0,80}\bgenerate a comprehensive project summary in markdown"),
    # Hermes
    ("summary", "summarization agent", r"\A\s*you are a summarization agent creating a context checkpoint"),
    # Continue
    ("summary", "concise summary", r"\A\s*please provide a concise summary of our conversation so far, capturing"),
    ("title", "reply with a title", r"\A\s*given the following\.\.\. please reply with a title for the chat"),
    # opencode
    ("summary", "anchored summary", r"(?:create|update) [^.\n]{0,30}anchored summary"),
    ("summary", "continuing our", r"detailed (?:prompt|summary) for continuing our conversation"),
    ("title", "title for this conversation", r"\A\s*generate a title for this conversation"),
    # OpenClaw, Codex
    ("title", "slug", r"\A\s*based on (?:this|the) conversation, generate a [^.\n]{0,40}\bslug\b"),
    ("title", "title", r"\A\s*generate a concise, single-line (?:task |session |thread )?title\b"),
    # Continue
    ("title", "title for the chat", r"\A\s*given the following[^\n]{0,20}please reply with a title for the chat\b"),
    # Open WebUI
    ("title", "title", r"\A\s*### task:\s*generate a [^\n]{0,60}\btitle\b"),
    ("suggestion", "follow-up", r"\A\s*### task:\s*suggest [^\n]{0,60}\bfollow-up"),
    # older Claude Code
    ("title", "conversation topic", r"\bif this message (?:is|indicates) a new conversation topic"),
    # OpenClaw: whether a model answers at all
    ("probe", "reply with", r"\A\s*reply with (?:the (?:single )?word )?ok\. do not use tools\.?\s*\Z"),
)

# In a turn behind the whole history: what a person might begin like this, but would not go on with at such length.
_AT_LENGTH = _signatures(
    ("suggestion", "the user", r"(?:\A|[.:\n] ?)\W{0,4}(?:suggest|predict) what the user (?:might|would|will)\b"),
    ("summary", "summar", rf"\b{_SUMMARISE}(?s:.{{0,160}}){_SO_FAR}|{_SO_FAR}(?s:.{{0,160}})\b{_SUMMARISE}"),
)
# Why an agent wants a summary: so that the work can go on without what is summarised.
_GOES_ON = re.compile(
    r"\b(?:continu\w+|resum(?:e[sd]?|ing|ption)|compact(?:ed|ion|ing)?|context window|out of context"
    r"|hand(?:ed)?[ -]?(?:off|over)|(?:another|next|new) (?:llm|model|agent|instance|session)|future context)\b"
)

# In the system prompt that serves nothing else.
_IN_A_SYSTEM_PROMPT = _signatures(
    ("commit", "commit message", rf"{_MAKE}commit messages?\b|\bcommit message (?:generator|writer)\b"),
    ("title", "title", rf"{_MAKE}titles?\b|\btitle generator\b|\btitles?\b[^.\n]{{0,40}}\b{_SESSION}"),
    ("title", "topic", rf"{_MAKE}topics?\b|\btopic generator\b|\btopics?\b[^.\n]{{0,40}}\b{_SESSION}"),
    # Claude Code, Qwen Code
    ("recap", "tool calls", r"\bsummary label describing what (?:these|the) tool calls\b"),
    # OpenClaw
    ("recap", "status", r"\blive status line for an? \w+|\btrajectory of a running [^\n]{0,60}\bstatus\b"),
    ("suggestion", "the user", r"(?:suggest|predict) what the user (?:might|would|will)\b"),
    ("difficulty", "complexity", r"\btask routing\b|\b(?:assign|classify|rate|score)\b[^.\n]{0,80}\bcomplexity\b"),
    ("difficulty", "difficulty", r"\b(?:assign|classify|rate|score)\b[^.\n]{0,80}\bdifficulty\b"),
)

# In its first sentence, because the prompts of chats speak of such things further down.
_IN_A_FIRST_SENTENCE = _signatures(
    ("recap", "recap", rf"{_MAKE}recaps?\b|previousrecap"),
    ("memory", "memory", r"\bmemory (?:extraction|consolidation|dream|writing)\b|\bagent memory system\b"),
    ("memory", "memor", r"\b(?:extract|select|sav|consolidat|incorporat)(?:e|ing)?\b[^\n]{0,80}\bmemor(?:y|ies)\b"),
    ("memory", "durable facts", r"\bextract\b[^\n]{0,60}\bdurable facts\b"),
    ("memory", "reusable skills", r"\bextract reusable skills\b"),
    ("memory", "dream diary", r"\bdream diary\b"),
    ("summary", "summar", rf"\b{_SUMMARISE}[^\n]{{0,100}}\b{_SESSION}|\b{_SESSION}[^\n]{{0,60}}\b{_SUMMARISE}"),
    ("summary", "compact", rf"\bcompact(?:ion|ing)?\b[^\n]{{0,100}}\b{_SESSION}"),
    # Gemini CLI
    ("summary", "snapshot", r"\bhistory\b[^\n]{0,60}\bsnapshot\b|state_snapshot"),
)
_SENTENCE = re.compile(r"(?s:.{1,300}?)(?:[.!?](?=\s)|\n\n|\Z)")

# Where an agent's subagent has tools of its own, its system prompt says so in its first words.
_SUBAGENT = _signatures(
    ("memory", "memory extraction", r"(?s:\A.{0,100})\bmemory extraction (?:sub)?agent\b"),
    ("memory", "memory dream", r"(?s:\A.{0,100})\bmanaged memory dream\b"),
    ("memory", "durable memory", r"\A\s*you are saving one explicit durable memory\b"),
    ("memory", "reusable skills", r"\A\s*you are reviewing this conversation to extract reusable skills\b"),
    ("check", "judging", r"\A\s*you are judging one planned\b"),
    ("check", "bash commands", r"(?s:\A.{0,100})\bprocess bash commands that an ai coding agent wants to run\b"),
)

# What the fields of the answer say, where no tools are offered: Claude Code and Codex, Gemini CLI, Qwen Code.
_BY_SCHEMA: dict[tuple[str, ...], Kind] = {
    ("title",): "title",
    ("isNewTopic", "title"): "title",
    ("complexity_reasoning", "complexity_score"): "difficulty",
    ("suggestion",): "suggestion",
}

_OF_A_SESSION = re.compile(
    rf"\b(?:{_SESSION}|(?:task|discussion|dialog(?:ue)?|coding|first message)\b|(?:title|topic) generator\b)"
)
# What judges something, and answers with one of a few words.
_CHECK = re.compile(rf"\b{_JUDGE}[^\n]{{0,80}}\b{_JUDGED}|\b{_JUDGED}[^\n]{{0,40}}\b{_JUDGE}")
_CLOSED = re.compile(r"\bJSON\b|\b(?:one|single) word\b|\byes or no\b|\b(?:ALLOW(?:ED)?|BLOCK(?:ED)?)\b|\"ok\"")
_HEARTBEAT_MARK = re.compile(r"\s*(?:\[[^\]\n]{0,80}\]\s*)?\[[^\]\n]{0,60}\bheartbeat\b")

_FORM = re.compile(
    r"\b(?:return|output|respond|reply|answer)\b[^.\n]{0,40}\b(?:only|exactly|json|(?:one|single) word|yes or no)\b"
    r"|\bonly (?:return|output|respond|reply|answer|json)\b|\bnothing else\b|\bno (?:other|additional) text\b"
)
_FORM_TOOL = re.compile(
    r"structured_?output|respond_in_schema|(?:final_)?(?:response|answer|result|output)|json", re.IGNORECASE
)


def side_call(prompt: Prompt, asked: Ask, told: Kind | None = None) -> SideCall | None:
    """The side call that a prompt is; None if it is somebody's ask. `told` is what the agent itself calls it."""
    if told is not None:
        return SideCall(told, asked.text)
    acts = _acts(prompt)
    system = _instruction(prompt.system[: _LONG_SYSTEM + 1])
    opening = system[:_READ].lower()
    kind = _signed(_SUBAGENT, opening)
    if kind is None and not acts and 0 < len(system) <= (_LONG_SYSTEM if _has_form(prompt) else _SYSTEM):
        kind = _of_system(prompt, opening[:_FIRST] if asked.number > 1 else opening)
    if kind is not None:
        return SideCall(kind, system)
    kind = _of_turn(prompt, asked)
    if kind is not None:
        return SideCall(kind, asked.text)
    kind = _BY_SCHEMA.get(prompt.schema) if not acts else None
    if kind is not None:
        return SideCall(kind, system or asked.text)
    if prompt.forced_tool and (len(prompt.tools) == 1 or _FORM_TOOL.fullmatch(prompt.forced_tool)):
        return SideCall("structured", asked.text)
    if _is_programs(prompt, system, opening):
        return SideCall("side", system)
    return None


def _acts(prompt: Prompt) -> bool:
    """Whether the model may do something: a single tool that only gives the answer a form does nothing."""
    return prompt.acts and not (len(prompt.tools) == 1 and _FORM_TOOL.fullmatch(prompt.tools[0]))


def _has_form(prompt: Prompt) -> bool:
    return prompt.structured or prompt.acts or _is_short(prompt)


def _is_short(prompt: Prompt) -> bool:
    """Whether a program has bounded the answer to a few words."""
    return (prompt.output_limit or _SHORT + 1) <= _SHORT


def _of_system(prompt: Prompt, opening: str) -> Kind | None:
    kind = _signed(_IN_A_SYSTEM_PROMPT, opening)
    if kind is None and (sentence := _SENTENCE.match(opening)):
        kind = _signed(_IN_A_FIRST_SENTENCE, sentence[0])
    if kind == "difficulty" and not _has_form(prompt):
        return None
    if kind == "title" and _OF_A_SESSION.search(opening) is None and _FORM.search(opening) is None:
        return None  # of anything else, and maybe with more around it
    if kind is None and _CHECK.search(opening[:_FIRST]) and (_has_form(prompt) or _CLOSED.search(prompt.system)):
        kind = "check"
    return kind


def _of_turn(prompt: Prompt, asked: Ask) -> Kind | None:
    turn = asked.text[:_READ].lower()
    kind = _signed(_IN_A_TURN, turn)
    if kind is None and _follows_heartbeat(prompt, asked):
        kind = "heartbeat"
    if kind is None and asked.number > 1 and len(asked.text) >= _TYPED:
        kind = _signed(_AT_LENGTH, turn[:_FIRST])
        if kind == "summary" and _GOES_ON.search(turn) is None:
            kind = None
    if kind is None and not prompt.system and len(prompt.turns) == 1 and _is_short(prompt) and not _acts(prompt):
        kind = _signed(_IN_A_SYSTEM_PROMPT, turn[:_FIRST]) if _FORM.search(turn) else None
    if kind is None and prompt.output_limit == 1 and len(asked.text) < 64 and not prompt.acts:
        kind = "probe"
    return kind


def _follows_heartbeat(prompt: Prompt, asked: Ask) -> bool:
    """Whether the turn before says that it is a heartbeat, and no person has written since: OpenClaw says so in a turn
    of its own, before what its user has configured to be asked, and puts the time before what people write."""
    if asked.at < 1 or prompt.turns[asked.at].text.startswith("["):
        return False
    before = prompt.turns[asked.at - 1]
    return before.role == "user" and _HEARTBEAT_MARK.match(before.text.lower()) is not None


def _is_programs(prompt: Prompt, system: str, opening: str) -> bool:
    """A fixed instruction about the form of the answer, one turn of material, and a short or a structured answer."""
    return (
        not _acts(prompt)
        and 0 < len(system) <= _OWN_FORM
        and len(prompt.turns) == 1
        and (prompt.structured or _is_short(prompt))
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
