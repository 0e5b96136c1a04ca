"""Building and checking plain scikit-learn pipelines that carry target data."""

__all__ = []
