"""`python -m agent_router` is the command `agent-router`."""

from agent_router.command import main

main()
