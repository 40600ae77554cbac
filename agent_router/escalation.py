"""A local answer is looked at before its first byte is released; one that fails goes to the closed side instead."""

from __future__ import annotations

from agent_router.exchange import Exchange
from agent_router.settings import Verification
from agent_router.upstreams.chain import Attempted, Chain
from agent_router.upstreams.reply import Call


class Escalation:
    """Opens the answer of a chat request."""

    def __init__(self, chain: Chain, limits: Verification) -> None:
        self._chain = chain
        self._limits = limits

    async def open(self, exchange: Exchange, call: Call) -> Attempted:
        """The answer that is to be released. ChainError if there is none."""
        assert exchange.decision is not None
        return await self._chain.open(call, exchange.decision.targets)
