"""YAML, edited where PyYAML says that a value stands; comments and the writer's own form stay.

Tables and lists are found in every form, and what is added to them is added in theirs: as a block, or in braces.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from agent_router.settings_files.place import MISSING, Item, Place, SettingsFormatError, nested


class YamlText:
    """A YAML text of one document that can be edited. SettingsFormatError if it is none. An empty one becomes a table
    or a list by what is put in."""

    def __init__(self, text: str) -> None:
        self._bom = text[:1] if text.startswith("\ufeff") else ""
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._take(text.removeprefix("\ufeff"))
        if self._root is not None and not isinstance(self._root, (yaml.MappingNode, yaml.SequenceNode)):
            raise SettingsFormatError("it holds neither a table nor a list")

    def _take(self, text: str) -> None:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            raise SettingsFormatError(str(error).replace("\n", " ")) from None
        self._text = text
        self._nothing = (0, 0)
        if root is not None and _is_null(root):
            self._nothing = (root.start_mark.index, root.end_mark.index)
            root = None
        self._root = root

    @property
    def text(self) -> str:
        return self._bom + self._text

    def get(self, place: Place) -> Any:
        node = self._find(place)
        if node is None:
            return MISSING if place else None
        return _value(node)

    def raw(self, place: Place) -> str | None:
        node = self._find(place)
        return None if node is None else self._text[node.start_mark.index : _end(node, self._text)]

    def put_raw(self, place: Place, raw: str) -> None:
        node = self._find(place)
        if node is not None:
            self._splice(node.start_mark.index, _end(node, self._text), raw)

    def set(self, place: Place, value: Any) -> None:
        if self.get(place) == value:
            return
        node = self._root
        for depth, step in enumerate(place):
            wanted = yaml.SequenceNode if isinstance(step, Item) else yaml.MappingNode
            if depth and node is not None and _is_null(node):
                self._replace(node, nested(place[depth:], value))
                return
            if node is not None and not isinstance(node, wanted):
                raise SettingsFormatError("a table or a list was expected in another place")
            inner = None if node is None else _child(node, step)
            if inner is None:
                self._insert(node, step, nested(place[depth + 1 :], value))
                return
            node = inner
        assert node is not None
        self._replace(node, value)

    def remove(self, place: Place) -> None:
        parent = self._find(place[:-1]) if len(place) > 1 else self._root
        node = self._find(place)
        if node is None or parent is None:
            return
        if getattr(parent, "flow_style", False):
            self._cut_from_flow(parent, node)
            return
        if len(parent.value) == 1 and (parent is not self._root or isinstance(parent, yaml.SequenceNode)):
            self._replace(parent, [] if isinstance(parent, yaml.SequenceNode) else {})
            return
        self._cut(self._start(parent, place[-1]), _end(node, self._text))

    def _cut_from_flow(self, parent: yaml.Node, node: yaml.Node) -> None:
        pairs = [pair if isinstance(pair, tuple) else (pair, pair) for pair in parent.value]
        spans = [(key.start_mark.index, _end(value, self._text)) for key, value in pairs]
        index = next(index for index, (_, value) in enumerate(pairs) if value is node)
        start, end = spans[index]
        if index + 1 < len(spans):
            end = spans[index + 1][0]
        elif index:
            start = spans[index - 1][1]
        else:
            end += len(self._text[end:]) - len(re.sub(r"^\s*,", "", self._text[end:]))
        self._splice(start, end, "")

    def _start(self, parent: yaml.Node, step: str | Item) -> int:
        if isinstance(parent, yaml.MappingNode):
            return next(int(key.start_mark.index) for key, _ in parent.value if key.value == step)
        child = _child(parent, step)
        assert child is not None
        return self._text.rindex("-", 0, child.start_mark.index)

    def _cut(self, start: int, end: int) -> None:
        """Take out whole lines."""
        start = self._text.rfind("\n", 0, start) + 1
        newline = self._text.find("\n", end)
        self._splice(start, len(self._text) if newline < 0 else newline + 1, "")

    def _splice(self, start: int, end: int, text: str) -> None:
        self._take(self._text[:start] + text + self._text[end:])

    def _find(self, place: Place) -> yaml.Node | None:
        node = self._root
        for step in place:
            node = None if node is None else _child(node, step)
        return node

    def _replace(self, node: yaml.Node, value: Any) -> None:
        start, end = node.start_mark.index, _end(node, self._text)
        if not isinstance(value, (dict, list)) or not value:
            own_line = not self._text[self._text.rfind("\n", 0, start) + 1 : start].strip(" ")
            # A list may stand as far left as its name; what takes its place may not, nor close to the colon.
            close = self._text[start - 1 : start] == ":"
            self._splice(start, end, ("  " if own_line and node is not self._root else " " * close) + _flow(value))
            return
        line = self._text[self._text.rfind("\n", 0, start) + 1 : start]
        indent = " " * (len(line) - len(line.lstrip(" ")))
        if not line.strip() or node is self._root:
            block = self._block(value, indent).lstrip(" ")
            self._splice(start, end, block.rstrip("\r\n"))
            return
        while start and self._text[start - 1] == " ":
            start -= 1
        self._splice(start, end, self._newline + self._block(value, indent + "  ").rstrip("\r\n"))

    def _insert(self, node: yaml.Node | None, step: str | Item, value: Any) -> None:
        added: Any = [value] if isinstance(step, Item) else {step: value}
        if node is None:
            start, end = self._nothing
            self._text = self._text[:start] + self._text[end:]
            self._append(len(self._text), self._block(added, ""))
        elif not node.value:
            try:
                self._replace(node, added)
            except SettingsFormatError:  # it stands in braces itself
                self._splice(node.start_mark.index, node.end_mark.index, _flow(added))
        elif getattr(node, "flow_style", False):
            shown = json.dumps(added, ensure_ascii=False)  # which what is in braces often is
            shown = (shown if shown.isascii() and shown.isprintable() else _flow(added))[1:-1]
            if isinstance(step, Item) and step.first:
                at = node.value[0].start_mark.index
                self._splice(at, at, f"{shown}, ")
            else:
                last = node.value[-1]
                at = _end(last[1] if isinstance(last, tuple) else last, self._text)
                self._splice(at, at, f", {shown}")
        else:
            first = node.value[0][0] if isinstance(node, yaml.MappingNode) else node.value[0]
            at = first.start_mark.index
            if isinstance(node, yaml.SequenceNode):
                at = self._text.rindex("-", 0, at)
            indent = self._text[self._text.rfind("\n", 0, at) + 1 : at]
            if isinstance(step, Item) and step.first:
                self._append(at - len(indent), self._block(added, re.sub(r"[^ ]", " ", indent)))
                return
            shown = self._block(added, re.sub(r"[^ ]", " ", indent))
            if node is self._root:  # at the very end: what stands last may be another name for something before
                self._append(int(node.end_mark.index), shown)
                return
            end = self._text.find("\n", _end(node, self._text))
            self._append(len(self._text) if end < 0 else end + 1, shown)

    def _append(self, at: int, block: str) -> None:
        before = self._text[:at]
        start = self._newline if before and not before.endswith("\n") else ""
        self._splice(at, at, start + block)

    def _block(self, value: Any, indent: str) -> str:
        dumped = _dumped(value, flow=False)
        return "".join(f"{indent}{line}{self._newline}" for line in dumped.splitlines())


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _child(node: yaml.Node, step: str | Item) -> yaml.Node | None:
    if isinstance(step, Item):
        if isinstance(node, yaml.SequenceNode):
            entry: yaml.Node
            for entry in node.value:
                named = _child(entry, step.key)
                if named is not None and named.value == step.value:
                    return entry
        return None
    if isinstance(node, yaml.MappingNode):
        value: yaml.Node
        for key, value in node.value:
            if key.value == step:
                return value
    return None


def _end(node: yaml.Node, text: str) -> int:
    """Where what is written of a node ends: PyYAML's own mark of a block stands before what comes next."""
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last, text)
    end = int(node.end_mark.index)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return len(text[:end].rstrip())
    return end


class _Loader(yaml.SafeLoader):
    """Takes values with tags of a program's own as they are written."""

    def other(self, tag: str, node: yaml.Node) -> Any:
        return tag, node.value if isinstance(node, yaml.ScalarNode) else yaml.serialize(node)


_Loader.add_multi_constructor("", _Loader.other)


def _value(node: yaml.Node) -> Any:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise SettingsFormatError(str(error).replace("\n", " ")) from None
    finally:
        loader.dispose()


def _flow(value: Any) -> str:
    return _dumped(value, flow=True).removesuffix("...\n").strip()


def _dumped(value: Any, *, flow: bool) -> str:
    for readable in (True, False):  # it takes some line ends of other alphabets for letters, and then loses them
        shown = str(yaml.safe_dump(value, sort_keys=False, default_flow_style=flow, allow_unicode=readable, width=1000))
        if yaml.safe_load(shown) == value:
            break
    return shown
