"""What can go wrong between us and a server, below what it says."""

from __future__ import annotations


class ConnectError(Exception):
    """No connection; the words go on from the upstream's name."""


class BrokenError(Exception):
    """The connection ended, or was closed, before the answer was whole."""


class NotHttpError(Exception):
    """What came is no HTTP, or in an encoding that was not asked for; the words say what is wrong with it."""
