"""Anthropic's client for Python. Its small task: a title, as structured output."""

from __future__ import annotations

from tests.clients.real.client import Client
from tests.clients.real.program import ANTHROPIC, Program

_PROGRAM = Program("anthropic_sdk", ANTHROPIC)

CLIENT = Client(
    name="anthropic",
    title="Anthropic SDK",
    manager="pypi",
    packages=("anthropic",),
    connect=None,
    setup=_PROGRAM.setup,
    ask=_PROGRAM.ask,
    background=_PROGRAM.title,
    calls=("title",),
    agent="anthropic-python",
)
