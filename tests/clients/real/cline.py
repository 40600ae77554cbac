"""Cline: speaks chat completions."""

from __future__ import annotations

from tests.clients.real.client import Client, Place


def setup(place: Place) -> None:
    """What `cline auth` writes into `~/.cline`."""
    where = ["-b", f"{place.url}/v1", "-k", "agent-router", "-m", place.model]
    place.run("cline", "auth", "-p", "openai-compatible", *where)


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("cline", *(["--id", "last"] if resume else []), prompt)


def background(place: Place) -> str:
    raise NotImplementedError


CLIENT = Client(
    name="cline",
    title="Cline",
    manager="npm",
    packages=("cline",),
    connect="cline",
    setup=setup,
    ask=ask,
    background=background,
    calls=("summary",),
)
