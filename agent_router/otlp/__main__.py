"""The process that takes telemetry: requests come by standard input, answers go by standard output, in the same order.

It is one of its own, as decoding thousands of spans a second would hold up the router's requests, and its ledger has a
writer of its own. It ends, with all rows written, when its input does: the router has gone, however it went.
"""

from __future__ import annotations

import gc
import logging
import os
import queue
import sys
import threading
from pathlib import Path

from agent_router.ledger_enrichment import enrichment
from agent_router.otlp.frame import HEAD, Asked, asked, framed, length
from agent_router.otlp.sources import otlp_sources
from agent_router.paths import LEDGER
from agent_router.salt import installation_salt
from agent_telemetry.ledger import Ledger
from agent_telemetry.otlp.receiver import Receiver

_LATER = 5  # requests that wait for the router go first, but others' work does not


def main(data: Path) -> None:
    """Serve until the input ends."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    if os.name == "posix":
        os.nice(_LATER)
    gc.set_threshold(50_000, 20, 50)  # rows hold no cycles
    came: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=[came], name="input", daemon=True).start()
    ledger = Ledger(data / LEDGER, enrich=enrichment())
    receiver = Receiver(ledger, otlp_sources(), installation_salt(data))
    output, sys.stdout = sys.stdout.buffer, sys.stderr  # which nothing that is printed may come between
    while True:
        try:
            request = came.get(timeout=receiver.rest())
        except queue.Empty:
            continue
        if request is None:
            break
        output.write(
            framed(receiver.take(request.signal, request.content_type, request.content_encoding, request.body))
        )
        output.flush()
    ledger.close()


def _read(came: queue.SimpleQueue[Asked | None]) -> None:
    source = sys.stdin.buffer
    while len(head := source.read(HEAD)) == HEAD:
        content = source.read(length(head))
        if len(content) < length(head):
            break
        came.put(asked(content))
    came.put(None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
