"""Flask: HTTP and server-sent events to services and back."""
