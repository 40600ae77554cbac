"""Sessions of those who have the key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_dashboards.sign_in import LASTS_S, SignIn

HOST = "127.0.0.1:8484"
KEY = b"s3cret"


def session(sign_in: SignIn, host: str = HOST, *, secure: bool = False) -> str:
    return sign_in.cookie(host, secure=secure).partition(";")[0]


def test_a_session_holds_for_its_host_among_others_cookies() -> None:
    sign_in = SignIn(KEY, b"salt")
    cookie = session(sign_in)
    assert sign_in.holds(cookie, HOST)
    assert sign_in.holds(f'x={{"a": 1}}; =; ;; {cookie}; agent-router-8484x=1', HOST)
    assert sign_in.holds(f"agent-router-8484=old; {cookie}", HOST)  # of another path
    assert not sign_in.holds(cookie, "127.0.0.1:9000")  # another router's has another name
    assert sign_in.holds(session(sign_in, "box.lan"), "box.lan")
    assert sign_in.holds(session(sign_in, "[::1]:8484"), "[::1]:8484")


def test_it_tells_nothing_of_the_key_and_differs_each_time() -> None:
    sign_in = SignIn(KEY, b"salt")
    assert "s3cret" not in session(sign_in)
    assert session(sign_in) != session(sign_in)


def test_another_key_or_installation_ends_it() -> None:
    cookie = session(SignIn(KEY, b"salt"))
    assert SignIn(KEY, b"salt").holds(cookie, HOST)  # a restart does not
    assert not SignIn(b"other", b"salt").holds(cookie, HOST)
    assert not SignIn(KEY, b"pepper").holds(cookie, HOST)


def test_it_ends_after_thirty_days() -> None:
    now = [1_000_000.0]
    sign_in = SignIn(KEY, b"salt", lambda: now[0])
    cookie = session(sign_in)
    now[0] += LASTS_S - 1
    assert sign_in.holds(cookie, HOST)
    now[0] += 1
    assert not sign_in.holds(cookie, HOST)
    name, _, value = cookie.partition("=")
    until, _, rest = value.partition(".")
    assert not sign_in.holds(f"{name}={int(until, 16) + 9:x}.{rest}", HOST)


def test_what_the_cookie_says() -> None:
    sign_in = SignIn(KEY, b"")
    said = sign_in.cookie(HOST, secure=False)
    assert said.endswith("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict")
    assert sign_in.cookie(HOST, secure=True).endswith("; SameSite=Strict; Secure")
    assert sign_in.no_cookie(HOST, secure=False).startswith("agent-router-8484=; Path=/; Max-Age=0;")


@given(st.text(), st.text())
def test_anything_else_is_no_session_and_breaks_nothing(cookies: str, host: str) -> None:
    sign_in = SignIn(KEY, b"salt")
    assert not sign_in.holds(cookies, host)
    assert not sign_in.holds(f"agent-router-8484={cookies}", HOST)
    assert "\n" not in sign_in.cookie(host, secure=False)


def test_the_key() -> None:
    sign_in = SignIn("ключ".encode(), b"")
    assert sign_in.is_key(" ключ\n")
    assert not any(map(sign_in.is_key, ("", "клю", "ключa", "\ud800")))
