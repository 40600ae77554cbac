"""What is looked at before a local answer is released."""
