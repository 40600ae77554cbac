"""Hermes Agent. In its own screen it asks for a title after the first answer, and compacts when told to."""

from __future__ import annotations

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal


def setup(place: Place) -> None:
    """`~/.hermes/config.yaml`."""
    folder = place.home / ".hermes"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "model:\n"
        f"  default: {place.model}\n"
        "  provider: custom\n"
        f"  base_url: {place.url}/v1\n"
        "  api_key: agent-router\n"
        "  context_length: 128000\n"
    )


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("hermes", "chat", "-Q", "--yolo", *(["--continue"] if resume else []), "-q", prompt)


def background(place: Place) -> str:
    with terminal(place, "hermes", "chat", "--yolo", "--cli") as screen:
        screen.settle(5, 60)
        for word in ("alpha", "beta", "gamma", "delta", "epsilon"):  # fewer are not worth a summary to it
            screen.enter(f"SAY {word}")
            screen.wait(f"The word is {word}")
            screen.settle(2)
        screen.enter("/compress")
        screen.settle(4, 30)
        return screen.shown


CLIENT = Client(
    name="hermes-agent",
    title="Hermes Agent",
    manager="pypi",
    packages=("hermes-agent",),
    connect=None,
    setup=setup,
    ask=ask,
    background=background,
    calls=("title", "summary"),
)
