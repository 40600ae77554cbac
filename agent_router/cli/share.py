def share() -> None:
    """x"""
