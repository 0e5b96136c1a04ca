"""Reference values that owe nothing to this package: ``python tests/assets/make_references.py``.

One function for each method: it takes the domains of ``inputs.npz`` and returns the arrays of
``<its name>.npz``. They call other libraries where those are right, and otherwise a general solver
or the formula as it reads, on dense matrices and in loops: slow, and easy to check by eye. What
skada gives is stored as well where it is wrong. See README.md.
"""

import warnings
from pathlib import Path
from types import SimpleNamespace

import cvxopt
import cvxopt.solvers
import numpy as np
from scipy import integrate, linalg
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.linear_model import LogisticRegression, MultiTaskLasso
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent
GAMMA, MU, K = 0.08, 2.0, 3
cvxopt.solvers.options.update(
    show_progress=False, abstol=1e-13, reltol=1e-12, feastol=1e-13, maxiters=200
)


def make_inputs():
    """Two domains of three classes: normal clouds, the target turned, stretched and shifted."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(3, 6))
    ys, yt = np.arange(36) % 3, np.arange(30) % 3
    Xs = centres[ys] + rng.normal(size=(36, 6))
    turn = linalg.expm(0.3 * (lambda A: A - A.T)(rng.normal(size=(6, 6))))
    Xt = (centres[yt] + rng.normal(size=(30, 6))) @ turn * np.linspace(0.6, 1.4, 6) + 0.5
    return {"Xs": Xs, "ys": ys, "Xt": Xt, "yt": yt}


# What all kernel methods share


def rbf(A, B):
    return np.array([[np.exp(-GAMMA * np.sum((a - b) ** 2)) for b in B] for a in A])


def kernel(data):
    X = np.concatenate([data.Xs, data.Xt])
    n = len(X)
    return rbf(X, X), np.eye(n) - np.ones((n, n)) / n


def difference(in_source, in_target):
    """The vector e of the mean over some source rows less the mean over some target rows."""
    return np.concatenate([in_source / in_source.sum(), -in_target / in_target.sum()])


def domain_matrix(data):
    e = difference(np.ones(len(data.Xs)), np.ones(len(data.Xt)))
    return np.outer(e, e)


def class_matrices(data, factor=lambda source, target: 1.0):
    """The matrices of the classes; `factor` multiplies the mean of the target."""
    found = []
    for label in range(3):
        source, target = (data.ys == label) * 1.0, (data.yt == label) * 1.0
        e = difference(source, target)
        e[len(data.Xs) :] *= factor(source.mean(), target.mean())
        found.append(np.outer(e, e))
    return sum(found)


def components(data, B, A=None):
    """All rows on the generalised eigenvectors of the largest eigenvalues, ``A w = value B w``."""
    Kernel, H = kernel(data)
    if A is None:
        A = Kernel @ H @ Kernel
    return Kernel @ linalg.eigh(A, B)[1][:, ::-1][:, :K]


# Weights


def kernel_mean_matching(data):
    """Quadratic programme by cvxopt; skada's stops above the minimum."""
    n, nt = len(data.Xs), len(data.Xt)
    P = rbf(data.Xs, data.Xs) + 1e-6 * np.eye(n)
    q = -n / nt * rbf(data.Xs, data.Xt).sum(axis=1)
    found = {}
    for name, B, eps in (("loose", 1000.0, None), ("tight", 3.0, 0.01)):
        eps = (np.sqrt(n) - 1) / np.sqrt(n) if eps is None else eps
        G = np.vstack([np.ones(n), -np.ones(n), np.eye(n), -np.eye(n)])
        h = np.concatenate([[n * (1 + eps), -n * (1 - eps)], np.full(n, B), np.zeros(n)])
        solution = cvxopt.solvers.qp(*map(cvxopt.matrix, (P, q, G, h)))
        found[name] = np.ravel(solution["x"])
        options = {"gamma": GAMMA, "B": B, "eps": eps}
        found[f"{name}_skada"] = skada_weights(data, "KMMReweightAdapter", **options)
    return found


