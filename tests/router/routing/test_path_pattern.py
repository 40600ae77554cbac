"""Path patterns, against every way of writing a path into a body."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.path_pattern import PathPattern, readable, spellings


def found(entry: str, raw: bytes | str) -> bool:
    text = readable(raw if isinstance(raw, bytes) else json.dumps({"messages": raw}).encode())
    return any(PathPattern(form).matches(text) for form in spellings(entry))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("/srv/secret", "cat /srv/secret", True),
        ("/srv/secret", "cat /srv/secret/a/b.txt", True),
        ("/srv/secret/", "cat /srv/secret/a", True),
        ("/srv/secret/", "cat /srv/secret", True),
        ("/srv/secret", "CAT /SRV/Secret.", True),
        ("/srv/secret", "/srv//secret", True),
        ("/srv/secret", "file:///srv/secret", True),
        ("/srv/secret", "/srv/secrets", False),
        ("/srv/secret", "/srv/secret-2", False),
        ("/srv/secret", "/srv/ secret", False),
        ("/srv/my docs", "cat '/srv/my docs/x'", True),
        ("/srv/my docs", r"cat /srv/my\ docs/x", True),
        ("/srv/my docs", "file:///srv/my%20docs/x", True),
        ("/srv/*/key", "/srv/app one/key", True),
        ("/srv/*/key", "/srv/O'Brien/key", True),
        ("/srv/*/key", "/srv/a/b/key", False),
        ("/srv/*/key", "/srv/key", False),
        ("/srv/**/key", "/srv/a/b/key", True),
        ("/srv/**/key", "/srv/key", True),
        ("/srv/**/key", "/srv/a/b/keys", False),
        ("/srv/**/key", "/srv/a\n/other/key", False),
        ("/srv/**/a/**/z", "/srv/a/z", True),
        ("/srv/**/a/**/z", "/srv/z/a", False),
        ("/srv/key?.pem", "/srv/key1.pem", True),
        ("/srv/key?.pem", "/srv/key12.pem", False),
        ("/srv/key*", "/srv/keys-of-all", True),
        ("*.pem", "see id.pem.", True),
        ("*.pem", "see id.pen", False),
        ("**/secret/**", "in secret/x", True),
        ("secret/x", "see secret/x", True),
        ("secret*.txt", "see secret plans.txt", True),
        ("C:\\Users\\me\\secret", r"dir C:\Users\me\secret\x", True),
        ("C:\\Users\\me\\secret", r"dir c:/users/ME/secret", True),
        ("C:\\Users\\me\\secret", r"dir C:\\Users\\me\\secret", True),
        ("C:/Users/me/secret", r"dir C:\Users\me\secret", True),
        ("\\\\nas\\secret", r"dir \\nas\secret\x", True),
        ("/", "anything with / in it", True),
        ("*", "anything", True),
        ("/srv/[a]+(b)", "/srv/[a]+(b)/x", True),
        ("/srv/a.b", "/srv/axb", False),
        ("/srv/é", "/srv/É/x", True),
        ("/srv/é", "/srv/e\u0301/x", True),
        ("/srv/e\u0301", "/srv/é/x", True),
        ("/srv/秘密", "打开/srv/秘密/a", True),
        ("/srv/🔒", "/srv/🔒/x", True),
    ],
)
def test_what_matches(pattern: str, text: str, matches: bool) -> None:
    assert found(pattern, text) is matches
    # The same with every character that JSON may escape left as it is, and as a tool call's arguments hold it.
    assert found(pattern, json.dumps({"a": text}, ensure_ascii=False).encode()) is matches
    if "\n" not in text:
        assert found(pattern, json.dumps({"arguments": json.dumps({"path": text})}).encode()) is matches


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"a": "\/srv\/secret\/x"}',
        rb'{"a": "\u002fsrv\u002Fsecret"}',
        rb'{"a": "\u002f\u0073\u0072\u0076\u002f\u0073\u0065\u0063\u0072\u0065\u0074"}',
        rb'{"a": "{\"b\": \"\\/srv\\/secret\"}"}',
        rb'{"a": "{\"b\": \"\\u002fsrv\\u002fsecret\"}"}',
        rb'{"a": "\\srv\\secret"}',
        rb'{"a": "\\\\srv\\\\secret"}',
        '{"ü": "\\u00fc/srv/secret"}'.encode(),
    ],
)
def test_escapes_hide_nothing(raw: bytes) -> None:
    assert found("/srv/secret", raw)


def test_an_escaped_backslash_begins_no_escape() -> None:
    assert found(r"C:\ubeef\secret", json.dumps({"a": r"C:\ubeef\secret"}).encode())
    assert found(r"D:\x41\u0041", json.dumps({"a": r"D:\x41\u0041"}).encode())


def test_the_home_folder_by_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "ann"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for entry in ("~/private", str(home / "private"), "~/private/**"):
        for text in (
            "~/private/a",
            f"{home}/private/a",
            "$HOME/private/a",
            "${HOME}/private/a",
            r"%USERPROFILE%\private\a",
        ):
            assert found(entry, text), (entry, text)
        assert not found(entry, "/home/bob/private/a")


def test_broken_json_does_not_break_it() -> None:
    for raw in (b"\\", b'{"a": "\\u12', b"\xff\xfe\\n/srv/secret", b"\\x"):
        readable(raw)


@given(st.text(alphabet="ab/\\* ?.ü~", min_size=1, max_size=12), st.text())
def test_a_path_without_wildcards_matches_itself(entry: str, around: str) -> None:
    if not entry.strip() or set(entry) & set("*?") or entry.strip().endswith("/"):
        return
    assert found(entry, f"{around} {entry.strip()} {around}")


@given(st.text(alphabet="ab/*?", min_size=1, max_size=10), st.text(alphabet='ab/"\n', max_size=40))
def test_a_pattern_never_matches_less_than_it_means(pattern: str, text: str) -> None:
    within = "".join({"*": "[^/]*", "?": "[^/]"}.get(c, re.escape(c)) for c in re.sub(r"\*+", "*", pattern))
    for word in re.split(r'["\n]', text):
        if word and "//" not in word + pattern and re.fullmatch(within, word):
            assert PathPattern(pattern).matches(text), (pattern, text)


SIZE = 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("entry", "piece"),
    [
        ("/srv/secret", b"lorem ipsum dolor "),
        ("/srv/secret", b"lorem\\n"),
        ("/srv/secret", b"\\u4e2d"),
        ("/srv/secret", "中\\n".encode()),
        ("/srv/secret", b"\\\\"),
        ("/srv/secret", b"\\/"),
        ("/srv/secret", b"/"),
        ("/srv/secret", b"/srv/secre"),
        ("/a/**/z", b"/a/"),
        ("/a/**/b/**/z", b"/a/b"),
        ("/a/**/z", b"/a/\\n"),
        ("/a*z", b"/aaaa"),
        ("a*z", b"a"),
        ("a*a*a*z", b"a"),
        ("/a*a*a*a*z", b"/aaaaaaaa"),
        ("/*/*/*/z", b"/a"),
        ("a?a?a?z", b"a"),
    ],
)
def test_a_huge_body_is_no_way_to_hang_the_router(entry: str, piece: bytes) -> None:
    raw = b'{"a": "' + piece * (SIZE // len(piece)) + b'"}'
    began = time.perf_counter()
    found(entry, raw)
    assert time.perf_counter() - began < 10  # quadratic would take hours


def test_more_than_can_be_checked_counts_as_a_match() -> None:
    assert found("/a/**/z", b'{"a": "' + b"/a/\\n" * 200_000 + b'/z"}')


def test_the_home_folder_is_not_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    monkeypatch.setenv("USERPROFILE", os.sep)
    assert not found("/srv/secret", "~ $HOME")
