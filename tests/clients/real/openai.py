"""OpenAI's client for Python. Its small task: a title, as structured output by responses."""

from __future__ import annotations

from tests.clients.real.client import Client
from tests.clients.real.program import OPENAI, Program

_PROGRAM = Program("openai_sdk", OPENAI)

CLIENT = Client(
    name="openai",
    title="OpenAI SDK",
    manager="pypi",
    packages=("openai",),
    connect=None,
    setup=_PROGRAM.setup,
    ask=_PROGRAM.ask,
    background=_PROGRAM.title,
    calls=("title",),
    agent="openai-python",
)
