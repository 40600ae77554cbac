"""aider: a coding agent whose model answers with edits as text. Its background calls are the commit message, and the
summary of a conversation that has become long.

It offers the model no tools. What comes nearest is what the model may propose in a code block: a shell command, which
aider runs when the user says yes, and whose output, after a second yes, stands in the chat when the user goes on. The
tool task is that conversation, with a user who says yes twice and then asks for the result.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time

from tests.clients.real.client import Client, Place

_LIMIT = 90  # seconds for a session
_CONFIRMED, _PROMPT = "[Yes]: ", "> "


def setup(place: Place) -> None:
    """`~/.aider.conf.yml`; and the list of models that it would fetch, with nothing in it."""
    (place.home / ".aider.conf.yml").write_text(
        f"model: openai/{place.model}\n"
        f"openai-api-base: {place.url}/v1\n"
        "openai-api-key: agent-router\n"
        "edit-format: diff\n"
        "show-model-warnings: false\n"
        "show-release-notes: false\n"
        "check-update: false\n"
        "analytics: false\n"
        "gitignore: false\n"
        "pretty: false\n"
        "fancy-input: false\n"
    )
    known = place.home / ".aider" / "caches" / "model_prices_and_context_window.json"
    known.parent.mkdir(parents=True)
    known.write_text(json.dumps({"sample_spec": {}}))


def ask(place: Place, prompt: str, resume: bool) -> str:
    """A session in which the user asks, says yes to what is proposed and then, if a command was run, goes on."""
    if not resume:
        (place.work / ".aider.chat.history.md").unlink(missing_ok=True)  # it holds all sessions, and all are restored
    arguments = ["--restore-chat-history"] if resume else []
    process = subprocess.Popen(
        [str(place.install / "venv" / "bin" / "aider"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=place.work,
        env=place.environment(),
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    shown, end = "", time.monotonic() + _LIMIT
    says = [prompt]
    try:
        while True:
            ready, _, _ = select.select([process.stdout], [], [], max(0, end - time.monotonic()))
            assert ready, f"aider: not done within {_LIMIT} s\n{shown}"
            more = os.read(process.stdout.fileno(), 65536)
            if not more:
                break
            shown += more.decode(errors="replace")
            if shown.endswith(_CONFIRMED):
                says = ["What did it print?"] if "Running " in shown and "Add command output" in shown else says
                said = "y"
            elif shown.splitlines()[-1].endswith(_PROMPT):
                said = says.pop(0) if says else "/exit"
            else:
                continue
            process.stdin.write(f"{said}\n".encode())
            process.stdin.flush()
    finally:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.communicate()
    assert process.returncode == 0, f"aider: exit {process.returncode}\n{shown}"
    return shown


def background(place: Place) -> str:
    """A change of the user's own, which aider is told to commit; and a session that goes on from a long one."""
    ask(place, "SAY nothing", False)
    long = ("--restore-chat-history", "--max-chat-history-tokens", "1")
    summed = place.run("aider", *long, "--message", "SAY something", limit=_LIMIT)
    with (place.work / "colours.txt").open("a") as file:
        file.write("violet\n")
    return summed + place.run("aider", "--commit", limit=_LIMIT)


CLIENT = Client(
    name="aider",
    title="aider",
    manager="pypi",
    packages=("aider-chat",),
    connect="aider",
    setup=setup,
    ask=ask,
    background=background,
    calls=("commit", "summary"),
)
