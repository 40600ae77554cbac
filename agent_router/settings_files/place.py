"""Where a value stands in a settings file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Any = _Missing()


@dataclass(frozen=True)
class Item:
    """The entry of a list in which `key` has this value: `Item("id", "auto")`; a key in a table in it: `"match.model"`.
    With no key: the entry that is this value. first: in YAML, where it is added it goes before the others.
    """

    key: str
    value: str
    first: bool = field(default=False, compare=False)

    def names(self, entry: Any) -> bool:
        """Whether this entry of a list, as plain data, is the one."""
        for step in self.key.split(".") if self.key else ():
            entry = entry.get(step) if isinstance(entry, dict) else None
        return bool(entry == self.value)


Place = tuple[str | Item, ...]


def words(place: Place) -> str:
    """A place as people read it."""
    return ".".join(step if isinstance(step, str) else f"[{step.key}={step.value}]" for step in place) or "the file"


class SettingsFormatError(ValueError):
    """The file is not what its format demands, or something else stands where a table or a list was expected."""


class SettingsText(Protocol):
    """A settings file's text in one format."""

    @property
    def text(self) -> str:
        """The text as it is now."""

    def get(self, place: Place) -> Any:
        """The value there as plain data, or MISSING. The empty place is all of it; MISSING where it holds no tables."""

    def raw(self, place: Place) -> str | None:
        """The value there as it is written, or None."""

    def set(self, place: Place, value: Any) -> None:
        """Put a value there; tables and lists on the way are made. SettingsFormatError if one of them is neither."""

    def put_raw(self, place: Place, raw: str) -> None:
        """Put back what `raw` returned. The place must be there."""

    def remove(self, place: Place) -> None:
        """Take the value out, and its name; no error if it is not there."""


def nested(place: Place, value: Any) -> Any:
    """A value within the tables and lists that lead to it."""
    for step in reversed(place):
        value = [value] if isinstance(step, Item) else {step: value}
    return value
