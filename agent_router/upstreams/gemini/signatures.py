"""The signatures that Google's newer models put on their calls, and without which they refuse to go on from them.

No other dialect has a place for one. They are kept here, by the call's id, and put back where the call comes again; of
a call that is not known (another model's, or from before a restart) Google lets the check be skipped.
Source: Google's documentation, "Thought signatures" and "OpenAI compatibility".
"""

from __future__ import annotations

import re
from typing import Any

from agent_models.completion import CompletionRequest
from agent_router.upstreams.chat.events import ChatReader
from agent_router.upstreams.chat.render import chat_body
from agent_router.wire.loose import mapping, sequence, string

_SKIP = "skip_thought_signature_validator"
_MOST = 4096
_DEMANDS_THEM = re.compile(r"(?:.*/)?gemini-(?![12][.-])")


class Signatures:
    """Those of one upstream. `reader` and `body` take the place of the chat dialect's."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def reader(self) -> ChatReader:
        """Reads an answer, keeping its signatures."""
        return ChatReader(self._keep)

    def body(self, request: CompletionRequest, model: str, stream: bool) -> dict[str, Any]:
        """The body, with the signatures in it."""
        body = chat_body(request, model, stream)
        for message in body["messages"]:
            calls = sequence(message.get("tool_calls"))
            for call in calls:
                if (signature := self._known.get(call["id"])) is not None:
                    call["extra_content"] = {"google": {"thought_signature": signature}}
            # Of calls side by side only the first bears one.
            if calls and not any("extra_content" in call for call in calls) and _DEMANDS_THEM.match(model):
                calls[0]["extra_content"] = {"google": {"thought_signature": _SKIP}}
        return body

    def _keep(self, id: str, call: dict[str, Any]) -> None:
        google = mapping(mapping(call.get("extra_content")).get("google"))
        if signature := string(google.get("thought_signature")):
            while len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[id] = signature
