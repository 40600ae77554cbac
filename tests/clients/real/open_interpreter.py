"""Open Interpreter: one tool, which runs code in several languages. It makes no calls of its own."""

from __future__ import annotations

from tests.clients.real.client import Client, Place

_SAID = "said.txt"


def setup(place: Place) -> None:
    """Nothing: it is told by arguments."""


def ask(place: Place, prompt: str, resume: bool) -> str:
    """Its sessions are gone on with only by hand, so a second turn is a session of two lines."""
    said = place.home / _SAID
    lines = [*(said.read_text().splitlines() if resume else []), prompt]
    said.write_text("\n".join(lines))
    model = ("--model", f"openai/{place.model}", "--api_base", f"{place.url}/v1", "--api_key", "agent-router")
    limits = ("--context_window", "128000", "--max_tokens", "1000")
    quiet = ("--auto_run", "--disable_telemetry", "--offline", "--plain", "--llm_supports_functions")
    return place.run("interpreter", *model, *limits, *quiet, stdin="\n".join([*lines, ""]))


CLIENT = Client(
    name="open-interpreter",
    title="Open Interpreter",
    manager="pypi",
    packages=("open-interpreter",),
    connect=None,
    setup=setup,
    ask=ask,
    background=None,
    calls=(),
)
