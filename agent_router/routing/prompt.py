"""A request as the decision reads it, whatever dialect it came in. Each dialect's folder in `wire/` makes one."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

Role = Literal["user", "assistant", "tool"]


class Turn(NamedTuple):
    """What one side said. A message that holds tool results and text is one turn of "tool" and one of "user"."""

    role: Role
    text: str


class Prompt(Struct, frozen=True, kw_only=True):
    """What is asked, in order.

    `system` is all that stands before the first turn in system, developer or instruction messages; `tools` the names
    offered, in their order; `schema` the top-level field names of the answer's schema; `structured` whether JSON is
    asked for; `tools_forbidden` whether tools are offered but may not be called; `forced_tool` the one that must be, by
    its name or because a call is demanded and there is no other; `images` whether there is anything but text;
    `output_limit` in tokens; `opaque` whether it holds text that cannot be read here, such as tokens; `session` what
    the body says of the conversation that it belongs to, and `agent` of the program that sends it.
    """

    system: str = ""
    turns: tuple[Turn, ...] = ()
    tools: tuple[str, ...] = ()
    schema: tuple[str, ...] = ()
    structured: bool = False
    tools_forbidden: bool = False
    forced_tool: str | None = None
    images: bool = False
    output_limit: int | None = None
    opaque: bool = False
    session: str = ""
    agent: str = ""

    @property
    def acts(self) -> bool:
        """Whether the model may call a tool."""
        return bool(self.tools) and not self.tools_forbidden
