"""gunicorn's worker classes, each mended in one place: what one caller does must not hold up the others."""
