"""Takes what agents tell by OpenTelemetry's protocol, in a process of its own."""
