"""A model family, and the reviewed YAML files that list them.

A file looks like this; a user's own file has the same shape, and may leave out what is marked optional:

    reviewed: 2026-11-21            # the day somebody last checked the file
    labs:
      - lab: mistral                # slug
        name: Mistral AI            # optional
        country: FR                 # ISO 3166-1 alpha-2, ZZ if it has none; optional
        families:
          - slug: mistral-7b
            name: Mistral 7B        # optional
            access: open            # see Access
            licence: Apache-2.0     # optional
            released: 2023-09-27    # or 2023-09, or 2023; optional
            evidence: https://...   # the model card, repository or announcement; optional
            note: ...               # optional
            patterns: [mistral-7b]  # see agent_models.catalogue.model_name
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import msgspec

from agent_models.catalogue.model_name import Pattern, read_pattern
from agent_models.errors import ModelError

Access = Literal["open", "open-restricted", "open-noncommercial", "api", "unreleased", "unknown"]
"""Epoch AI's classes: open weights (unrestricted), (restricted use), (non-commercial); hosted access / API only;
unreleased; unknown."""
Openness = Literal["open", "closed", "unknown"]

_OPENNESS: Final[dict[str, Openness]] = {
    "open": "open",
    "open-restricted": "open",
    "open-noncommercial": "open",
    "api": "closed",
    "unreleased": "closed",
    "unknown": "unknown",
}
_Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.\-]{0,63}$")]
_Date = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$")]


class CatalogueError(ModelError):
    """A catalogue file cannot be used. The message names the file, the line, and what is wrong there."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A family of models that share a licence. Empty strings are what nobody has stated.

    `country` is where the lab sits (ISO 3166-1 alpha-2). `released` is the day of the first weights or the first
    API access, as exact as it is known (`2026-03-05`, `2026-03` or `2026`). `evidence` is a URL. `source` is the
    name of the file that lists the family.
    """

    slug: str
    name: str
    lab: str
    lab_name: str
    country: str
    access: Access
    licence: str
    released: str
    evidence: str
    note: str
    patterns: tuple[Pattern, ...]
    source: str

    @property
    def openness(self) -> Openness:
        """Open if the weights can be downloaded, under whatever licence."""
        return _OPENNESS[self.access]


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: _Slug
    access: str
    patterns: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    name: str = ""
    licence: str = ""
    released: _Date = ""
    evidence: str = ""
    note: str = ""


class _Lab(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lab: _Slug
    families: tuple[dict[str, Any], ...]
    name: str = ""
    country: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{2})?$")] = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    labs: tuple[dict[str, Any], ...]
    reviewed: _Date = ""


def read_families(path: Path) -> tuple[str, list[Family]]:
    """Read one catalogue file: the day of its review and its families, in the file's order.

    Raises:
        CatalogueError: the file cannot be read, is no YAML, or an entry in it is not as described above.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: the catalogue file cannot be read: {error}") from error
    return families_in(text, path)


def families_in(text: str, path: Path) -> tuple[str, list[Family]]:
    """The same of a text that stands, or is to stand, at `path`."""
    import yaml  # here: reading what is compiled does not need it

    # Strings only: a country `NO` or a version `3.10` must not turn into False or 3.1. In C where PyYAML has it.
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        content = yaml.load(text, Loader=loader)  # noqa: S506 - the base loader makes strings, lists and dicts only
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        where = f", line {min(mark.line, text.count(chr(10), 0, -1)) + 1}" if mark else ""
        raise CatalogueError(f"{path}{where}: this is not valid YAML: {problem}") from error
    place: list[str | int] = []
    try:
        return _families(content if content else {"labs": []}, path.name, place)
    except (msgspec.ValidationError, ValueError) as error:
        raise CatalogueError(f"{path}, line {_line(text, place)}: {error}") from error


def _families(content: object, source: str, place: list[str | int]) -> tuple[str, list[Family]]:
    """The families in a parsed file. `place` is kept at the path of the node being read, for the error's line."""
    file = msgspec.convert(content, _File)
    families = []
    for i, raw_lab in enumerate(file.labs):
        place[:] = ["labs", i]
        lab = msgspec.convert(raw_lab, _Lab)
        for j, raw_entry in enumerate(lab.families):
            place[:] = ["labs", i, "families", j]
            entry = msgspec.convert(raw_entry, _Entry)
            if entry.access not in get_args(Access):
                raise ValueError(f"access is {entry.access!r}; it must be one of {', '.join(get_args(Access))}")
            families.append(
                Family(
                    slug=entry.slug,
                    name=entry.name or entry.slug,
                    lab=lab.lab,
                    lab_name=lab.name or lab.lab,
                    country=lab.country,
                    access=entry.access,  # type: ignore[arg-type]  # checked two lines above
                    licence=entry.licence,
                    released=entry.released,
                    evidence=entry.evidence,
                    note=entry.note,
                    patterns=tuple(read_pattern(pattern) for pattern in entry.patterns),
                    source=source,
                )
            )
    return file.reviewed, families


def _line(text: str, place: Sequence[str | int]) -> int:
    """The line, from 1, of the node at `place` in a YAML text; the deepest node that is there."""
    import yaml

    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step : step + 1]
        else:
            break
        if not found:
            break
        node = found[0]
    return node.start_mark.line + 1 if node else 1
