"""OpenTelemetry's protocol over HTTP, received: what agents that do not pass through the router tell of their calls."""
