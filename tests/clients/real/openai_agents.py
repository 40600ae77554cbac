"""The OpenAI Agents SDK, which speaks responses. Its small task: a title, as the output type of an agent."""

from __future__ import annotations

from tests.clients.real.client import Client
from tests.clients.real.program import AGENTS, Program

_PROGRAM = Program("openai_agents", AGENTS)

CLIENT = Client(
    name="openai-agents",
    title="OpenAI Agents SDK",
    manager="pypi",
    packages=("openai-agents",),
    connect=None,
    setup=_PROGRAM.setup,
    ask=_PROGRAM.ask,
    background=_PROGRAM.title,
    calls=("title",),
)
