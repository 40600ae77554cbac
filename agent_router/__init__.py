"""agent-router: a local, OpenAI-compatible endpoint in front of personal agents."""

from typing import TYPE_CHECKING

__version__: str

if not TYPE_CHECKING:

    def __getattr__(name: str) -> str:
        # Reading the installed version takes longer than all that the status line does.
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import version

        globals()[name] = version("agent-router")
        return globals()[name]
