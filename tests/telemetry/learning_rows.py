"""Rows of what was learnt, for tests."""

from __future__ import annotations

from typing import Any

from agent_telemetry.learned import FamilyRow, Learned, Move


def family(name: str = "title-0a1b2c3d", **more: Any) -> FamilyRow:
    """A family that has come far."""
    known: dict[str, Any] = {
        "kind": "title",
        "label": "write title",
        "agents": "opencode codex",
        "nodes": "00000000000000aa 00000000000000bb",
        "first_seen": 1_700_000_000.0,
        "last_seen": 1_700_000_100.0,
        "requests": 40,
        "local": 10,
        "escalated": 1,
        "shadowed": 20,
        "rung": "local",
        "mean": 0.97,
        "lower": 0.91,
        "evidence": 25.5,
        "closed_seconds": 1.5,
    }
    return FamilyRow(name=name, **(known | more))


def learned(*families: FamilyRow, **more: Any) -> Learned:
    """Some families, a move and two nodes."""
    rows = families or (family(),)
    move = Move(family=rows[0].name, time=1_700_000_050.0, before="shadow", after="local", why="earned: 0.97")
    known: dict[str, Any] = {
        "moves": (move,),
        "nodes": {"pocket": (("00000000000000aa", 3.0, 4.0, 0.5), ("00000000000000cc", 1.0, 1.0, 0.5))},
        "states": {"estimator pocket": b"\x00\x01"},
    }
    return Learned(families=rows, **(known | more))
