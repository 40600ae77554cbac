"""Agents' own settings files, edited as a careful person would: one value changes, every other byte stays.

A file is a text with `get`, `set` and `remove` by path. A path goes through tables by key and through lists by `Item`.
"""
