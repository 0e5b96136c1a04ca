"""Iterative feature normalisation: every speaker by the speaker's neutral speech."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, clone
from sklearn.exceptions import ConvergenceWarning

from .._base import validate_domains
from .._checks import is_count, is_number
from .._labels import source_labels
from .._pseudo_labels import lost_classes, make_labeller, warn_collapsed
from ._column_scales import standard, standard_by
from ._domain_scale import check_min_group, learn_domain, without_scale
from ._group_adapter import GroupAdapterMixin
from ._groups import source_ids, target_ids, warn_if_one_sided
from ._neutral_scale import neutral_scale

STARTS = ("corpus", "speaker")


class IterativeFeatureNormalization(OneToOneFeatureMixin, GroupAdapterMixin, BaseEstimator):
    """Scale every speaker, or corpus, by the mean and deviation of its neutral speech.

    .. note::
       The two views differ: `transform` scales by the target's neutral speech, `fit_transform` and
       `transform_source` by the source's.

    Scaling by all rows of a speaker also removes what the emotions of that speaker have in common:
    somebody who is angry throughout looks neutral afterwards. Here only neutral rows decide. In the
    source they are labelled; in the target they are found by a model of neutral speech against the
    rest, which is trained on the source and applied again after each scaling until its labels
    settle. For corpora and speakers with unequal shares of emotions; where the shares are
    equal `CorpusScaler` does the same without labels and without a model that can err.

    Parameters
    ----------
    neutral : object, default="neutral"
        The label of neutral speech in `y`.
    estimator : classifier or None, default=None
        Model of neutral rows (label True) against all others (False), with ``predict_proba``. None
        is ``LogisticRegression(class_weight="balanced", max_iter=500)``.
    threshold : float, default=0.5
        Rows are neutral where its probability of neutral exceeds this.
    start : {"corpus", "speaker"}, default="corpus"
        How rows of a speaker are scaled when neutral ones are first looked for: by their corpus, or
        by all rows of the speaker. "corpus" keeps the emotion of speakers
        with one emotion only; "speaker" copes with greater differences between speakers. Only
        matters where speakers are given: a corpus is scaled by all its rows at first.
    min_neutral : int, default=5
        Fewest neutral rows to scale by. A speaker with fewer is scaled as the corpus; where an
        iteration finds fewer, the scale before it stays.
    min_group : int, default=8
        Speakers with fewer rows, neutral or not, are scaled as their corpus.
    tol : float, default=0.05
        The iteration ends where a smaller share of labels changes, or none.
    max_iter : int, default=10
        Most iterations.

    Attributes
    ----------
    source_, target_ : DomainScale
        What was learned from each domain: ``whole``, a function that scales rows by the neutral
        speech of the whole domain (with ``center`` and ``scale``), and ``corpora`` and
        ``speakers``, dicts of id to such a function, or None for too few rows. They are the same
        object without ``X_target``.
    model_ : classifier or None
        The model of neutral speech, trained on the source as scaled by neutral rows; None without
        ``X_target``.
    start_model_ : classifier or None
        The same for the first detection, trained on the source as scaled by all rows.
    neutral_target_ : ndarray of shape (n_target,) or None
        Which target rows the model takes for neutral after scaling.
    n_iter_ : int
        Most iterations that a corpus or speaker of the target took; 1 without ``X_target``.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    CorpusScaler : Scales by all rows of a corpus or speaker.

    Notes
    -----
    Without ``X_target`` there is nothing to find: every corpus (or speaker) is scaled by all its
    rows, labels are not used, and both views use the source's statistics. Several target corpora
    are one domain unless ``target_domains`` names the corpus of every row; with ``source_domains``
    each source corpus is scaled by its own neutral rows. Ids, their requests in a pipeline, and new
    rows are treated as by `CorpusScaler`; for a new speaker or corpus the neutral rows are found by
    the model among the rows passed, in the source view too. A corpus with fewer than `min_neutral`
    labelled neutral rows is scaled by all its rows, with a warning. A target of a single row is
    scaled by the source's statistics, with a warning. A column in which the neutral rows have no
    spread is scaled by the deviation of all rows of that speaker or corpus.

    After [1]_ and [2]_, whose abstracts give the scheme: detect the neutral speech of each speaker,
    estimate an affine map by it, apply it to all rows, repeat until the labels are consistent. That
    5 % of labels may change, and that the first detection is before any scaling by speaker, is
    recalled. Ours are: the corpus as a level above the speaker, `min_neutral`, that known labels
    replace detection in the source, and a model of its own for the first detection: rows scaled by
    all rows are less spread than rows scaled by neutral ones, and a model trained on the latter
    takes most of them for neutral.

    The labels can settle on the wrong rows. Other speech among the neutral rows widens their
    deviation, which lets in more of it; where that ends with hardly any row, or nearly all rows, of
    a corpus for neutral, the iteration before stays, with a `PseudoLabelWarning`. Across acted
    corpora of different languages this is frequent, and `CorpusScaler` is better by far: mean UAR
    over the 12 pairs of EMO-DB, EMOVO, RAVDESS and URDU (eGeMAPS) is 37.0 against 49.2. The method
    was published for speakers within a corpus; always compare it with `CorpusScaler`.

    **Cost.** A fit of the model on the source, then O(n d) for each iteration in the target; memory
    O(n d).

    References
    ----------
    .. [1] C. Busso, A. Metallinou, S. S. Narayanan (2011), "Iterative feature normalization for
       emotional speech detection", ICASSP, pp. 5692-5695.
    .. [2] C. Busso, S. Mariooryad, A. Metallinou, S. Narayanan (2013), "Iterative Feature
       Normalization Scheme for Automatic Emotion Detection from Speech", IEEE Transactions on
       Affective Computing 4(4), pp. 386-397. https://doi.org/10.1109/T-AFFC.2013.26

    Examples
    --------
    The source is half neutral, the target only a third, and yet its neutral rows are the origin:

    >>> import numpy as np
    >>> from featuretransfer import IterativeFeatureNormalization
    >>> rng = np.random.default_rng(0)
    >>> y, neutral = np.repeat(["neutral", "anger"], [50, 50]), np.arange(90) % 3 == 0
    >>> X = rng.normal(size=(100, 3)) + 4 * (y == "anger")[:, None]
    >>> X_target = 100 + rng.normal(size=(90, 3)) + 4 * ~neutral[:, None]
    >>> adapter = IterativeFeatureNormalization().fit(X, y, X_target=X_target)
    >>> np.abs(adapter.transform(X_target)[neutral].mean(axis=0)).round(6)
    array([0., 0., 0.])
    >>> bool((adapter.neutral_target_ == neutral).all())
    True
    """

    settings = ("transductive",)
    uses_y = True

    def __init__(
        self,
        neutral="neutral",
        estimator=None,
        threshold=0.5,
        start="corpus",
        min_neutral=5,
        min_group=8,
        tol=0.05,
        max_iter=10,
    ):
        self.neutral = neutral
        self.estimator = estimator
        self.threshold = threshold
        self.start = start
        self.min_neutral = min_neutral
        self.min_group = min_group
        self.tol = tol
        self.max_iter = max_iter

    def fit(
        self,
        X,
        y=None,
        *,
        X_target=None,
        speakers=None,
        speakers_target=None,
        source_domains=None,
        target_domains=None,
    ):
        """Learn the scale of neutral speech in both domains.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels; required with `X_target`.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row. Without them every corpus is scaled as one speaker.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speaker of every target row; a tuple where `X_target` is one.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row. Without it the source is one corpus.
        target_domains : array-like of shape (n_target,) or tuple of such, default=None
            Corpus of every target row; a tuple where `X_target` is one. Without it the target is
            one corpus.

        Returns
        -------
        self : IterativeFeatureNormalization
            The fitted adapter.

        Raises
        ------
        TypeError
            If `estimator` is not a classifier with ``predict_proba``.
        ValueError
            If a parameter is out of range, `y` has no neutral rows or no others, or ids and rows do
            not match.
        """
        X, rows = validate_domains(self, X, X_target)
        self._check_parameters()
        model = self._new_model()
        ids = source_ids(source_domains, speakers, len(X))
        ids_target = target_ids(target_domains, speakers_target, X_target)
        self.model_ = self.start_model_ = self.neutral_target_ = None
        self.n_iter_ = 1
        if rows is None:
            self.source_ = learn_domain(X, ids, self._learner(X), self.min_group)
            self.target_ = self.source_
            return self
        y = source_labels(self, X, y)
        warn_if_one_sided(speakers, speakers_target, stacklevel=3)
        neutral = self._labelled_neutral(y)
        at_first = ids if self.start == "speaker" else (ids[0], None)
        whole = learn_domain(X, at_first, self._learner(X), self.min_group)
        self.source_ = learn_domain(X, ids, self._labelled_learner(X, neutral), self.min_group)
        self.start_model_ = clone(model).fit(self._scale(whole, X, at_first), neutral)
        self.model_ = model.fit(self._scale(self.source_, X, ids), neutral)
        self._named = _named(neutral)
        self._fit_target(rows, ids_target)
        return self

    def _fit_target(self, X, ids):
        runs = []
        self.target_ = learn_domain(X, ids, self._learner(X, runs), self.min_group)
        if len(X) == 1:
            self.target_ = without_scale(self.target_, self.source_, stacklevel=3)
        self.neutral_target_ = self._is_neutral(self._scale(self.target_, X, ids))
        self.n_iter_ = max(run.n_iter for run in runs)
        for run in runs:
            if len(run.lost):
                warn_collapsed(type(self).__name__, run.lost, run.n_iter, stacklevel=3)
        unsettled = sum(not run.settled for run in runs)
        if unsettled:
            warnings.warn(
                f"The neutral rows of {unsettled} of {len(runs)} groups (the target, its corpora "
                f"and speakers) had not settled after max_iter={self.max_iter} iterations. Increase"
                " max_iter or tol.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _labelled_learner(self, X, neutral):
        """Scales by labelled neutral rows."""

        def learn(rows, X_scaled):
            enough = np.count_nonzero(neutral[rows]) >= self.min_neutral
            if enough:
                return standard_by(X[rows], neutral[rows])
            if X_scaled is not None:
                return None
            warnings.warn(
                f"A source corpus has {np.count_nonzero(neutral[rows])} rows of neutral="
                f"{self.neutral!r}, fewer than min_neutral={self.min_neutral}: it is scaled by all "
                "its rows. Reduce min_neutral, or leave that corpus out.",
                UserWarning,
                stacklevel=6,
            )
            return standard(X[rows])

        return learn

    def _learner(self, X, runs=None):
        """Scales by neutral rows that the model finds, or by all rows where there is no model."""

        def learn(rows, X_scaled):
            if self.model_ is None:
                return standard(X[rows])
            start = X_scaled if self.start == "corpus" else None
            run = neutral_scale(
                X[rows],
                start,
                self._is_neutral_at_first if start is None else self._is_neutral,
                self._is_neutral,
                self._lost if X_scaled is None else _nothing_lost,
                min_neutral=self.min_neutral,
                tol=self.tol,
                max_iter=self.max_iter,
            )
            if runs is not None:
                runs.append(run)
            return run.scale

        return learn

    def _lost(self, found):
        return lost_classes(_named(found), self._named)

    def _scale(self, domain, X, ids):
        return domain.scaled(X, ids, self._learner(X), self.min_group)

    def _is_neutral(self, X_scaled):
        column = list(self.model_.classes_).index(True)
        return self.model_.predict_proba(X_scaled)[:, column] > self.threshold

    def _is_neutral_at_first(self, X_scaled):
        column = list(self.start_model_.classes_).index(True)
        return self.start_model_.predict_proba(X_scaled)[:, column] > self.threshold

    def _labelled_neutral(self, y):
        labels = np.asarray(y, dtype=object)
        neutral = np.array([label == self.neutral for label in labels], dtype=bool)
        if not neutral.any():
            classes = sorted(set(labels), key=str)
            raise ValueError(
                f"y has no rows of neutral={self.neutral!r}; its classes are {classes}. Pass the "
                "label of neutral speech as neutral, or use CorpusScaler, which needs none."
            )
        if neutral.all():
            raise ValueError(
                f"y has only the class {self.neutral!r}: a model of neutral speech needs other "
                "speech to tell it from. Use CorpusScaler."
            )
        return neutral

    def _new_model(self):
        model = make_labeller(self.estimator)
        if not hasattr(model, "predict_proba"):
            raise TypeError(
                f"estimator must have predict_proba, got {self.estimator!r}. Wrap it: "
                "CalibratedClassifierCV(estimator)."
            )
        return model

    def _check_parameters(self):
        if not is_number(self.threshold, 0, 1) or self.threshold == 0:
            raise ValueError(f"threshold must be a number > 0 and < 1, got {self.threshold!r}.")
        if self.start not in STARTS:
            raise ValueError(f"start must be one of {list(STARTS)}, got {self.start!r}.")
        if not is_count(self.min_neutral, least=2):
            raise ValueError(
                f"min_neutral must be an integer >= 2 (one row has no scale), got "
                f"{self.min_neutral!r}."
            )
        check_min_group(self.min_group)
        if not is_number(self.tol, 0, 1):
            raise ValueError(f"tol must be a number >= 0 and < 1, got {self.tol!r}.")
        if not is_count(self.max_iter):
            raise ValueError(f"max_iter must be an integer >= 1, got {self.max_iter!r}.")


def _named(neutral):
    return np.where(neutral, "neutral", "other")


def _nothing_lost(found):
    """A speaker may well have one kind of speech only."""
    return ()
