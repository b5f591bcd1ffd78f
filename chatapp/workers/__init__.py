"""What is mended of gunicorn: its worker classes, so that no caller holds up the others, and its log."""
