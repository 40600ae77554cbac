"""A terminal for clients that only do in one what is to be seen. Needs tmux, which answers what terminals are asked."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from tests.clients.background.place import Place

_SERVERS = count()
COMPACTED = ("/compact", "And after that, what is left?")
"""What makes a long session short, and an ask in what is left of it."""


class Screen:
    """What a program shows, and its keys."""

    def __init__(self, place: Place, socket: str) -> None:
        self._place = place
        self._socket = socket

    def _tmux(self, *command: str) -> str:
        return subprocess.run(
            ("tmux", "-L", self._socket, *command), capture_output=True, text=True, check=False, timeout=20
        ).stdout

    @property
    def text(self) -> str:
        """What is to be seen now."""
        return self._tmux("capture-pane", "-p", "-t", "it")

    def type(self, text: str, enter: bool = True) -> None:
        """Text as if typed, then the return key once it has been taken in."""
        self._tmux("send-keys", "-t", "it", "-l", text)
        time.sleep(0.8)
        if enter:
            self.key("Enter")

    def say(self, *texts: str) -> None:
        """One after the other, each once what came of the one before stands still."""
        for text in texts:
            self.type(text)
            self.still(4, 40)

    def key(self, *names: str) -> None:
        """Keys by tmux's names: Enter, Escape, C-c, Up."""
        for name in names:
            self._tmux("send-keys", "-t", "it", name)
            time.sleep(0.3)

    def wait(self, pattern: str, limit: float = 30) -> bool:
        """Whether something that matches was to be seen in time."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if re.search(pattern, self.text):
                return True
            time.sleep(0.3)
        self._place.write(f"[not seen: {pattern}]\n{self.text}\n")
        return False

    def still(self, seconds: float = 2, limit: float = 45) -> str:
        """What is to be seen once it has not changed for so long."""
        end, last, since = time.monotonic() + limit, "", time.monotonic()
        while time.monotonic() < end:
            shown = re.sub(r"[⠀-⣿✻✽✶✢·*]|\d+(?:\.\d+)?s?", "", self.text)
            if shown != last:
                last, since = shown, time.monotonic()
            elif time.monotonic() - since >= seconds:
                break
            time.sleep(0.3)
        return self.text


@contextmanager
def screen(place: Place, *command: str, **environment: str) -> Iterator[Screen]:
    """A program in a terminal of 200 by 60, ended at the end."""
    socket = f"{place.home.parent.name}-{next(_SERVERS)}"  # one that is ending takes nobody in
    started = [*("tmux", "-L", socket, "-f", "/dev/null", "new-session", "-d", "-s", "it", "-x", "200", "-y", "60")]
    wanted = place.environment(**environment)
    given = [f"{name}={value}" for name, value in wanted.items()]
    subprocess.run(
        [*started, "-c", str(place.work), shlex.join(["env", "-i", *given, *command])],
        check=True, timeout=20, env=wanted,
    )  # fmt: skip
    it = Screen(place, socket)
    try:
        yield it
    finally:
        place.write(f"$ {' '.join(command)}\n{it.text}\n")
        it._tmux("kill-server")
