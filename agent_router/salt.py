"""The salt of this installation's hashes."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

log = logging.getLogger("agent_router")

_BYTES = 32


def installation_salt(data: Path) -> bytes:
    """The installation's salt for hashes in the ledger: made once, kept beside it, for this user's eyes only."""
    path = data / "salt"
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists() or path.stat().st_size != _BYTES:  # one of another length is what a full disk left
            _write(path)
        salt = path.read_bytes()
    except OSError as error:
        log.warning("Families get new names with each start: %s cannot be kept (%s).", path, error.strerror)
        salt = b""
    return salt if len(salt) == _BYTES else secrets.token_bytes(_BYTES)


def _write(path: Path) -> None:
    """Whole or not at all, and not over one that another process has just made."""
    made = path.with_name(f"salt.{os.getpid()}")
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and path.stat().st_size == _BYTES:
            return
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