def kliep(data):
    """Convex programme by cvxopt, every target row a centre; skada's stops below the maximum."""
    F, T = rbf(data.Xs, data.Xt), rbf(data.Xt, data.Xt)
    m = len(data.Xt)

    def objective(x=None, z=None):
        if x is None:
            return 0, cvxopt.matrix(1.0 / F.mean(axis=0) / m)
        w = T @ np.ravel(x)
        if w.min() <= 0:
            return None
        value, gradient = -np.log(w).mean(), -(T / w[:, None]).mean(axis=0)
        if z is None:
            return value, cvxopt.matrix(gradient[None])
        hessian = z[0] * (T / w[:, None]).T @ (T / w[:, None]) / m
        return value, cvxopt.matrix(gradient[None]), cvxopt.matrix(hessian)

    options = {"abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10}
    solution = cvxopt.solvers.cp(
        objective,
        *map(cvxopt.matrix, (-np.eye(m), np.zeros(m))),
        A=cvxopt.matrix(F.mean(axis=0)[None]),
        b=cvxopt.matrix(1.0),
        options={**cvxopt.solvers.options, **options},
    )
    alpha = np.ravel(solution["x"])
    skada = skada_weights(data, "KLIEPReweightAdapter", gamma=GAMMA, n_centers=m, random_state=0)
    return {"weights": F @ alpha, "score": np.log(T @ alpha).mean(), "skada": skada}


def least_squares_ratios(data):
    """Normal equations of ULSIF and RuLSIF, and the errors of refits without a row of each."""
    F, T = rbf(data.Xs, data.Xt), rbf(data.Xt, data.Xt)
    found = {}
    for alpha in (0.0, 0.1):
        found[f"weights_{alpha}"] = F @ _least_squares(F, T, alpha, 0.1)
    return found


def _least_squares(F, T, alpha, reg):
    H = alpha * T.T @ T / len(T) + (1 - alpha) * F.T @ F / len(F)
    return np.maximum(np.linalg.solve(H + reg * np.eye(len(H)), T.mean(axis=0)), 0)


def gaussian_weights(data):
    """Densities by scipy, covariances with scikit-learn's shrinkage."""
    densities = []
    for X in (data.Xs, data.Xt):
        a, S = ledoit_wolf_shrinkage(X), np.cov(X.T)
        C = (1 - a) * S + a * np.trace(S) / len(S) * np.eye(len(S))
        densities.append(multivariate_normal(X.mean(axis=0), C).pdf(data.Xs))
    return {"ratio": densities[1] / densities[0]}


def kernel_density_weights(data):
    """Densities by scipy (Scott's rule); each source row left out by a sum over the others."""
    target = gaussian_kde(data.Xt.T)(data.Xs.T)
    n, d = data.Xs.shape
    C = np.cov(data.Xs.T) * n ** (-2 / (d + 4))
    source = [
        np.mean([multivariate_normal(data.Xs[j], C).pdf(data.Xs[i]) for j in range(n) if j != i])
        for i in range(n)
    ]
    ratio = target / source
    return {"relative_ratio": ratio / (0.1 * ratio + 0.9)}


def nearest_neighbor_weights(data):
    """Counts by brute force; skada counts other rows."""
    counts = np.zeros(len(data.Xs))
    for row in data.Xt:
        counts[np.argmin(np.sum((data.Xs - row) ** 2, axis=1))] += 1
    return {"counts": counts, "skada": skada_weights(data, "NearestNeighborReweightAdapter")}


def domain_classifier_weights(data):
    """scikit-learn's cross-validated and calibrated probabilities; skada's odds are inverted."""
    X = np.concatenate([data.Xs, data.Xt])
    domain = np.repeat([0, 1], [len(data.Xs), len(data.Xt)])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model = CalibratedClassifierCV(model, cv=5)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    p = cross_val_predict(model, X, domain, cv=folds, method="predict_proba")[: len(data.Xs), 1]
    p = np.clip(p, 0.01, 0.99)
    return {"odds": p / (1 - p), "skada": skada_weights(data, "DiscriminatorReweightAdapter")}


# Features


def corpus_scaler(data):
    """scikit-learn's scaler for each domain."""
    return {
        "source": StandardScaler().fit_transform(data.Xs),
        "target": StandardScaler().fit_transform(data.Xt),
    }


def coral(data):
    """By skada, not regularised: its shrinkage is that of standardised features."""
    source, target = skada_rows(data, "CORALAdapter", reg=None)
    return {"source": source, "target": target}


def subspace_alignment(data):
    """By skada."""
    source, target = skada_rows(data, "SubspaceAlignmentAdapter", n_components=K)
    return {"source": source, "target": target}


def linear_optimal_transport(data):
    """By POT."""
    import ot

    A, b = ot.gaussian.empirical_bures_wasserstein_mapping(data.Xs, data.Xt, reg=0.0)
    return {"source": data.Xs @ A + b}


def optimal_transport(data):
    """By POT, costs divided by their median; and with the group lasso of the classes."""
    import ot

    costs = ot.dist(data.Xs, data.Xt)
    costs /= np.median(costs)
    a, b = (np.full(len(X), 1 / len(X)) for X in (data.Xs, data.Xt))
    plan = ot.sinkhorn(a, b, costs, 0.1, method="sinkhorn_log", numItermax=100000, stopThr=1e-14)
    return {"plan": plan, "source": plan @ data.Xt / plan.sum(axis=1, keepdims=True)}


def tca(data):
    """Dense eigenproblem; skada's components are those of another one."""
    Kernel, _ = kernel(data)
    B = np.eye(len(Kernel)) + MU * Kernel @ domain_matrix(data) @ Kernel
    found = {"components": components(data, B)}
    scale = np.sqrt(GAMMA * data.Xs.shape[1])  # skada's width is 1 / the number of features
    scaled = SimpleNamespace(Xs=scale * data.Xs, Xt=scale * data.Xt)
    options = {"n_components": K, "mu": MU}
    found["skada"] = np.concatenate(
        skada_rows(scaled, "TransferComponentAnalysisAdapter", **options)
    )
    return found


def semi_supervised_tca(data):
    """Dense eigenproblem with labels, and with a graph of ten neighbours."""
    Kernel, H = kernel(data)
    n, ns = len(Kernel), len(data.Xs)
    Y = np.zeros((n, n))
    Y[:ns, :ns] = data.ys[:, None] == data.ys
    A = Kernel @ H @ (0.5 * Y + 0.5 * np.eye(n)) @ H @ Kernel
    B = np.eye(n) + MU * Kernel @ domain_matrix(data) @ Kernel
    locality = MU / n**2 * Kernel @ _laplacian(np.concatenate([data.Xs, data.Xt]), 10) @ Kernel
    return {"labels": components(data, B, A), "graph": components(data, B + 50 * locality, A)}


def _laplacian(X, n_neighbors):
    D = np.sum((X[:, None] - X) ** 2, axis=2)
    neighbours = np.argsort(D + np.diag(np.full(len(X), np.inf)), axis=1)[:, :n_neighbors]
    joined = np.zeros(D.shape, dtype=bool)
    np.put_along_axis(joined, neighbours, True, axis=1)
    width = D[joined].mean()
    joined |= joined.T
    W = np.where(joined, np.exp(-D / width), 0.0)
    return np.diag(W.sum(axis=1)) - W


def jda(data):
    """Dense eigenproblem with the target's labels given."""
    Kernel, _ = kernel(data)
    M = domain_matrix(data) + class_matrices(data)
    return {"components": components(data, np.eye(len(Kernel)) + MU * Kernel @ M @ Kernel)}


def bda(data):
    """Dense eigenproblem with the target's labels given, without and with the classes' shares."""
    Kernel, _ = kernel(data)
    keep = np.arange(len(data.Xt)) % 5 > 0  # classes of unequal shares
    keep |= data.yt != 0
    data = SimpleNamespace(Xs=data.Xs, ys=data.ys, Xt=data.Xt[keep], yt=data.yt[keep])
    Kernel, _ = kernel(data)
    found = {"kept": keep}
    weightings = {"plain": lambda s, t: 1.0, "weighted": lambda s, t: t / s}
    for name, factor in weightings.items():
        M = 0.7 * domain_matrix(data) + 0.3 * class_matrices(data, factor)
        found[name] = components(data, np.eye(len(Kernel)) + MU * Kernel @ M @ Kernel)
    return found


def transfer_joint_matching(data):
    """Five rounds of the reweighted dense eigenproblem, the penalty of source rows times 0.05."""
    Kernel, H = kernel(data)
    n, ns = len(Kernel), len(data.Xs)
    G, C = np.eye(n), Kernel @ H @ Kernel
    for _ in range(5):
        B = MU * Kernel @ domain_matrix(data) @ Kernel + G
        values, vectors = linalg.eigh(C, B)
        A = (vectors / np.sqrt(np.maximum(values, 1e-300)))[:, ::-1][:, :K]  # A'KHKA = I
        projected = Kernel @ A
        G = np.diag(np.r_[0.05 / (2 * np.linalg.norm(A[:ns], axis=1)), np.ones(n - ns)])
    return {"components": projected}


def geodesic_flow_kernel(data):
    """The flow between two principal subspaces, integrated numerically."""
    k = 2
    Ps, Pt = (
        linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][:k].T for X in (data.Xs, data.Xt)
    )
    U1, cosines, Vt = linalg.svd(Ps.T @ Pt)
    angles = np.arccos(np.clip(cosines, 0, 1))
    aside = (Pt @ Vt.T - Ps @ U1 * cosines) / np.sin(angles)

    def projector(t):
        basis = Ps @ U1 * np.cos(t * angles) + aside * np.sin(t * angles)
        return basis @ basis.T

    G = integrate.quad_vec(projector, 0, 1, epsabs=1e-13)[0]
    found = {}
    for name, X in (("source", data.Xs), ("target", data.Xt)):
        Z = X - X.mean(axis=0)
        found[name] = Z @ G @ Z.T
    return found


