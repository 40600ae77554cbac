"""Sessions of those who have the key."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent_dashboards.sign_in import LASTS_S, SignIn

HOST = "127.0.0.1:8484"
KEY = b"s3cret"
NOWHERE = Path(os.devnull)


def session(sign_in: SignIn, host: str = HOST, *, secure: bool = False) -> str:
    return sign_in.cookie(host, secure=secure).partition(";")[0]


def test_a_session_holds_for_its_host_among_others_cookies() -> None:
    sign_in = SignIn(KEY, b"salt", NOWHERE)
    cookie = session(sign_in)
    assert sign_in.holds(cookie, HOST)
    assert sign_in.holds(f'x={{"a": 1}}; =; ;; {cookie}; agent-router-8484x=1', HOST)
    assert sign_in.holds(f"agent-router-8484=old; {cookie}", HOST)  # of another path
    assert not sign_in.holds(cookie, "127.0.0.1:9000")  # another router's has another name
    assert sign_in.holds(session(sign_in, "box.lan"), "box.lan")
    assert sign_in.holds(session(sign_in, "[::1]:8484"), "[::1]:8484")


def test_it_tells_nothing_of_the_key_and_differs_each_time() -> None:
    sign_in = SignIn(KEY, b"salt", NOWHERE)
    assert "s3cret" not in session(sign_in)
    assert session(sign_in) != session(sign_in)


def test_another_key_or_installation_ends_it() -> None:
    cookie = session(SignIn(KEY, b"salt", NOWHERE))
    assert SignIn(KEY, b"salt", NOWHERE).holds(cookie, HOST)  # a restart does not
    assert not SignIn(b"other", b"salt", NOWHERE).holds(cookie, HOST)
    assert not SignIn(KEY, b"pepper", NOWHERE).holds(cookie, HOST)


def test_it_ends_after_thirty_days() -> None:
    now = [1_000_000.0]
    sign_in = SignIn(KEY, b"salt", NOWHERE, lambda: now[0])
    cookie = session(sign_in)
    now[0] += LASTS_S - 1
    assert sign_in.holds(cookie, HOST)
    now[0] += 1
    assert not sign_in.holds(cookie, HOST)
    name, _, value = cookie.partition("=")
    until, _, rest = value.partition(".")
    assert not sign_in.holds(f"{name}={int(until, 16) + 9:x}.{rest}", HOST)


def test_one_that_was_ended_stays_so(tmp_path: Path) -> None:
    now, ended = [1_000_000.0], tmp_path / "signed_out"
    ended.write_bytes(b"\xffhalf a li\n")
    sign_in = SignIn(KEY, b"salt", ended, lambda: now[0])
    ends, goes_on = session(sign_in), session(sign_in)
    sign_in.end(f"a=b; {ends}", HOST)
    sign_in.end(f"{ends}0", HOST)  # nothing that is no session is kept
    sign_in.end(session(SignIn(KEY, b"pepper", NOWHERE)), HOST)
    again = SignIn(KEY, b"salt", ended, lambda: now[0])
    for each in (sign_in, again):
        assert not each.holds(ends, HOST)
        assert each.holds(goes_on, HOST)
    assert len(ended.read_bytes().splitlines()) == 2
    assert KEY not in ended.read_bytes()
    gone = SignIn(KEY, b"salt", tmp_path / "no folder" / "signed_out", lambda: now[0])
    gone.end(goes_on, HOST)  # it cannot be kept, and has ended all the same
    assert not gone.holds(goes_on, HOST)


def test_what_the_cookie_says() -> None:
    sign_in = SignIn(KEY, b"", NOWHERE)
    said = sign_in.cookie(HOST, secure=False)
    assert said.endswith("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict")
    assert sign_in.cookie(HOST, secure=True).endswith("; SameSite=Strict; Secure")
    assert sign_in.no_cookie(HOST, secure=False).startswith("agent-router-8484=; Path=/; Max-Age=0;")


@given(st.text(), st.text())
def test_anything_else_is_no_session_and_breaks_nothing(cookies: str, host: str) -> None:
    sign_in = SignIn(KEY, b"salt", NOWHERE)
    assert not sign_in.holds(cookies, host)
    assert not sign_in.holds(f"agent-router-8484={cookies}", HOST)
    assert "\n" not in sign_in.cookie(host, secure=False)


def test_the_key() -> None:
    sign_in = SignIn("ключ".encode(), b"", NOWHERE)
    assert sign_in.is_key(" ключ\n")
    assert not any(map(sign_in.is_key, ("", "клю", "ключa", "\ud800")))
