"""As much of gunicorn as is used, for the type checker: it has no types of its own."""
