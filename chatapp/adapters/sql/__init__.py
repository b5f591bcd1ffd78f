"""Kept conversations in SQLite or PostgreSQL."""
