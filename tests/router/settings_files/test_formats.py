"""Settings files are edited in one place, and every other byte stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import tomlkit
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_router.settings_files.block_text import BlockText
from agent_router.settings_files.env_text import EnvText
from agent_router.settings_files.json_text import JsonText
from agent_router.settings_files.place import MISSING, Item, Place, SettingsFormatError, SettingsText
from agent_router.settings_files.toml_text import TomlText
from agent_router.settings_files.yaml_text import YamlText

JSON5 = """\ufeff// mine
{
\t'models': { /* none yet */ "providers": {"x": {url: 'http://x', n: +1, 'k\\u0041': [1, 2,], }, }, },
\tagents: {"defaults": {"model": "a/b"}}, // the main one
\t"list": [{"id": "one"}, {"id": "two"}]
\t// the end
}
"""
JSON = '{\n    "env": {\n        "A": "1"\n    },\n    "empty": {},\n    "none": []\n}'
TOML = '# mine\nmodel = "gpt-5" # the best\n\n[projects."/x"]\ntrust_level = "trusted"\n\n# end\n'
YAML = """# mine
name: Me   # a name
models:
  - name: one
    model: a/b
    # between
  - {name: two, model: c}

rules: []
prompt: |
  long
    text

last: {a: 1}
"""
ENV = "# mine\nexport A='x y' # one\n\nB=2\nLONG=\"two\nlines\"\n"

CASES: list[tuple[Callable[[str], SettingsText], str, Place]] = [
    (JsonText, JSON5, ("models", "providers", "router")),
    (JsonText, JSON5, ("agents", "defaults", "heartbeat", "model")),
    (JsonText, JSON5, ("agents", "defaults", "model")),
    (JsonText, JSON5, ("list", Item("id", "three"))),
    (JsonText, JSON5, ("list", Item("id", "two"), "more")),
    (JsonText, JSON5, ("list", Item("match.model", "x"))),
    (JsonText, JSON5, ("agents", "allow", Item("", "router/*"))),
    (JsonText, JSON5, ("top",)),
    (JsonText, JSON, ("env", "B")),
    (JsonText, JSON, ("env", "A")),
    (JsonText, JSON, ("none", Item("id", "x"))),
    (JsonText, JSON, ("empty", "a", "b")),
    (JsonText, '{"a":1}', ("b",)),
    (JsonText, '{\r\n  "a": 1\r\n}\r\n', ("b", "c")),
    (TomlText, TOML, ("model",)),
    (TomlText, TOML, ("model_provider",)),
    (TomlText, TOML, ("model_providers", "router")),
    (TomlText, TOML, ("projects", "/x", "other")),
    (YamlText, YAML, ("models", Item("name", "three"))),
    (YamlText, YAML, ("models", Item("name", "zero", first=True))),
    (YamlText, "a:\n- name: x\n", ("a", Item("name", "zero", first=True))),
    (YamlText, YAML, ("models", Item("name", "one"), "model")),
    (YamlText, YAML, ("name",)),
    (YamlText, YAML, ("rules", Item("name", "x"))),
    (YamlText, YAML, ("last", "b")),
    (YamlText, YAML, ("openai-api-base",)),
    (YamlText, YAML.replace("\n", "\r\n"), ("openai-api-base",)),
    (YamlText, "# only a comment\n", ("a",)),
    (YamlText, "- model_id: a\n  name: b\n", (Item("model_id", "auto"),)),
    (EnvText, ENV, ("A",)),
    (EnvText, ENV, ("LONG",)),
    (EnvText, ENV, ("NEW",)),
    (EnvText, "A=1", ("NEW",)),
    (BlockText, "# mine\nexport A=1", ("block",)),
]


def value_for(place: Place, text: SettingsText) -> Any:
    if isinstance(text, BlockText):
        return ["export A='b c'", "export B=1"]
    if isinstance(text, EnvText):
        return "http://127.0.0.1:8484/v1"
    last = place[-1]
    if isinstance(last, Item):
        if not last.key:
            return last.value
        if "." in last.key:
            return {"match": {"model": last.value}, "other": 1}
        return {last.key: last.value, "url": "http://127.0.0.1:8484", "on": True}
    return {"url": "http://127.0.0.1:8484", "n": 1, "on": True} if last == "router" else "agent-router/auto"


@pytest.mark.parametrize(("kind", "written", "place"), CASES)
def test_what_is_set_is_there_and_all_else_stays(
    kind: Callable[[str], SettingsText], written: str, place: Place
) -> None:
    text = kind(written)
    before = text.raw(place)
    value = value_for(place, text)
    text.set(place, value)
    assert kind(text.text).get(place) == value
    if "\r\n" in written:
        assert "\n" not in text.text.replace("\r\n", "")
    if before is None:
        words = iter(re.findall(r"\w+", text.text))
        assert all(word in words for word in re.findall(r"\w+", written)), "a word or comment is lost"
    if before is not None:
        text.put_raw(place, before)
        assert text.text == written
    else:
        text.remove(place)
        assert text.get(place) is MISSING
        assert kind(text.text).get(place) is MISSING


@pytest.mark.parametrize(
    ("kind", "written", "place"),
    [case for case in CASES if case[2][-1] in ("router", "B", "openai-api-base", "model_provider", "NEW", "block")],
)
def test_taking_out_what_was_put_in_leaves_every_byte(
    kind: Callable[[str], SettingsText], written: str, place: Place
) -> None:
    text = kind(written)
    text.set(place, value_for(place, text))
    text.remove(place)
    assert text.text.rstrip("\n") == written.rstrip("\n")


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (JsonText, '{"a": 1'),
        (JsonText, '{"a" 1}'),
        (JsonText, '{"a": }'),
        (JsonText, '{"a": 1} x'),
        (JsonText, '{"a": "x'),
        (JsonText, '{"a": 1 /* x }'),
        (JsonText, "[" * 5000),
        (TomlText, "a = "),
        (YamlText, "a: [1"),
        (YamlText, "just words"),
    ],
)
def test_what_is_broken_is_not_touched(kind: Callable[[str], SettingsText], written: str) -> None:
    with pytest.raises(SettingsFormatError):
        kind(written)


def test_the_first_entry_stays_the_first() -> None:
    text = YamlText(YAML)
    text.set(("models", Item("name", "zero", first=True)), {"name": "zero"})
    assert [each["name"] for each in yaml.safe_load(text.text)["models"]] == ["zero", "one", "two"]


def test_a_list_of_which_nothing_is_left_is_still_a_list() -> None:
    text = YamlText("# mine\n- name: x\n")
    text.remove((Item("name", "x"),))
    assert yaml.safe_load(text.text) == []


TOMLS = [
    '# x\r\nmodel = "a" # b\r\n\r\n[t]\r\na = 1\r\n',
    '\ufeffmodel = "a"',
    'model_providers = {mine = {name = "m"}}\n',
    "model_providers = {}\n[t]\na = 1\n",
    'model_providers = {"agent-router" = {name = "m"}, mine = {}}\n',
    '[model_providers."agent-router"]\nname = "m"\n[t]\na = 1\n',
    'model_providers.mine.name = "m"\nmodel_providers.mine.base_url = "x"\n',
    'model_providers.agent-router.name = "m"\n',
    '[model_providers]\nmine.name = "m"\n',
    '[model_providers.agent-router]\nname = "a"\n[t]\nx = 1\n[model_providers.agent-router.headers]\na = "b"\n',
    'x = """\n[model_providers.agent-router]\nmodel = "no"\n"""\n[t]\ny = \'\'\'\n[t2]\n\'\'\'\n',
    '[[hooks]]\nargs = [\n  "a", # b\n  { x = "]" },\n]\nwhen = 1979-05-27 07:32:00\n[[hooks]]\na = 2\n',
    '[ model_providers . mine ]\nname = "m"\n# after\n',
]


@pytest.mark.parametrize("written", TOMLS)
def test_toml_in_every_form_that_a_table_may_have(written: str) -> None:
    text, place = TomlText(written), ("model_providers", "agent-router")
    document, before = text.get(()), text.raw(place)
    text.set(("model",), "auto")
    text.set(place, {"name": "agent-router", "base_url": "http://127.0.0.1:8484/v1"})
    assert text.get(place)["base_url"] == "http://127.0.0.1:8484/v1"
    assert TomlText(text.text).get(()) == text.get(())
    for name, value in document.items():
        if name not in ("model", "model_providers"):
            assert text.get((name,)) == value
    assert "\r\n" not in written or "\n" not in text.text.replace("\r\n", "")
    if before is None:
        text.remove(place)
    else:
        text.put_raw(place, before)
    text.put_raw(("model",), '"a"') if "model" in document else text.remove(("model",))
    left = text.get(())
    assert left.get("model_providers", {}) == document.get("model_providers", {})
    assert {**left, "model_providers": 0} == {**document, "model_providers": 0}


def test_yaml_in_braces_stays_in_braces_with_its_comments() -> None:
    written = "models: [\n    {name: a}, # one\n  ]\nempty: []\nnothing:\n"
    text = YamlText(written)
    for place in (("models", Item("name", "b", first=True)), ("models", Item("name", "c"))):
        text.set(place, {"name": place[-1].value, "on": True})  # type: ignore[union-attr]
    assert [each["name"] for each in text.get(("models",))] == ["b", "a", "c"]
    assert "# one" in text.text
    text.remove(("models", Item("name", "b")))
    text.remove(("models", Item("name", "c")))
    assert text.text == written
    text.set(("nothing", Item("name", "x")), {"name": "x"})
    assert text.get(("nothing",)) == [{"name": "x"}]


@pytest.mark.parametrize("written", ["null\n", "~", "---\n", "# only\n", ""])
def test_yaml_with_nothing_in_it_becomes_what_is_put_in(written: str) -> None:
    for place, value in ((("a",), "b"), ((Item("name", "x"),), {"name": "x"})):
        text = YamlText(written)
        text.set(place, value)
        assert YamlText(text.text).get(place) == value


def test_a_byte_order_mark_and_tags_of_a_program_stay() -> None:
    for kind, written in ((YamlText, "\ufeffa: !ENV x\nb: 1\n"), (EnvText, "\ufeffB=1\nNEW=x\n")):
        text = kind(written)
        text.set(("B" if kind is EnvText else "b",), "2")
        assert text.text == written.replace("1", "2" if kind is EnvText else "'2'")


def test_a_first_mark_with_no_last_is_somebody_elses_line() -> None:
    text = BlockText("# >>> agent-router >>>\nexport MINE=1\n")
    text.set(("block",), ["export OURS=1"])
    assert text.get(("block",)) == ["export OURS=1"]
    text.remove(("block",))
    assert text.text == "# >>> agent-router >>>\nexport MINE=1\n"
    with pytest.raises(SettingsFormatError):
        BlockText("x\0")


def test_something_else_in_the_way_is_an_error() -> None:
    for text in (JsonText('{"a": 1}'), TomlText("a = 1"), YamlText("a: 1")):
        with pytest.raises(SettingsFormatError):
            text.set(("a", "b"), 1)  # type: ignore[attr-defined]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=4), plain, max_size=4),
    st.text(max_size=4),
    st.text(),
    st.sampled_from([None, 1, "\t"]),
)
def test_json_of_any_kind(document: dict[str, Any], key: str, value: str, indent: int | str | None) -> None:
    written = json.dumps(document, indent=indent, ensure_ascii=False)
    text = JsonText(written)
    text.set(("new table", key), value)
    assert json.loads(text.text) == document | {"new table": {key: value}}
    text.remove(("new table",))
    assert json.loads(text.text) == document
    if document:
        assert text.text == written
    for name in document:
        text.remove((name,))
    assert json.loads(text.text) == {}


simple = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=6)


@settings(deadline=None)
@given(
    st.dictionaries(
        simple, st.lists(simple, max_size=3) | st.dictionaries(simple, simple, max_size=3) | simple, max_size=4
    ),
    simple,
    st.text(max_size=20),
    st.sampled_from([True, False, None]),
)
def test_yaml_of_any_kind(document: dict[str, Any], key: str, value: str, flow: bool | None) -> None:
    text = YamlText(yaml.safe_dump(document, default_flow_style=flow) if document else "")
    text.set(("new-table", key), value)
    text.set(("new-list", Item("name", "x")), {"name": "x"})
    wanted = document | {"new-table": {key: value}, "new-list": [{"name": "x"}]}
    assert yaml.safe_load(text.text) == wanted
    text.remove(("new-table",))
    text.remove(("new-list", Item("name", "x")))
    left = yaml.safe_load(text.text)
    assert {name: left[name] for name in left if name != "new-list"} == document


@settings(deadline=None)
@given(
    st.dictionaries(simple, st.dictionaries(simple, st.text(), max_size=3) | st.text(), max_size=4), simple, st.text()
)
def test_toml_of_any_kind(document: dict[str, Any], key: str, value: str) -> None:
    written = tomlkit.dumps(document)
    text = TomlText(written)
    text.set(("new-key",), value)
    text.set(("new-table", key), {"a": value})
    assert tomlkit.parse(text.text).unwrap() == document | {"new-key": value, "new-table": {key: {"a": value}}}
