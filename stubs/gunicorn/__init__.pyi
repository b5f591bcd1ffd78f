# As much of gunicorn as is used; the package itself has no types.
