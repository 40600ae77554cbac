"""What each agent's telemetry says of its calls, a file each."""
