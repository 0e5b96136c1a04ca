import numpy as np
import pytest
from numpy.testing import assert_allclose

from featuretransfer._linalg import Covariance, regularised_covariance
from featuretransfer.representation._monge_map import monge_map

rng = np.random.default_rng(0)


def covariance(n, d, reg):
    Z = rng.normal(size=(n, d)) * np.linspace(0.2, 2, d)
    Z -= Z.mean(axis=0)
    found = regularised_covariance(Z, reg)
    return found, found.times_power(np.eye(d), 1.0)


@pytest.mark.parametrize("shape", [(60, 50, 8), (12, 10, 40), (60, 10, 40), (10, 60, 40)])
@pytest.mark.parametrize("regs", [(0.1, 0.1), ("ledoit-wolf", 2.0), (0.5, 0.001)])
def test_solves_its_equation_in_every_regime(shape, regs):
    n_source, n_target, d = shape
    source, C_source = covariance(n_source, d, regs[0])
    target, C_target = covariance(n_target, d, regs[1])
    found = monge_map(source, target)
    A = found(np.eye(d))
    assert (found.basis is None) == (d <= n_source + n_target)
    assert_allclose(A, A.T, atol=1e-12)
    assert np.linalg.eigvalsh(A)[0] > 0
    assert_allclose(A @ C_source @ A, C_target, atol=1e-10)


def test_span_as_large_as_the_space_needs_no_basis():
    source, C_source = covariance(25, 40, 0.3)
    target, C_target = covariance(15, 40, 0.7)
    found = monge_map(source, target)
    assert found.basis is None
    A = found(np.eye(40))
    assert_allclose(A @ C_source @ A, C_target, atol=1e-10)


def test_outside_the_span_it_is_the_root_of_the_ratio_of_the_ridges():
    source, _ = covariance(5, 30, 0.25)
    target, _ = covariance(6, 30, 4.0)
    outside = np.linalg.svd(np.concatenate([source.rows, target.rows]))[2][9:]
    assert_allclose(monge_map(source, target)(outside), 4 * outside, atol=1e-12)


def test_dependent_rows_do_no_harm():
    source, C_source = covariance(5, 30, 0.25)
    twice = Covariance(0.25, source.values, source.vectors, source.rows)
    A = monge_map(source, twice)(np.eye(30))
    assert_allclose(A, np.eye(30), atol=1e-10)
    assert_allclose(A @ C_source @ A, C_source, atol=1e-10)


def test_singular_target():
    source, C_source = covariance(60, 8, 0.0)
    target, C_target = covariance(4, 8, 0.0)
    A = monge_map(source, target)(np.eye(8))
    assert_allclose(A @ C_source @ A, C_target, atol=1e-10)
    assert np.linalg.matrix_rank(A, tol=1e-6) == 3


def test_keeps_digits_where_covariances_are_ill_conditioned():
    """Through the square of a covariance, eigenvalues below 1e-8 of the largest are lost."""
    diagonal = 10.0 ** np.linspace(0, -10, 6)
    source = Covariance(0.0, diagonal[::-1], np.eye(6)[:, ::-1], None)
    target = Covariance(0.0, np.sort(diagonal), np.eye(6), None)  # the reverse order
    found = monge_map(source, target)(np.eye(6)).diagonal()
    assert_allclose(found, np.sqrt(np.sort(diagonal) / diagonal), rtol=1e-10)
