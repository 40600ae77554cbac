"""How long each page and its JSON twin take."""

from __future__ import annotations

import http.client
import json
import time
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from agent_dashboards.overview import QUESTIONS

_QUERY = "?range=all"
ADDRESSES = (
    *("/", "/?range=30d", f"/{_QUERY}", f"/split{_QUERY}"),
    *(f"/{question.name}{_QUERY}" for question in QUESTIONS),
    *(f"/models{_QUERY}", "/sources", "/requests", "/families"),
    *(f"/api/split{_QUERY}", f"/api/trend{_QUERY}", f"/api/models{_QUERY}", "/api/sources"),
    *("/api/requests", "/api/families", "/api/overview?range=30d", f"/api/overview{_QUERY}"),
)
_SETTLED_S = 0.7
"""What the first page did not wait for is still read a while; that is not the next page's time."""


class Times(NamedTuple):
    """Milliseconds, sorted."""

    each: tuple[float, ...]

    def at(self, share: float) -> float:
        """The time within which so many are done."""
        return self.each[min(len(self.each) - 1, round(share * (len(self.each) - 1)))]

    @property
    def most(self) -> float:
        """The longest."""
        return self.each[-1]


def _addresses(connection: http.client.HTTPConnection) -> tuple[str, ...]:
    """With those that depend on what there is: the most frequent family, the last request, and what is looked for."""

    def first(address: str, kind: str) -> dict[str, str]:
        connection.request("GET", address)
        found: list[dict[str, str]] = json.loads(connection.getresponse().read())[kind]
        return found[0]

    family = quote(first("/api/families", "families")["name"], safe="")
    request = first("/api/requests?source=proxy", "requests")
    key = quote(request["id"], safe="")
    looked_for = ("openness=open", "lab=nobody", "agent=nobody", "status=error", "task=title", f"family={family}")
    return (*ADDRESSES, f"/families/{family}", f"/requests/{key}", *(f"/requests?{query}" for query in looked_for))


def measure(url: str, times: int) -> dict[str, Times]:
    """Each address so many times, in turn. Those that do not exist are left out."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    found: dict[str, list[float]] = {}
    addresses = _addresses(connection)
    for _ in range(times):
        for address in addresses:
            began = time.perf_counter()
            connection.request("GET", address)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                found.setdefault(address, []).append(1000 * (time.perf_counter() - began))
                if address.startswith("/?") or address == "/":
                    time.sleep(_SETTLED_S)
            else:
                assert answer.status == 404, (address, answer.status)
    connection.close()
    return {address: Times(tuple(sorted(each))) for address, each in found.items()}
