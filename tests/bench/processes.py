"""What the operating system says of a process and its children: memory, CPU time. Linux only; else None."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_FIRST = -15
_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def go_first() -> None:
    """This process, and what it starts, go before the machine's other work. PermissionError without the right.

    Where Linux groups processes by session (autogroup), a process's own priority says nothing against other
    sessions; the group has one too.
    """
    os.setpriority(os.PRIO_PROCESS, 0, _FIRST)
    group = _PROC / "self/autogroup"
    if group.exists():
        group.write_text(str(_FIRST))


def step_back() -> None:
    """Undoes for the session what `go_first` did; the process's own priority ends with it."""
    group = _PROC / "self/autogroup"
    if group.exists():
        group.write_text("0")


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
