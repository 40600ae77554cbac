"""A router process over a ledger that is there already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent_router.app import LEDGER
from tests.running_router import environment
from tests.upstreams.threaded import ThreadedUpstream

_START = "import sys; from agent_router.__main__ import main; sys.exit(main())"
_FORGETFUL = "from agent_dashboards import kept; kept.KEPT_S = kept.LONGEST_S = -1.0; "


@contextmanager
def serving(ledger: Path, data: Path, *, kept: bool = True) -> Iterator[str]:
    """The address of a router on a copy of a ledger, with an upstream that answers at once; without `kept` it reads
    everything anew."""
    data.mkdir(parents=True)
    (data / LEDGER).write_bytes(ledger.read_bytes())
    with ThreadedUpstream("ok") as upstream:
        configuration = f'[upstreams.openai]\nbase_url = "{upstream.url}/v1"\nmodels = ["gpt-5.4"]\n'
        process = subprocess.Popen(
            [sys.executable, "-c", ("" if kept else _FORGETFUL) + _START, "serve", "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(data, configuration) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout is not None
        try:
            said = b""
            while b"}" not in said:
                line = process.stdout.readline()
                assert line, "the router did not start"
                said += line
            yield str(json.loads(said)["url"])
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()
    (data / LEDGER).unlink()
