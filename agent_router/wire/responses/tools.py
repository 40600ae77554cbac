"""The tools of a body, and the choice among them: what makes them invalid, and what a name means.

Other dialects know no namespaces. A tool that is in one is told to them by a name with both in it, and its calls get
both back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from agent_router.wire.loose import mapping, sequence, string
from agent_router.wire.responses.checks import check, invalid, missing

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
    for i, tool in enumerate(tools):
        here = f"{at}[{i}]"
        check(tool, dict, here, required=True)
        kind = tool.get("type")
        check(kind, str, f"{here}.type", required=True)
        if kind in CALLABLE or kind == "namespace":
            name = tool.get("name")
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise invalid(f"{here}.name", f"{here}.name must be letters, digits, '_', '-' or '.', at most 128.")
            check(tool.get("description"), str, f"{here}.description")
        if kind == "function":
            check(tool.get("parameters"), dict, f"{here}.parameters")
            check(tool.get("strict"), bool, f"{here}.strict")
        elif kind == "custom":
            _check_format(tool.get("format"), f"{here}.format")
        elif kind == "namespace":
            check(tool.get("tools"), list, f"{here}.tools", required=True)
            check_tools(tool["tools"], f"{here}.tools")


def _check_format(form: Any, at: str) -> None:
    check(form, dict, at)
    if mapping(form).get("type") == "grammar":
        for field in ("syntax", "definition"):
            check(form.get(field), str, f"{at}.{field}", required=True)


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
    kind = choice.get("type")
    check(kind, str, "tool_choice.type", required=True)
    if kind in CALLABLE:
        _check_named(choice, tools, "tool_choice", closed=closed)
    elif kind == "allowed_tools":
        if choice.get("mode") is None:
            raise missing("tool_choice.mode")
        if choice["mode"] not in ("auto", "required"):
            raise invalid("tool_choice.mode", "'tool_choice.mode' must be auto or required.")
        check(choice.get("tools"), list, "tool_choice.tools", required=True)
        for i, tool in enumerate(choice["tools"]):
            at = f"tool_choice.tools[{i}]"
            check(tool, dict, at, required=True)
            check(tool.get("type"), str, f"{at}.type", required=True)
            if tool["type"] in CALLABLE:
                _check_named(tool, tools, at, closed=closed)


def _check_named(named: dict[str, Any], tools: list[Tool], at: str, *, closed: bool) -> None:
    check(named.get("name"), str, f"{at}.name", required=True)
    if closed and not meant(offered(tools), named["name"]):
        said = f"'{at}' names a tool that is not among 'tools': {named['name'][:80]!r}."
        raise invalid(at, said)
