"""Host names and addresses: their one normal form, and whose they are."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_NETLOC = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:@/\\\[\]]+)(?::[0-9]{0,5})?")


_AROUND = re.compile(r"\A[\s\[\]]+|[\s\[\]]+\Z")


def normal(host: str) -> str:
    """A host in lower case, without brackets or a trailing dot; an address in its shortest form."""
    plain = _AROUND.sub("", host).lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        return plain


@lru_cache(maxsize=128)
def host_of(netloc: str) -> str:
    """The normal form of the host in `host`, `host:port` or `[v6]:port`; empty for anything else."""
    match = _NETLOC.fullmatch(netloc.strip())
    return normal(match["host"]) if match else ""


def is_loopback(host: str) -> bool:
    """Whether an address (or `localhost`) is this machine's own only."""
    plain = normal(host)
    try:
        return plain == "localhost" or ipaddress.ip_address(plain).is_loopback
    except ValueError:
        return False


def is_any(host: str) -> bool:
    """Whether it stands for all addresses of the machine: `0.0.0.0`, `::`."""
    try:
        return ipaddress.ip_address(normal(host)).is_unspecified
    except ValueError:
        return False


def reachable(host: str) -> str:
    """A host to put into a URL on this machine."""
    if is_any(host):
        return "[::1]" if ":" in host else "127.0.0.1"
    return f"[{host.strip('[]')}]" if ":" in host else host


def url_of(host: str, port: int | str) -> str:
    """The address, on this machine, of what listens there."""
    return f"http://{reachable(host)}:{port}"
