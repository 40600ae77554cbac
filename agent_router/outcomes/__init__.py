"""What tells whether an answer was good enough."""
