"""The commands by their names, each imported when it is asked for: `usage` need not wait for what `serve` imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


class LazyCommands(MutableMapping[str, Any]):
    """Name → command, as a group of typer's holds them. `places` has `module` or `module:attribute` for each name;
    the attribute, by default named like the module's last part, is a function or a typer application."""

    def __init__(self, places: Mapping[str, str], made: Mapping[str, Any]) -> None:
        self._places = dict(places)
        self._made = dict(made)

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, _, attribute = self._places[name].partition(":")
            found = getattr(import_module(module), attribute or module.rpartition(".")[2])
            if not isinstance(found, typer.Typer):
                app = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
                app.command(name)(found)
                found = app
            self._made[name] = get_command(found)
            self._made[name].name = name
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError("The commands are as they are.")

    def __iter__(self) -> Iterator[str]:
        yield from self._places
        yield from (name for name in self._made if name not in self._places)

    def __len__(self) -> int:
        return len(set(self._places) | set(self._made))


def lazy_group(places: Mapping[str, str]) -> type[TyperGroup]:
    """The class of a group that has these commands beside those that are registered with it: `typer.Typer(cls=)`."""

    class LazyGroup(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.commands = LazyCommands(places, self.commands)

        def list_commands(self, ctx: Any) -> list[str]:
            return list(self.commands)

    return LazyGroup
