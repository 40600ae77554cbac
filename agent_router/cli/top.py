def top() -> None:
    """x"""
