"""A terminal in which a client runs that does some things only for a person at a keyboard."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.clients.real.client import Place

_CONTROLS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f]"
)
_ROWS, _COLUMNS = 50, 160
# What programs ask of a terminal before they begin, and what xterm answers.
_QUESTIONS = {
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[0c": b"\x1b[?62;22c",
    b"\x1b]10;?": b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
    b"\x1b]11;?": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
}


class Terminal:
    """What a program shows, and the keys that it is given. `shown` has no control characters and no white space:
    programs that draw their own screen move the cursor in place of writing it."""

    def __init__(self, keyboard: int) -> None:
        self._keyboard = keyboard
        self._raw = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def shown(self) -> str:
        """Since the last `forget`."""
        return re.sub(r"\s+", "", _CONTROLS.sub("", self._raw.decode(errors="replace")))

    def forget(self) -> None:
        """What was shown so far does not count any more."""
        self._raw = b""

    def enter(self, text: str) -> None:
        """A line, typed as if by hand: key by key, so that it is not taken for a paste. What was shown before it is
        forgotten."""
        self.forget()
        for key in text:
            os.write(self._keyboard, key.encode())
            time.sleep(0.02)
        self.settle(0.5)
        os.write(self._keyboard, b"\r")

    def wait(self, text: str, limit: float = 60) -> None:
        """Until a text is shown, white space aside. AssertionError after `limit` seconds, or at the program's end."""
        wanted, end = re.sub(r"\s+", "", text), time.monotonic() + limit
        while wanted not in self.shown:
            assert time.monotonic() < end, f"{text!r} is not shown within {limit:g} s: {self.shown[-3000:]}"
            ended = not self._reader.is_alive()
            assert not ended or wanted in self.shown, f"it ended without showing {text!r}: {self.shown[-3000:]}"
            time.sleep(0.1)

    def settle(self, quiet: float = 1.0, limit: float = 30) -> None:
        """Until nothing new is shown for `quiet` seconds, for at most `limit`."""
        end, since, size = time.monotonic() + limit, time.monotonic(), len(self._raw)
        while time.monotonic() < end and time.monotonic() - since < quiet:
            time.sleep(0.05)
            if len(self._raw) != size:
                since, size = time.monotonic(), len(self._raw)

    def _read(self) -> None:
        """Takes what the program writes until it ends, and answers what it asks of its terminal."""
        while True:
            try:
                written = os.read(self._keyboard, 1 << 16)
                for question, answer in _QUESTIONS.items():
                    if question in written:
                        os.write(self._keyboard, answer)
            except OSError:
                return
            if not written:
                return
            self._raw += written


@contextmanager
def terminal(place: Place, *command: str, **environment: str) -> Iterator[Terminal]:
    """A program in a terminal of its own, ended with the block."""
    given = place.environment(**{"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment})
    given.pop("NO_COLOR")
    program = shutil.which(command[0], path=given["PATH"]) or command[0]
    keyboard, screen = pty.openpty()
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    process = subprocess.Popen(
        [program, *command[1:]],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        cwd=place.work,
        env=given,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(screen)
    try:
        yield Terminal(keyboard)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(keyboard)
