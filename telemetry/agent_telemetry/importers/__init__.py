"""Agents' own logs, read into the ledger: one file an agent, and what reads and writes for all of them."""
