"""The agents that people run, and how each is pointed at the router in its own settings.

One file an agent. `connection.py` writes, remembers and takes back what they say.
"""
