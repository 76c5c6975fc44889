"""Hostile clients, sources and pictures against the running service."""
