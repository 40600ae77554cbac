"""How often an address may be wrong about the key."""

from __future__ import annotations

import ipaddress
import time
from collections import deque
from collections.abc import Callable

MOST = 10
WITHIN_S = 60.0
_ADDRESSES = 4096


class WrongKeys:
    """The wrong keys of the last minute, by the address that sent them: ten are enough."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._times: dict[str, deque[float]] = {}

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0 if it may now."""
        times = self._times.get(_network(address))
        if times is None or len(times) < MOST:
            return 0.0
        return max(0.0, times[0] + WITHIN_S - self._now())

    def add(self, address: str) -> None:
        """Another wrong key came from there."""
        network = _network(address)
        times = self._times.pop(network, None) or deque(maxlen=MOST)
        times.append(self._now())
        self._times[network] = times
        if len(self._times) > _ADDRESSES:
            del self._times[next(iter(self._times))]  # whose last was the longest ago


def _network(address: str) -> str:
    """An IPv6 host has a whole /64 of addresses, which count as one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
