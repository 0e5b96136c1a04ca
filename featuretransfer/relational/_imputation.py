"""Filling in the modalities that a row lacks, from those that it has."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from .._linalg import ledoit_wolf_shrinkage
from ..representation._column_scales import standard


@dataclass(frozen=True)
class MeanImputation:
    """Fills in the mean of every column.

    Parameters
    ----------
    columns : list of ndarray of int
        Columns of the modalities.
    means : ndarray of shape (n_features,)
        Means over the rows that have the modality.
    """

    columns: list
    means: np.ndarray

    def __call__(self, X, present):
        """Rows with the missing modalities filled in.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Rows.
        present : ndarray of shape (n_rows, n_modalities) of bool
            Which modalities they have.

        Returns
        -------
        X_filled : ndarray of shape (n_rows, n_features)
            A copy.
        """
        X = X.copy()
        for columns, there in zip(self.columns, present.T):
            X[np.ix_(~there, columns)] = self.means[columns]
        return X


@dataclass(frozen=True)
class RegressionImputation:
    """Fills in the mean given the other columns, under a normal distribution of all columns.

    The covariance of standardised columns is shrunk to ``(1 - a) S + a I``; the columns p that are
    there predict the missing m by ``C_mp C_pp^-1``.

    Parameters
    ----------
    columns : list of ndarray of int
        Columns of the modalities.
    scale : Affine
        Standardises columns by the complete rows.
    rows : ndarray of shape (n_complete, n_features)
        Standardised complete rows over the root of their number: ``S = rows' rows``.
    shrinkage : float
        The shrinkage a.
    """

    columns: list
    scale: object
    rows: np.ndarray
    shrinkage: float

    def __call__(self, X, present):
        """Rows with the missing modalities filled in, as of `MeanImputation`."""
        X = X.copy()
        patterns, of_row = np.unique(present, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            if pattern.all():
                continue
            rows = np.flatnonzero(of_row.ravel() == number)
            known = np.concatenate([c for c, there in zip(self.columns, pattern) if there])
            missing = np.concatenate([c for c, there in zip(self.columns, pattern) if not there])
            Z = (X[np.ix_(rows, known)] - self.scale.center[known]) / self.scale.scale[known]
            found = self._predict(Z, known, missing)
            X[np.ix_(rows, missing)] = (
                found * self.scale.scale[missing] + self.scale.center[missing]
            )
        return X

    def _predict(self, Z, known, missing):
        """``Z C_pp^-1 C_pm``, by the smaller of C_pp and the kernel matrix of the complete rows."""
        P, M, a = self.rows[:, known], self.rows[:, missing], self.shrinkage
        keep = max(1 - a, 0.0)
        a = max(a, len(P) * np.finfo(np.float64).eps)  # a covariance of full rank has none
        if P.shape[1] <= len(P):
            C = keep * (P.T @ P) + a * np.eye(P.shape[1])
            return keep * Z @ linalg.solve(C, P.T @ M, assume_a="pos")
        K = keep * (P @ P.T) + a * np.eye(len(P))
        return keep * (Z @ P.T) @ linalg.solve(K, M, assume_a="pos")


def learn_means(X, present, columns):
    """Learn a `MeanImputation`.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows.
    present : ndarray of shape (n_rows, n_modalities) of bool
        Which modalities they have; every modality is in some row.
    columns : list of ndarray of int
        Columns of the modalities.

    Returns
    -------
    imputation : MeanImputation
        The imputation.
    """
    means = np.empty(X.shape[1])
    for part, there in zip(columns, present.T):
        means[part] = X[np.ix_(there, part)].mean(axis=0, dtype=np.float64)
    return MeanImputation(columns, means)


def learn_regression(X, present, columns):
    """Learn a `RegressionImputation` from the rows that have all modalities, at least two."""
    complete = X[present.all(axis=1)].astype(np.float64)
    scale = standard(complete)
    Z = scale(complete)
    n, d = Z.shape
    values = linalg.eigvalsh((Z @ Z.T if n < d else Z.T @ Z) / n)
    shrinkage = ledoit_wolf_shrinkage(np.einsum("ij,ij->i", Z, Z), np.maximum(values, 0), d)
    return RegressionImputation(columns, scale, Z / np.sqrt(n), shrinkage)


IMPUTATIONS = {"mean": (learn_means, 1), "regression": (learn_regression, 2)}


def with_modalities_dropped(X, present, share, fill):
    """Rows, and copies of them without one of their modalities, whose weights have the same sum.

    Training on them is training on the expected loss where each row loses one of its modalities,
    each with the same probability, in `share` of all cases.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows.
    present : ndarray of shape (n_rows, n_modalities) of bool
        Which modalities they have.
    share : float
        Share of the weight of a row with at least two modalities that its copies get.
    fill : callable
        Fills in what is missing.

    Returns
    -------
    X_filled : ndarray of shape (n_all, n_features)
        The rows, then the copies.
    origin : ndarray of shape (n_all,) of int
        The row that each is a copy of.
    weights : ndarray of shape (n_all,)
        The weights; those of a row and its copies sum to 1.
    """
    counts = present.sum(axis=1)
    parts, origin = [present], [np.arange(len(X))]
    weights = [np.where(counts > 1, 1 - share, 1.0)]
    for modality in range(present.shape[1]):
        rows = np.flatnonzero(present[:, modality] & (counts > 1))
        without = present[rows]
        without[:, modality] = False
        parts.append(without)
        origin.append(rows)
        weights.append(share / counts[rows])
    origin = np.concatenate(origin)
    return fill(X[origin], np.concatenate(parts)), origin, np.concatenate(weights)