def domain_regression(data):
    """scikit-learn's group lasso; the distance of the domain means is one more row, of target 0."""
    Y = np.eye(3)[data.ys]
    X, n = data.Xs - data.Xs.mean(axis=0), len(data.Xs)
    gap = data.Xs.mean(axis=0) - data.Xt.mean(axis=0)
    found = {}
    for name, mu in (("plain", 0.0), ("gap", MU)):
        rows = np.vstack([X, np.sqrt(n * mu) * gap])
        labels = np.vstack([Y - Y.mean(axis=0), np.zeros(3)])
        model = MultiTaskLasso(0.03 * n / (n + 1), fit_intercept=False, tol=1e-14, max_iter=10**6)
        found[name] = model.fit(rows, labels).coef_.T
    return found


# Peers


def pooled(data):
    return np.concatenate([data.Xs, data.Xt]), np.repeat([1, -2], [len(data.Xs), len(data.Xt)])


def skada_rows(data, name, **options):
    import skada

    rows, domain = pooled(data)
    found = getattr(skada, name)(**options).fit_transform(rows, sample_domain=domain)
    return found[: len(data.Xs)], found[len(data.Xs) :]


def skada_weights(data, name, **options):
    import skada

    rows, domain = pooled(data)
    _, found = getattr(skada, name)(**options).fit_transform(rows, sample_domain=domain)
    return found["sample_weight"][: len(data.Xs)]


REFERENCES = (
    *(kernel_mean_matching, kliep, least_squares_ratios, gaussian_weights),
    *(kernel_density_weights, nearest_neighbor_weights, domain_classifier_weights),
    *(corpus_scaler, coral, subspace_alignment, linear_optimal_transport, optimal_transport),
    *(tca, semi_supervised_tca, jda, bda, transfer_joint_matching, geodesic_flow_kernel),
    domain_regression,
)


def main():
    """Write all files."""
    inputs = make_inputs()
    np.savez(FOLDER / "inputs.npz", **inputs)
    for reference in REFERENCES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.savez(FOLDER / f"{reference.__name__}.npz", **reference(SimpleNamespace(**inputs)))


if __name__ == "__main__":
    main()
