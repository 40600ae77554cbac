"""What is asked, inside what the agent wraps around it."""

from __future__ import annotations

import re
from itertools import islice

from agent_router.wire.chat.body import ChatBody, MessageIn

# Fences that agents put around what nobody asked: reminders, contexts, metadata, file trees and file dumps.
_FENCES = (
    "system-reminder|session_context|environment_context|environment_details|current_datetime|internal[-_]context|"
    "metadata|file_tree|file_contents?|files?|attached_files"
)
_TAG = re.compile(rf"<(?:(?P<tag>{_FENCES})(?:\s[^<>]{{0,200}})?>|<<BEGIN_(?P<context>[A-Z_]{{1,40}}_CONTEXT)>>>)")
# "Conversation info (untrusted metadata):" and its kin, with a code block below.
_UNTRUSTED = re.compile(r"\(untrusted[^)\n]{0,40}\):[^\S\n]*\n```\w*\n")
_MARK = re.compile(r"</?(?:task|user_query|user_message|user_input)>")  # tags that only mark the ask
_RECEIVED = re.compile(
    r"\[[^\]\n]{0,80}\d:\d\d[^\]\n]{0,20}\]\s*"
)  # when a channel received it: [Mon 2026-05-25 21:52 UTC]
# The ask begins or ends a message: of one longer than this, only the two ends are looked at, because a decision is
# not worth reading a pasted file.
_WHOLE = 1024 * 1024
_WINDOW = 4096
_MOST_FENCES = 1000  # of a message; more are no agent's doing
# An agent does not put more turns without an ask behind the one that has it.
_TURNS = 16


def ask(body: ChatBody) -> str:
    """The last thing that a person or a schedule asked: the last user turn that holds more than fences."""
    messages = body.messages if isinstance(body.messages, list) else []
    turns = 0
    for message in reversed(messages):
        if message.role == "user":
            text = _ends(unfenced(_text(message)))
            if text:
                return text
            turns += 1
            if turns == _TURNS:
                break
    return ""


def system_prompt(body: ChatBody) -> str:
    """The first system or developer message, of a long one its two ends; empty if there is none."""
    messages = body.messages if isinstance(body.messages, list) else []
    for message in messages[:2]:
        if message.role in ("system", "developer"):
            return _ends(_text(message))
    return ""


def unfenced(text: str) -> str:
    """A text without its fences and what they hold. A fence that is not closed stays. Linear in the text."""
    if "<" in text:
        text = _MARK.sub("", _without(text, _TAG))
    if "(untrusted" in text:
        text = _without(text, _UNTRUSTED)
    text = text.strip()
    received = _RECEIVED.match(text)
    return text[received.end() :] if received else text


def _without(text: str, fence: re.Pattern[str]) -> str:
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()
    for opening in islice(fence.finditer(text), _MOST_FENCES):
        closing = _closing(opening)
        if opening.start() < at or closing in unclosed:
            continue
        end = text.find(closing, opening.end())
        if end < 0:
            unclosed.add(closing)
        else:
            start = opening.start() if fence is _TAG else text.rfind("\n", at, opening.start()) + 1
            kept.append(text[at:start])
            at = end + len(closing)
    return "".join(kept) + text[at:]


def _closing(opening: re.Match[str]) -> str:
    if opening.re is _UNTRUSTED:
        return "\n```"
    return f"</{opening['tag']}>" if opening["tag"] else f"<<<END_{opening['context']}>>>"


def _text(message: MessageIn) -> str:
    """A message's text; of a very long one, its two ends."""
    if isinstance(message.content, str):
        text = message.content
    else:
        text = "\n".join(part.text for part in message.content or () if part.text)
    return text if len(text) <= _WHOLE else _ends(text)


def _ends(text: str) -> str:
    return text if len(text) <= 2 * _WINDOW else text[:_WINDOW] + "\n" + text[-_WINDOW:]
