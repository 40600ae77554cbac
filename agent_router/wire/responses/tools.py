"""The tools of a body, and the choice among them: what makes them invalid, and what a name means.

Other dialects know no namespaces. A tool that is in one is told to them by a name with both in it, and its calls get
both back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses.checks import check, check_objects, invalid, missing

Tool = dict[str, Any]
NAMESPACE = "__"
"""Between a namespace and a tool's name, where a model knows no namespaces."""
CALLABLE = frozenset({"function", "custom"})
"""The kinds of tools that the caller runs and every model can call."""
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


def flat(namespace: str | None, name: str) -> str:
    """A tool's name with its namespace in it."""
    return f"{namespace}{NAMESPACE}{name}" if namespace else name


def offered(tools: Iterable[Any]) -> list[tuple[str | None, Tool]]:
    """The tools that the caller runs, each with the namespace that it is in."""
    found: list[tuple[str | None, Tool]] = []
    for tool in map(mapping, tools):
        if tool.get("type") in CALLABLE:
            found.append((None, tool))
        elif tool.get("type") == "namespace":
            inner = map(mapping, sequence(tool.get("tools")))
            found += [(string(tool.get("name")), each) for each in inner if each.get("type") in CALLABLE]
    return found


def spaces(tools: Iterable[Any]) -> dict[str, tuple[str, str]]:
    """What the flat names of tools in namespaces stand for: the namespace, and the name in it."""
    return {flat(space, tool["name"]): (space, tool["name"]) for space, tool in offered(tools) if space}


def meant(tools: Iterable[tuple[str | None, Tool]], name: str) -> list[str]:
    """The flat names of the tools that `name` may mean: the tool of that very name, else those within namespaces."""
    known = [(flat(space, tool["name"]), tool["name"]) for space, tool in tools]
    if any(each == name for each, _ in known):
        return [name]
    return [each for each, bare in known if bare == name]


def check_tools(tools: list[Any], at: str) -> None:
    """ApiError 400 names the field and what is wrong with it. Tools that are not known here may be anything."""
    check_objects(tools, at)
    for i, tool in enumerate(tools):
        here = f"{at}[{i}]"
        check(tool, "type", str, here, required=True)
        kind = tool["type"]
        if kind in CALLABLE or kind == "namespace":
            name = tool.get("name")
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise invalid(f"{here}.name", f"{here}.name must be letters, digits, '_', '-' or '.', at most 128.")
            check(tool, "description", str, here)
        if kind == "function":
            check(tool, "parameters", dict, here)
            check(tool, "strict", bool, here)
        elif kind == "custom":
            check(tool, "format", dict, here)
            form = mapping(tool.get("format"))
            for field in ("syntax", "definition") if form.get("type") == "grammar" else ():
                check(form, field, str, f"{here}.format", required=True)
        elif kind == "namespace":
            check(tool, "tools", list, here, required=True)
            check_tools(tool["tools"], f"{here}.tools")


def check_choice(choice: Any, tools: list[Tool], *, closed: bool) -> None:
    """ApiError 400 for a choice that is none. `closed`: the tools are all that there can be."""
    if choice is None:
        return
    if isinstance(choice, str):
        if choice not in ("none", "auto", "required"):
            said = f"'tool_choice' must be none, auto, required or an object, not {choice[:40]!r}."
            raise invalid("tool_choice", said)
        if choice == "required" and not tools and closed:
            raise invalid("tool_choice", "'tool_choice' is 'required', but no tools are offered.")
        return
    check(choice, "type", str, "tool_choice", required=True)
    kind = choice["type"]
    if kind in CALLABLE:
        _check_named(choice, tools, "tool_choice", closed=closed)
    elif kind == "allowed_tools":
        if choice.get("mode") is None:
            raise missing("tool_choice.mode")
        if choice["mode"] not in ("auto", "required"):
            raise invalid("tool_choice.mode", "'tool_choice.mode' must be auto or required.")
        check(choice, "tools", list, "tool_choice", required=True)
        check_objects(choice["tools"], "tool_choice.tools")
        for i, tool in enumerate(choice["tools"]):
            at = f"tool_choice.tools[{i}]"
            check(tool, "type", str, at, required=True)
            if tool["type"] in CALLABLE:
                _check_named(tool, tools, at, closed=closed)


def _check_named(named: dict[str, Any], tools: list[Tool], at: str, *, closed: bool) -> None:
    check(named, "name", str, at, required=True)
    if closed and not meant(offered(tools), named["name"]):
        said = f"'{at}' names a tool that is not among 'tools': {named['name'][:80]!r}."
        raise invalid(at, said)
