"""A system message for dialects whose system prompt is text."""

from __future__ import annotations

from agent_models.completion import Message, Text
from agent_router.errors import ApiError


def system_text(message: Message) -> str:
    """Its text; ApiError 400 if it holds anything else, which would be lost."""
    if not all(isinstance(part, Text) for part in message.content):
        said = "This model takes only text in a system or developer message; put images and files in the user's."
        raise ApiError(400, said, code="unsupported_parameter", param="messages")
    return message.text
