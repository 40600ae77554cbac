"""The effective configuration, and where each value comes from; keys in the clear are masked."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, SecretStr

from agent_router.config import Configuration


def effective_settings(loaded: Configuration) -> dict[str, Any]:
    """It as an object: `file`, `file_exists`, `data` (the folder), `values` by dotted key, each with `value` and
    `origin`, and `warnings`."""
    return {
        "file": str(loaded.path),
        "file_exists": loaded.path.is_file(),
        "data": str(loaded.data),
        "values": {key: {"value": value, "origin": origin} for key, value, origin in effective_rows(loaded)},
        "warnings": loaded.warnings,
    }


def effective_rows(loaded: Configuration) -> list[tuple[str, Any, str]]:
    """Dotted key, value, origin; keys in the clear are masked."""
    rows: list[tuple[str, Any, str]] = []

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, BaseModel):
            for name in type(value).model_fields:
                walk(f"{prefix}.{name}" if prefix else name, getattr(value, name))
        elif isinstance(value, dict):
            for name, item in value.items():
                walk(f"{prefix}.{name}", item)
        else:
            rows.append((prefix, plain(value), loaded.origins.get(prefix, "default")))

    walk("", loaded.settings)
    return rows


def plain(value: Any) -> Any:
    """A value as JSON has it; a key is masked."""
    if isinstance(value, SecretStr):
        return "set (hidden)"
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
