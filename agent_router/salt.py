"""The salt of this installation's hashes."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def installation_salt(data: Path) -> bytes:
    """The installation's salt for hashes in the ledger: made once, kept beside it, for this user's eyes only."""
    path = data / "salt"
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        salt = path.read_bytes()
    except OSError:
        salt = b""
    return salt if len(salt) == 32 else secrets.token_bytes(32)
