"""Every request has its row: what the router's own `usage` counts, against what was sent."""

from __future__ import annotations

import json
import os
import subprocess

from tests.bench.figures import Figures
from tests.bench.targets import ROOT, Target


def count(router: Target, figures: Figures) -> None:
    """After the router has stopped."""
    command = [router.command[0], "usage", "--json"]
    environment = {**os.environ, **router.environment}
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    rows = None
    if said.returncode == 0:
        rows = int(json.loads(said.stdout)["all"]["requests"])
    figures.add(router.name, router.sent, "requests sent", "")
    figures.add(router.name, rows, "rows in the ledger", "")
    lost = abs(router.sent - rows) if rows is not None else None
    figures.add(router.name, lost, "rows lost or too many", "", bar=0)
