"""What the operating system says of a process and its children: memory, CPU time. Linux only; else None."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    parents: dict[int, int] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for parent in found:
        found += [child for child, its_parent in parents.items() if its_parent == parent]
    return found


def rss(pid: int) -> float | None:
    """Resident memory of one process in MB."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")), None)


def rss_of_tree(pid: int) -> float | None:
    """Resident memory of a process and its descendants in MB, shared pages counted in each."""
    parts = [rss(each) for each in tree(pid)]
    return sum(part or 0 for part in parts) if any(parts) else None


def cpu_seconds(pid: int) -> float | None:
    """CPU time so far of a process and its living descendants."""
    total = 0.0
    for each in tree(pid):
        try:
            fields = (_PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / _TICK
    return total or None
