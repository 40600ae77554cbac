"""What is known of a family."""

from __future__ import annotations

import msgspec

from agent_router.routing.standing import Standing


def test_it_can_be_stored() -> None:
    standing = Standing(
        model="m", seen=2, fresh=2, mean=0.9, lower=0.8, upper=1.0, score=0.8, evidence=3.0, nodes=(("ab",),)
    )
    assert msgspec.json.decode(msgspec.json.encode(standing), type=Standing) == standing
