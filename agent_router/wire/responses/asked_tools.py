"""The tools of a responses body, and the choice among them, as other dialects can be told of them.

A name in `tool_choice` may be any tool's, whatever kind of tool it is said to be.
"""

from __future__ import annotations

from typing import Any, Literal

from agent_models.completion import FreeText, NamedTool, Tool
from agent_router.errors import ApiError
from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses import tools as given
from agent_router.wire.responses.checks import inexpressible, invalid
from agent_router.wire.responses.tools import CALLABLE, flat, meant, offered

Choice = Literal["auto", "none", "required"] | NamedTool
Offered = list[tuple[str | None, given.Tool]]


def asked_tools(
    tools: list[given.Tool], additional: list[given.Tool], choice: str | dict[str, Any] | None
) -> tuple[tuple[Tool, ...], Choice, tuple[str, ...] | None]:
    """The tools, which is to be called, and the names of those that may be, if not all may. ApiError 400 where only the
    tools that are left out here could be."""
    found = offered(tools)
    known = {flat(space, tool["name"]) for space, tool in found}
    if len(known) < len(found):
        names = [flat(space, tool["name"]) for space, tool in found]
        twice = next(name for name in names if names.count(name) > 1)
        raise inexpressible("tools", f"Two tools would both be told to this model as {twice[:160]!r}; rename one.")
    more = {tool["name"]: tool for tool in additional if tool["type"] in CALLABLE and tool["name"] not in known}
    found += [(None, tool) for tool in more.values()]
    chosen, allowed = _choice(choice, found)
    return tuple(_tool(flat(space, tool["name"]), tool) for space, tool in found), chosen, allowed


def _tool(name: str, tool: given.Tool) -> Tool:
    description = string(tool.get("description"))
    if tool["type"] == "function":
        return Tool(name, description, tool.get("parameters"), tool.get("strict"))
    form = mapping(tool.get("format"))
    free = FreeText(form.get("syntax"), form.get("definition")) if form.get("type") == "grammar" else FreeText()
    return Tool(name, description, custom=free)


def _choice(choice: str | dict[str, Any] | None, tools: Offered) -> tuple[Choice, tuple[str, ...] | None]:
    if isinstance(choice, dict):
        kind = choice["type"]
        if kind in CALLABLE:
            return NamedTool(_one(choice, tools, "tool_choice")), None
        if kind == "allowed_tools":
            return _allowed(choice, tools)
        raise inexpressible("tool_choice", f"The tool {kind[:40]!r} is one that only OpenAI's models know.")
    if choice == "required" and not tools:
        raise _none_left()
    return "none" if choice == "none" else "required" if choice == "required" else "auto", None


def _allowed(choice: dict[str, Any], tools: Offered) -> tuple[Choice, tuple[str, ...] | None]:
    names: list[str] = []
    for i, tool in enumerate(map(mapping, sequence(choice.get("tools")))):
        if tool["type"] in CALLABLE:
            names.append(_one(tool, tools, f"tool_choice.tools[{i}]"))
        elif tool["type"] == "namespace":
            names += [flat(space, each["name"]) for space, each in tools if space and space == tool.get("name")]
    required = choice["mode"] == "required"
    if names:
        return "required" if required else "auto", tuple(dict.fromkeys(names))
    if required:
        raise _none_left()
    return "none", None


def _one(named: dict[str, Any], tools: Offered, at: str) -> str:
    """The flat name of the tool that is meant."""
    name: str = named["name"]
    found = meant(tools, flat(string(named.get("namespace")), name))
    if len(found) == 1:
        return found[0]
    if not found:
        raise invalid(at, f"'{at}' names a tool that is not among 'tools': {name[:80]!r}.")
    raise invalid(at, f"'{at}' may mean {' or '.join(found)[:200]}; say which.")


def _none_left() -> ApiError:
    said = "A tool must be called, but all that are offered or allowed are of kinds that only OpenAI's models know."
    return inexpressible("tool_choice", said)
