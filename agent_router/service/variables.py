"""The service's file of variables: a service sees nothing of what a shell has set.

What the installation writes stands in a block of its own; the lines around it are the user's, and go before it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from agent_router import env_file
from agent_router.config import PRESETS
from agent_router.paths import PREFIX
from agent_router.settings import Settings

CARRIED = (PREFIX + "CONFIG", PREFIX + "DATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
"""Variables that say where things lie: without them the service would look elsewhere than the user's shell."""

_BEGIN = "# >>> agent-router service install"
_END = "# <<< agent-router service install"
_WORDS = """\
# The service sees these variables and not your shell's. Yours go outside of these marks: NAME=value, one a line.
"""


class Variables(NamedTuple):
    """The file in three parts: `ours`, by name, and the user's text `before` and `after` it. `written`: whether the
    installation has ever written to it."""

    before: str
    ours: dict[str, str]
    after: str
    written: bool = True

    @property
    def text(self) -> str:
        """The file's content."""
        return self.before + self._block(self.ours) + self.after

    @property
    def shown(self) -> str:
        """The content for a person to look at: no value that may be a key, and of the user's own lines only that they
        are there."""
        kept = {name: value if name in CARRIED else "(hidden)" for name, value in self.ours.items()}
        lines = [self._own(self.before), self._block(kept), self._own(self.after)]
        return "".join(lines)

    @property
    def rest(self) -> str:
        """The user's own text, as it is without our block."""
        rest = self.before + self.after
        return rest if rest.strip() else ""

    @property
    def seen(self) -> dict[str, str]:
        """All that the service sees, by name; the last word on a name counts."""
        return env_file.parse(self.text)

    @staticmethod
    def _block(ours: Mapping[str, str]) -> str:
        lines = "".join(env_file.line(name, value) + "\n" for name, value in ours.items())
        return f"{_BEGIN}\n{_WORDS}{lines}{_END}\n"

    @staticmethod
    def _own(text: str) -> str:
        count = sum(bool(line.strip()) for line in text.splitlines())
        return f"# ({count} line{'' if count == 1 else 's'} of your own, which stay as they are)\n" if count else ""


def read(text: str) -> Variables:
    """The parts of a file's content; all of it is the user's where there is no block."""
    before, begin, rest = text.partition(_BEGIN + "\n")
    block, end, after = rest.partition(_END + "\n")
    if not begin or not end:
        return Variables("", {}, text, written=False)
    return Variables(before, env_file.parse(block), after)


def carried(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `CARRIED` that are set, as absolute paths."""
    found = {name: environment.get(name, "").strip() for name in CARRIED}
    return {name: os.path.abspath(os.path.expanduser(path)) for name, path in found.items() if path}


def needed_keys(settings: Settings) -> list[str]:
    """The variables that the router reads keys from: of its upstreams and of its callers. With no upstream, those which
    would make one."""
    named = [upstream.key_env for upstream in settings.upstreams.values()]
    if not settings.upstreams:
        named = [preset["key_env"] for preset in PRESETS.values()]
    return list(dict.fromkeys(name for name in (*named, settings.server.api_key_env) if name))


def unseen(environment: Mapping[str, str], seen: Mapping[str, str], keys: list[str]) -> list[str]:
    """The router's own settings that this environment has and the service will not."""
    ours = (name for name in environment if name.upper().startswith(PREFIX) and environment[name].strip())
    return sorted(name for name in ours if name not in seen and name not in keys and name != PREFIX + "URL")
