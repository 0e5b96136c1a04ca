"""Choosing settings and adapters, with and without target labels."""

__all__ = []
