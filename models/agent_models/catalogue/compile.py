"""Makes `reviewed.json` of the reviewed YAML files: `python -m agent_models.catalogue.compile`.

The YAML is what people read and change; reading it takes 45 ms, which every command would pay. The JSON holds the same
families with their patterns cut into words already, one a line, and is read in a few.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent_models.catalogue.family import read_families
from agent_models.catalogue.reviewed import COMPILED


def sources() -> list[Path]:
    """The reviewed files, in the order in which they count."""
    return sorted(COMPILED.parent.glob("*.yaml"))


def compiled() -> bytes:
    """What `reviewed.json` has to hold. CatalogueError if a reviewed file cannot be used."""
    read = [read_families(path) for path in sources()]
    families = [msgspec.json.encode(family) for _, found in read for family in found]
    reviewed = msgspec.json.encode(max((day for day, _ in read), default=""))
    # One family a line, so that a change of one is a change of one line.
    return b'{"reviewed":' + reviewed + b',"families":[\n' + b",\n".join(families) + b"\n]}\n"


def main() -> None:
    """Write it."""
    COMPILED.write_bytes(compiled())


if __name__ == "__main__":
    main()
