"""An import of 160 MB in 2,700 files, cold and again, beside ccusage."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.split import home

CCUSAGE = "ccusage@18.0.11"
"""The newest in JavaScript: later ones are a native program that npm does not have for every machine."""
_RUN = """
import atexit, resource, sys
who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
atexit.register(lambda: print(sum(resource.getrusage(each).ru_maxrss for each in who), file=sys.stderr))
from agent_router.command import main
main()
"""


class Speed(NamedTuple):
    """Seconds of each run, and the most memory in MB, of all its processes together."""

    name: str
    seconds: list[float]
    megabytes: float

    @property
    def middle(self) -> float:
        return median(self.seconds)


def measure(folder: Path, runs: int, *, peers: bool) -> tuple[int, list[Speed]]:
    """The calls that the home holds, and the speeds; runs of all take turns."""
    place = folder / "home"
    calls = home.write(place)
    ccusage = _ccusage(folder) if peers else None
    cold: list[float] = []
    again: list[float] = []
    other: list[float] = []
    most = {"cold": 0.0, "again": 0.0, "ccusage": 0.0}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as data:
            environment = {"HOME": str(place), "AGENT_ROUTER_DATA": data, "PATH": os.environ["PATH"]}
            for name, seconds in (("cold", cold), ("again", again)):
                began = time.perf_counter()
                done = subprocess.run(
                    [sys.executable, "-c", _RUN, "import"], env=environment, capture_output=True, check=True
                )
                seconds.append(time.perf_counter() - began)
                most[name] = max(most[name], int(done.stderr.split()[-1]) / 1024)
        if ccusage is not None:
            began = time.perf_counter()
            subprocess.run(
                ccusage, env={"HOME": str(place), "PATH": os.environ["PATH"]}, capture_output=True, check=True
            )
            other.append(time.perf_counter() - began)
    found = [Speed("cold", cold, most["cold"]), Speed("nothing new", again, most["again"])]
    return calls, found + ([Speed(CCUSAGE, other, 0.0)] if other else [])


def _ccusage(folder: Path) -> list[str] | None:
    """The command, installed where npm is there."""
    if shutil.which("npm") is None:
        return None
    place = folder / "ccusage"
    place.mkdir()
    (place / "package.json").write_text("{}")
    installed = subprocess.run(["npm", "install", CCUSAGE], cwd=place, capture_output=True, check=False)
    if installed.returncode:
        return None
    return ["node", str(place / "node_modules" / ".bin" / "ccusage"), "daily", "--json", "--offline"]
