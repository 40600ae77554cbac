"""Whether an answer says nothing."""

from __future__ import annotations

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_ECHO = 40  # characters of a prompt that nobody repeats by chance


def is_empty(answer: Answer, request: CompletionRequest) -> bool:
    """Whether there is neither text nor a call."""
    return not answer.calls and not any(not character.isspace() for character in answer.text)


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
