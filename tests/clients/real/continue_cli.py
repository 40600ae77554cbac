"""Continue CLI: a coding agent. In its own screen it asks for a title after the first answer, and compacts when it is
told to."""

from __future__ import annotations

from tests.clients.real.client import Client, Place
from tests.clients.real.terminal import terminal

_QUIET = {"CONTINUE_TELEMETRY_ENABLED": "0"}


def setup(place: Place) -> None:
    """`~/.continue/config.yaml`."""
    folder = place.home / ".continue"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "name: Local\n"
        "version: 1.0.0\n"
        "schema: v1\n"
        "models:\n"
        "  - name: agent-router\n"
        "    provider: openai\n"
        f"    model: {place.model}\n"
        f"    apiBase: {place.url}/v1\n"
        "    apiKey: agent-router\n"
        "    roles: [chat, edit, apply]\n"
        "    capabilities: [tool_use]\n"
    )


def ask(place: Place, prompt: str, resume: bool) -> str:
    return place.run("cn", *_configured(place), "-p", *(["--resume"] if resume else []), prompt, **_QUIET)


def background(place: Place) -> str:
    with terminal(place, "cn", *_configured(place), **_QUIET) as screen:
        screen.wait("Ask anything", 60)
        screen.settle(3)
        for word in ("alpha", "beta"):
            screen.enter(f"SAY {word}")
            screen.wait(f"The word is {word}")
            screen.settle(2)
        screen.enter("/compact")
        screen.settle(4, 30)
        return screen.shown


def _configured(place: Place) -> tuple[str, ...]:
    return "--auto", "--config", str(place.home / ".continue" / "config.yaml")


CLIENT = Client(
    name="continue",
    title="Continue CLI",
    manager="npm",
    packages=("@continuedev/cli",),
    connect="continue",
    setup=setup,
    ask=ask,
    background=background,
    calls=("title", "summary"),
)
