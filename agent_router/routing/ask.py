"""What is asked, inside what the agent wraps around it."""

from __future__ import annotations

import re

from agent_router.wire.chat.body import ChatBody, MessageIn

# Fences that agents put around what nobody asked: reminders, contexts, metadata.
_FENCES = re.compile(
    r"<(system-reminder|session_context|environment_context|current_datetime|internal[-_]context|metadata)\b[^>]*>"
    r".*?</\1>",
    re.DOTALL,
)
# Only this much of either end of a message is looked at: the ask begins or ends it, and a decision is not worth
# reading a pasted file.
_WINDOW = 4096


def ask(body: ChatBody) -> str:
    """The last thing that a person or a schedule asked: the last user turn that holds more than fences."""
    messages = body.messages if isinstance(body.messages, list) else []
    for message in reversed(messages):
        if message.role == "user":
            text = text_of(message)
            if "<" in text:
                text = _FENCES.sub("", text)
            text = text.strip()
            if text:
                return text
    return ""


def system_prompt(body: ChatBody) -> str:
    """The beginning of the first system or developer message; empty if there is none."""
    messages = body.messages if isinstance(body.messages, list) else []
    for message in messages[:2]:
        if message.role in ("system", "developer"):
            return text_of(message)
    return ""


def text_of(message: MessageIn) -> str:
    """A message's text; of a long one, its two ends."""
    if isinstance(message.content, str):
        text = message.content
    else:
        text = "\n".join(part.text for part in message.content or () if part.text)
    return text if len(text) <= 2 * _WINDOW else text[:_WINDOW] + "\n" + text[-_WINDOW:]
