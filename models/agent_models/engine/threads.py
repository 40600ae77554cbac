"""How many threads llama.cpp should use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_BYTES_A_THREAD = 64 * 1024 * 1024


def default_threads(model_bytes: int) -> int:
    """As many threads as the model's size keeps busy, at most one a physical core.

    llama.cpp's threads wait for each other in busy loops after every operation: a model of a few megabytes is
    ten times slower with two threads than with one when something else runs on the machine.
    """
    return max(1, min(physical_cores(), model_bytes // _BYTES_A_THREAD))


def physical_cores() -> int:
    """The physical cores that this process may use: hyper-threads only slow llama.cpp down."""
    logical = os.cpu_count() or 1
    if sys.platform == "linux":
        allowed = os.sched_getaffinity(0)
        return _linux_cores(allowed) or len(allowed)
    if sys.platform == "darwin":
        return _mac_cores() or logical
    # Windows names no cores without native calls; two threads a core is the usual case.
    return max(1, logical // 2)


def _linux_cores(allowed: set[int], root: Path = Path("/sys/devices/system/cpu")) -> int:
    cores: set[str] = set()
    for cpu in allowed:
        try:
            cores.add((root / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip())
        except OSError:
            return 0
    return len(cores)


def _mac_cores() -> int:
    # Performance cores only: a step waits for its slowest thread.
    for name in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
        answer = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip().isdigit():
            return int(answer.stdout)
    return 0
