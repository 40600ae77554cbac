"""Installs and removes the service: files are written whole, programs of the system are run in order."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from agent_router.addresses import reachable
from agent_router.errors import ConfigError
from agent_router.paths import PREFIX
from agent_router.service.service import MARK, Command, Service, State, answer, log_path, variables_path
from agent_router.service.variables import Variables, read
from agent_router.whole_file import write_whole

START_S = 40.0
"""How long a service may take until it answers: the first start on a slow disk."""


def check_user() -> None:
    """ConfigError under sudo: the service would be the administrator's."""
    if sys.platform != "win32" and os.geteuid() == 0 and os.environ.get("SUDO_USER"):
        raise ConfigError("This would be root's service, not yours. Run it without sudo: it needs no rights.")


def check_ours(service: Service) -> None:
    """ConfigError where the service's file is there and was made by someone else."""
    if service.path.exists() and not is_ours(service):
        raise ConfigError(
            f"{service.path} is there, and was not written by this command. Move it away, or keep using that one."
        )


def is_ours(service: Service) -> bool:
    """Whether the service's file is there and was written here."""
    return MARK in written(service)


def written(service: Service) -> str:
    """The service's file as it is; empty if there is none."""
    try:
        # Not decoded strictly: a file that someone else made may be anything.
        return service.path.read_bytes().decode(service.encoding, "replace").replace("\r\n", "\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{service.path} cannot be read: {error}.") from None


def variables() -> Variables:
    """The service's variables as they are. ConfigError if the file cannot be read."""
    path = variables_path()
    try:
        return read(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return read("")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None


def write(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Write a file, whole or not at all, for this user's eyes only. ConfigError if that cannot be."""
    try:
        if path.exists():
            path.chmod(0o600)  # whole_file keeps it; a new file has it
        write_whole(path, text.encode(encoding))
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def delete(path: Path) -> bool:
    """Take a file away; whether there was one. ConfigError if it cannot be."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigError(f"{path} cannot be removed: {error.strerror}.") from None
    return True


def carry_out(commands: Iterable[Command]) -> None:
    """Run programs of the system in order. ConfigError with the words of one that fails and must not."""
    for command in commands:
        for attempt in range(command.tries):
            if attempt:
                time.sleep(1)
            status, said, complaint = answer(*command.words)
            if not status or command.optional:
                break
        else:
            words = " ".join((complaint or said).split()) or f"status {status}"
            raise ConfigError(f"`{' '.join(command.words)}` failed: {words}")


def remove(service: Service) -> list[str]:
    """End the service and take everything of it away; a sentence for each thing that was there."""
    gone: list[str] = []
    check_ours(service)
    installed = service.path.exists()
    if installed:
        carry_out(service.stop())
        delete(service.path)
        gone.append(f"The service was ended, and {service.path} removed.")
        carry_out(service.forget())
    kept = variables()
    if kept.written:
        gone.append(_remove_block(kept))
    if delete(log_path()):
        gone.append(f"Its log {log_path()} was removed.")
        with contextlib.suppress(OSError):
            log_path().parent.rmdir()
    return gone


def _remove_block(kept: Variables) -> str:
    path = variables_path()
    names = f" (it had {', '.join(kept.ours)})" if kept.ours else ""
    if not kept.rest:
        delete(path)
        return f"{path} was removed{names}."
    write(path, kept.rest)
    return f"What the installation wrote into {path} was removed{names}; your own lines in it stay."


@contextlib.contextmanager
def as_the_service(seen: Mapping[str, str]) -> Iterator[None]:
    """The environment as the service has it, as far as the router's own variables go."""
    before = dict(os.environ)
    try:
        for name in before:
            if name.upper().startswith(PREFIX):
                del os.environ[name]
        os.environ.update(seen)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def since(pid: int) -> float | None:
    """When a process began, in seconds since 1970; None if it has ended."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def listens(pid: int, port: int) -> bool | None:
    """Whether a process, or one that it began, listens on a port; None where the system does not tell."""
    try:
        process = psutil.Process(pid)
        found = [each for one in (process, *process.children(recursive=True)) for each in one.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return None
    return any(each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port for each in found)


def health(url: str) -> dict[str, Any] | None:
    """What `/healthz` answers; None if it does not, or something else does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/healthz", timeout=3) as response:
            found = json.loads(response.read(1_000_000))
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return found if isinstance(found, dict) and "version" in found else None


def is_taken(host: str, port: int) -> bool:
    """Whether anything listens there."""
    try:
        with socket.create_connection((reachable(host).strip("[]"), port), timeout=2):
            return True
    except OSError:
        return False


def settled(ask: Callable[[], State], url: str, port: int, limit: float = START_S) -> State:
    """The service's state when it answers at `url`, has failed, or the time is up."""
    deadline = time.monotonic() + limit
    while True:
        state = ask()
        up = state.pid is not None and listens(state.pid, port) is not False and health(url) is not None
        if up or state.problem or time.monotonic() > deadline:
            return state
        time.sleep(0.3)
