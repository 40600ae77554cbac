"""Whether an answer says nothing."""

from __future__ import annotations

import re

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_ECHO = 40  # characters of a prompt that nobody repeats by chance


# What only stands where an answer should: quotes and fences around nothing, dots, and a template's blanks.
_NOTHING = re.compile(
    r"""[\s"'“”*]*\Z|\s*```\w*\s*```\s*\Z|\s*(?:\.{2,}|…)\s*\Z|"""
    r"""\W{0,4}[\[<](?:your|insert) [^\]>\n]{1,40}[\]>]\W{0,4}\Z""",
    re.IGNORECASE,
)
_LONGEST_NOTHING = 200  # characters, unless all of it is blank


def is_empty(answer: Answer, request: CompletionRequest) -> bool:
    """Whether there is neither text, if only of one letter or sign, nor a call."""
    if answer.calls:
        return False
    if answer.length > _LONGEST_NOTHING:
        return answer.text.isspace()
    return _NOTHING.match(answer.text) is not None


def echoes(answer: Answer, request: CompletionRequest) -> bool:
    """Whether it is the last user turn over again, or begins with all of the system prompt."""
    said = " ".join(answer.text.split())
    if answer.calls or len(said) < _ECHO:
        return False
    asked = next((message.text for message in reversed(request.messages) if message.role == "user"), "")
    system = next((message.text for message in request.messages if message.role == "system"), "")
    asked, system = " ".join(asked[:20_000].split()), " ".join(system[:20_000].split())
    if said == asked and answer.whole:
        # Who asks to have a text repeated, formatted or corrected puts words before it; then the two differ.
        return True
    return len(system) >= _ECHO and said.startswith(system)
