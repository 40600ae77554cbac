"""What a scripted upstream can do next on a connection. Plain ``bytes`` mean: write these."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for some time, while the connection stays open."""

    seconds: float


class Act(enum.Enum):
    """A step without a parameter."""

    FLUSH = "give what was written to the kernel before writing more"
    HANG = "never go on; the connection stays open until the client leaves"
    CLOSE = "close cleanly (FIN) once everything is written"
    RESET = "close with a TCP reset once everything is written"
    STOP_READING = "leave whatever else the client sends in the kernel"


Step = bytes | Pause | Act
