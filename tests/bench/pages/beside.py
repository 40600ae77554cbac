"""What an open page does to the requests that pass through the router."""

from __future__ import annotations

import http.client
import json
import threading
import time
from urllib.parse import urlsplit

from agent_dashboards.overview import QUESTIONS
from tests.bench.pages.asking import Times

_ASK = json.dumps({"model": "gpt-5.4", "messages": [{"role": "user", "content": "hello " * 40}]})
_REQUESTS = 400


def measure(url: str) -> tuple[Times, Times]:
    """The requests' times when nobody looks, and while somebody does."""
    netloc = urlsplit(url).netloc
    _requests(netloc, 50)
    quiet = _requests(netloc, _REQUESTS)
    done = threading.Event()
    looking = threading.Thread(target=_look, args=(netloc, done))
    looking.start()
    time.sleep(0.5)
    watched = _requests(netloc, _REQUESTS, pause=0.02)
    done.set()
    looking.join()
    return quiet, watched


def _requests(netloc: str, number: int, pause: float = 0.0) -> Times:
    connection = http.client.HTTPConnection(netloc, timeout=60)
    found = []
    for _ in range(number):
        began = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", _ASK, {"content-type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body[:300]
        found.append(1000 * (time.perf_counter() - began))
        time.sleep(pause)
    connection.close()
    return Times(tuple(sorted(found)))


def _look(netloc: str, done: threading.Event) -> None:
    """As page.js does where all sections can be seen, but four times as often."""
    live = http.client.HTTPConnection(netloc, timeout=60)
    live.request("GET", "/api/live")
    stream = live.getresponse()
    connection = http.client.HTTPConnection(netloc, timeout=60)
    while not done.wait(2.0):
        for name in ("split", *(question.name for question in QUESTIONS)):
            connection.request("GET", f"/{name}?range=30d")
            connection.getresponse().read()
    connection.close()
    stream.close()
    live.close()
