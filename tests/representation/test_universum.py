import numpy as np
import pytest
from cvxopt import matrix, solvers
from numpy.testing import assert_allclose
from sklearn.metrics import hinge_loss

from featuretransfer._network import Schedule, train
from featuretransfer.representation._denoising import Options, mask, reconstruction
from featuretransfer.representation._universum import (
    Head,
    Margins,
    margin_loss,
    universum_loss,
    universum_reconstruction,
)


def options(activation="tanh", tied=True, alpha=0.3):
    schedule = Schedule(1e-3, 64, 9, 9, 1e-4)
    return Options(activation, mask, 0.2, tied, alpha, 0.0, 0.0, schedule)


def example(tied=True, n_outputs=3):
    """Parameters, corrupted and clean rows, and margins of six labelled and four other rows."""
    rng = np.random.default_rng(0)
    shapes = [(6, 4), (4,), (6,), *([(4, 6)] * (not tied)), (n_outputs,), (4, n_outputs)]
    values = [rng.normal(size=shape) for shape in shapes]
    signs = rng.choice([-1.0, 1.0], size=(10, n_outputs))
    labelled = np.arange(10) < 6
    weights = rng.uniform(0.5, 2, size=10)
    margins = Margins(signs, weights * labelled, weights * ~labelled)
    return values, *rng.normal(size=(2, 10, 6)), margins


def test_loss_is_the_documented_one():
    values, corrupted, clean, margins = example()
    W, b, c, biases, U = values
    code = np.tanh(corrupted @ W + b)
    expected = np.sum((clean - code @ W.T - c) ** 2) / 20 + 0.15 * np.sum(W**2) + 0.2 * np.sum(U**2)
    f = code @ U + biases
    for i in range(10):
        for k in range(3):
            hinge = max(0.0, 1 - margins.signs[i, k] * f[i, k])
            outside = max(0.0, abs(f[i, k]) - 0.25)
            expected += (margins.hinge[i] * hinge + margins.universum[i] * outside) / 10
    call = (values, corrupted, clean, margins, options(), Head(0.25, 0.4))
    assert universum_reconstruction(*call)[0] == pytest.approx(expected, rel=1e-12)
    assert universum_loss(*call) == pytest.approx(expected, rel=1e-12)


@pytest.mark.oracle("UniversumAutoencoder")
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_gradient_in_float64(tied, activation):
    values, corrupted, clean, margins = example(tied)
    call = (values, corrupted, clean, margins, options(activation, tied), Head(0.25, 0.4))
    gradients = universum_reconstruction(*call)[1]
    for value, gradient in zip(values, gradients, strict=True):
        numeric = np.empty_like(value)
        for index in np.ndindex(value.shape):
            original, losses = value[index], []
            for step in (1e-5, -1e-5):
                value[index] = original + step
                losses.append(universum_loss(*call))
            value[index] = original
            numeric[index] = (losses[0] - losses[1]) / 2e-5
        assert np.linalg.norm(numeric - gradient) < 1e-6 * np.linalg.norm(gradient)


def test_margins_are_met_or_paid_for():
    scores = np.array([[2.0], [0.4], [-0.4], [0.05], [0.4], [-0.4]])
    margins = Margins(np.ones((6, 1)), np.array([1, 1, 3, 0, 0, 0]), np.array([0, 0, 0, 1, 1, 2]))
    loss, slope = margin_loss(scores, margins, 0.1)
    assert loss == pytest.approx(0 + 0.6 + 3 * 1.4 + 0 + 0.3 + 2 * 0.3)
    assert_allclose(slope[:, 0], [0, -1, -3, 0, 1, -2])


def test_terms_switch_off():
    values, corrupted, clean, margins = example()
    no_margins = margins._replace(hinge=np.zeros(10), universum=np.zeros(10))
    loss, gradients = universum_reconstruction(
        values, corrupted, clean, no_margins, options(), Head(0.25, 0.0)
    )
    expected, own = reconstruction(values[:3], corrupted, clean, options())
    assert loss == expected
    for gradient, other in zip(gradients, own):
        assert np.array_equal(gradient, other)
    assert not np.any(gradients[3])
    assert not np.any(gradients[4])
    # without a universum: the hinge loss of scikit-learn on the code
    labelled = margins._replace(hinge=np.ones(10), universum=np.zeros(10))
    with_head = universum_loss(values, corrupted, clean, labelled, options(), Head(0.25, 0.0))
    f = np.tanh(corrupted @ values[0] + values[1]) @ values[4] + values[3]
    hinges = [hinge_loss(margins.signs[:, k], f[:, k]) for k in range(3)]
    assert with_head - expected == pytest.approx(sum(hinges), rel=1e-12)


def quadratic_programme(code, signs, labelled, universum, epsilon, alpha):
    """Least loss of an SVM with a universum, solved by another package."""
    n, h = code.shape
    m = h + 1 + n  # weights, intercept, a slack for every row
    P = np.zeros((m, m))
    P[:h, :h] = alpha * np.eye(h)
    q = np.zeros(m)
    q[h + 1 :] = np.where(labelled, 1 / labelled.sum(), universum / (~labelled).sum())
    slack, rows = np.eye(n), np.column_stack([code, np.ones(n)])
    G = [np.column_stack([np.zeros((n, h + 1)), -slack])]
    bounds = [np.zeros(n)]
    G.append(np.column_stack([-signs[:, None] * rows, -slack])[labelled])
    bounds.append(-np.ones(labelled.sum()))
    for sign in (1, -1):
        G.append(np.column_stack([sign * rows, -slack])[~labelled])
        bounds.append(np.full((~labelled).sum(), epsilon))
    found = solvers.qp(
        *map(matrix, (P, q, np.concatenate(G), np.concatenate(bounds))),
        options={"show_progress": False, "abstol": 1e-9, "reltol": 1e-9},
    )
    return found["primal objective"]


@pytest.mark.oracle("UniversumAutoencoder")
@pytest.mark.parametrize("universum", [0.0, 0.5, 2.0])
def test_decisions_are_those_of_a_support_vector_machine_with_a_universum(universum):
    rng = np.random.default_rng(0)
    n, n_labelled = 60, 40
    rows = rng.normal(size=(n, 5))
    labelled = np.arange(n) < n_labelled
    signs = np.where(rows[:, 0] + 0.5 * rng.normal(size=n) > 0, 1.0, -1.0)
    rows[~labelled, 1] += 3 * rows[~labelled, 0]
    encoder = [rng.normal(size=(5, 5)), rng.normal(size=5), np.zeros(5)]
    values = [*encoder, np.zeros(1), np.zeros((5, 1))]
    margins = Margins(
        signs[:, None],
        n / n_labelled * labelled,
        universum * n / (n - n_labelled) * ~labelled,
    )
    how, head = options(alpha=0.0), Head(0.1, 0.02)
    fixed = reconstruction(encoder, rows, rows, how)[0]

    def loss(batch):
        part = rows[batch], rows[batch], margins.of(batch)
        return universum_reconstruction(values, *part, how, head)

    for rate in (0.03, 3e-3, 3e-4):  # only the decisions are trained
        schedule = Schedule([0.0, 0.0, 0.0, rate, rate], n, 3000, 3000, 0.0)
        train(values, n, loss, schedule, np.random.default_rng(0))
    code = np.tanh(rows @ encoder[0] + encoder[1])
    best = quadratic_programme(code, signs, labelled, universum, 0.1, 0.02)
    reached = loss(np.arange(n))[0] - fixed
    assert best - 1e-6 <= reached <= best * (1 + 1e-3)
