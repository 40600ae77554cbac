"""TOML, by way of tomlkit, which keeps every comment and blank."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from agent_router.settings_files.place import MISSING, Item, Place, SettingsFormatError


class TomlText:
    """A TOML text that can be edited. SettingsFormatError if it is none. Places have no items of lists here."""

    def __init__(self, text: str) -> None:
        self._bom = text[:1] if text.startswith("\ufeff") else ""
        try:
            self._document = tomlkit.parse(text.removeprefix("\ufeff"))
        except TOMLKitError as error:
            raise SettingsFormatError(str(error)) from None

    @property
    def text(self) -> str:
        return self._bom + tomlkit.dumps(self._document)

    def get(self, place: Place) -> Any:
        node: Any = self._document
        for step in place:
            if not isinstance(node, MutableMapping) or step not in node:
                return MISSING
            node = node[step]
        return node.unwrap() if hasattr(node, "unwrap") else node

    def raw(self, place: Place) -> str | None:
        value = self.get(place)
        return None if value is MISSING else str(tomlkit.item(value).as_string())

    def put_raw(self, place: Place, raw: str) -> None:
        self.set(place, tomlkit.value(raw).unwrap())

    def set(self, place: Place, value: Any) -> None:
        if self.get(place) == value:
            return
        node: Any = self._document
        for depth, step in enumerate(place[:-1]):
            if step not in node:
                # A table that holds only tables needs no head of its own.
                node[step] = tomlkit.table(is_super_table=isinstance(value, dict) or depth < len(place) - 2)
            node = node[step]
            if not isinstance(node, MutableMapping):
                raise SettingsFormatError(f"{'.'.join(str(name) for name in place[: depth + 1])} is no table")
        name = place[-1]
        if isinstance(name, Item):
            raise SettingsFormatError("lists of tables are not edited here")
        if isinstance(value, dict):
            table = tomlkit.table()
            for key, inner in value.items():
                table[key] = inner
            value = table
        node[name] = value

    def remove(self, place: Place) -> None:
        value = self.get(place)
        if isinstance(value, dict):
            # Line by line: what stands behind a table, such as a comment, belongs to it as tomlkit sees it.
            for name in value:
                self.remove((*place, name))
            head = re.escape(".".join(tomlkit.key(str(step)).as_string() for step in place))
            text, count = re.subn(
                rf"^\[{head}\][ \t]*(?:\r?\n|\Z)", "", tomlkit.dumps(self._document), flags=re.MULTILINE
            )
            if count:
                self._document = tomlkit.parse(text)
                return
        node: Any = self._document
        for step in place[:-1]:
            if not isinstance(node, MutableMapping) or step not in node:
                return
            node = node[step]
        if isinstance(node, MutableMapping) and place[-1] in node:
            del node[str(place[-1])]
