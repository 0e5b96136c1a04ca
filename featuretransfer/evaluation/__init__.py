"""Cross-corpus evaluation, honest by construction."""

__all__ = []
