"""What an upstream says when it is asked for a number of tokens."""

from __future__ import annotations

import pytest

from agent_router.settings import Timeouts, Upstream
from agent_router.upstreams.connection import Connection
from agent_router.upstreams.counting import counted
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.reply import UpstreamFault
from tests.upstreams.upstream import ScriptedUpstream

ASKED = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'


async def test_the_answer_or_what_is_wrong_with_it() -> None:
    async with ScriptedUpstream(speaks={"messages"}) as server:
        key = Key("up", Upstream(base_url=server.base_url))
        http = HttpClient(1)
        connection = Connection("up", f"{server.url}/v1/messages/count_tokens", http, Timeouts(first_byte=1, idle=1))
        told = await counted(connection, ASKED, {}, key, None, "input_tokens")
        assert told["input_tokens"] > 0
        with pytest.raises(UpstreamFault, match="no count of tokens"):
            await counted(connection, ASKED, {}, key, None, "totalTokens")
        server.script("status:code=429")
        with pytest.raises(UpstreamFault) as refused:
            await counted(connection, ASKED, {}, key, None, "input_tokens")
        assert refused.value.kind == "rate_limited"
        await http.close()
