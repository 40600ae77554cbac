"""Takes out of a capture what names this machine, its user or an account, by values of the same length, so that every
length in protobuf stays right. The bodies that came compressed are compressed again."""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.clients.real.client import CLIENTS, ROOT

_ACCOUNT = re.compile(
    rb'"(?:userID|anonymousId|machineID|installation_?[iI]d|accountUuid|organizationUuid)"\s*:\s*"([^"]{8,})"'
)
"""In an agent's own settings: what it tells of its user."""
_HOST_ID = re.compile(rb"(host\.id[^A-Za-z0-9]*(?:value[^A-Za-z0-9]*stringValue[^A-Za-z0-9]*)?)([0-9a-f-]{32,36})")
"""That of the machine, as OpenTelemetry's resources have it."""


def scrub(capture: Path, run: Path) -> None:
    """capture: the folder of one agent. run: the folder in which it ran, whose home is searched for its ids."""
    made = dict(sorted(_made(run).items(), key=lambda each: -len(each[0])))
    for path in sorted(capture.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            packed = body[:2] == b"\x1f\x8b"
            plain = gzip.decompress(body) if packed else body
            other = _replaced(plain, made)
            if other != plain:
                path.write_bytes(gzip.compress(other, mtime=0) if packed else other)
    for path in sorted(capture.rglob("*"), reverse=True):
        name = _replaced(path.name.encode(), made).decode()
        if name != path.name:
            path.rename(path.with_name(name))


def _replaced(body: bytes, made: Mapping[bytes, bytes]) -> bytes:
    for value, other in made.items():
        body = body.replace(value, other)
    body = _HOST_ID.sub(lambda found: found[1] + _like(found[2].decode()).encode(), body)
    for host in _hosts():
        body = re.sub(
            rb"(host\.name[^A-Za-z0-9]*(?:value[^A-Za-z0-9]*stringValue[^A-Za-z0-9]*)?)" + re.escape(host),
            rb"\1" + _padded("host", len(host)).encode(),
            body,
        )
    return body


def _hosts() -> set[bytes]:
    return {name.encode() for name in (socket.gethostname(), platform.node()) if name}


def _made(run: Path) -> dict[bytes, bytes]:
    """What is taken out, and by what it is replaced."""
    paths = {str(run): "/home/user/run", str(CLIENTS): "/opt/clients", str(ROOT): "/opt/agent-router"}
    paths[sys.base_prefix] = "/usr/local"
    found = {path: _padded(other, len(path)) for path, other in paths.items()}
    dashed = {re.sub(r"[^A-Za-z0-9]", "-", path): re.sub(r"[^A-Za-z0-9]", "-", to) for path, to in found.items()}
    hosts = {name.decode() for name in _hosts()} - {"localhost"}
    found |= dashed | {host: _padded("host", len(host)) for host in hosts}
    found |= {name: _padded("kernel", len(name)) for name in (platform.release(), platform.version())}
    for id in _ids(run / "home"):
        found[id] = _like(id)
    return {value.encode(): other.encode() for value, other in found.items() if len(value) > 3}


def _ids(home: Path) -> set[str]:
    """Ids of the user, the machine or the installation that the agent made or read."""
    ids = {
        Path(path).read_text().strip()
        for path in ("/etc/machine-id", "/var/lib/dbus/machine-id")
        if os.path.isfile(path)
    }
    for path in home.rglob("*"):
        if path.is_file() and path.stat().st_size < 1 << 20:
            if path.name in ("installation_id", "machine_id", "anonymous_id", "user_id"):
                ids.add(path.read_text().strip())
            elif path.suffix == ".json" or path.suffix == ".toml":
                ids |= {id.decode() for id in _ACCOUNT.findall(path.read_bytes())}
    return ids - {""}


def _padded(text: str, length: int) -> str:
    return (text + "x" * length)[:length]


def _like(id: str) -> str:
    """Hexadecimal digits where it has any: letters of an id of another kind stay in form as well."""
    digits = iter(hashlib.sha512(b"made").hexdigest() * (1 + len(id) // 128))
    return "".join(next(digits) if char.isalnum() else char for char in id)
