"""agent-router: a local, OpenAI-compatible endpoint in front of personal agents."""

from importlib.metadata import version

__version__ = version("agent-router")
