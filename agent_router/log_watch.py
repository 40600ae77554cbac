"""Imports agents' logs again and again, as they grow."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

EVERY_S: Final = 60.0
"""Without news an import all the same: an agent that was not there before, a call whose router's row came later."""
QUIET_MS: Final = 1_500
"""So long a log is left to grow before it is read."""


def watch(roots: Callable[[], list[str]], run: Callable[[], Any], stop: threading.Event) -> None:
    """Call `run` when something in one of the folders changes, and every minute, until `stop` is set.

    `roots` names the folders anew each time, those that exist.
    """
    from watchfiles import watch as changes

    while not stop.is_set():
        folders = roots()
        try:
            # Left at the first change, so that new folders are watched as well from then on.
            for _ in changes(
                *folders,
                watch_filter=None,
                debounce=QUIET_MS,
                stop_event=stop,
                rust_timeout=int(EVERY_S * 1000),
                yield_on_timeout=True,
                ignore_permission_denied=True,
                raise_interrupt=True,
            ):
                break
        except (OSError, RuntimeError):  # a system has so many watches, and a folder may be gone just now
            folders = []
        if not folders:
            stop.wait(EVERY_S)
        if not stop.is_set():
            run()


def stopped_with_parent() -> threading.Event:
    """An event that is set when standard input ends: whoever started this process has gone, however it went."""
    stop = threading.Event()

    def wait() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        stop.set()

    threading.Thread(target=wait, name="parent", daemon=True).start()
    return stop


@contextmanager
def beside() -> Iterator[None]:
    """A process that watches the logs while this one serves: reading them must not hold up a request."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent_router", "import", "--watch", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if sys.platform == "win32" else None,  # a service has none there
        **_APART,
    )
    try:
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# A Ctrl-C in the terminal is for the server, which then closes the pipe.
_APART: Final[dict[str, Any]] = (
    {"creationflags": 0x0800_4200}  # CREATE_NO_WINDOW, BELOW_NORMAL_PRIORITY_CLASS, CREATE_NEW_PROCESS_GROUP
    if sys.platform == "win32"
    else {"process_group": 0}
)


def be_modest() -> None:
    """Let everybody else go first: for a process that works in the background."""
    if os.name == "posix":
        os.nice(10)
