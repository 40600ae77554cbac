"""OpenTelemetry out: spans and metrics for a collector, over OTLP/HTTP. Loaded only where an endpoint is configured."""
