"""All dialects that upstreams speak, by the name of the wire that is the same."""

from __future__ import annotations

from agent_router.upstreams.anthropic.dialect import MESSAGES
from agent_router.upstreams.chat.dialect import CHAT
from agent_router.upstreams.completions.dialect import COMPLETIONS
from agent_router.upstreams.gemini.dialect import GEMINI
from agent_router.upstreams.responses.dialect import RESPONSES

DIALECTS = {dialect.name: dialect for dialect in (CHAT, RESPONSES, MESSAGES, COMPLETIONS, GEMINI)}
