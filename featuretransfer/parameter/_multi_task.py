"""One network for several tasks: shared hidden layers, a head for each."""

import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from .._base import some_names, validate_domains
from .._checks import check_flags, is_number
from .._labels import require_y
from .._training import check_range, generator, warn_unless_converged
from ..representation._column_scales import standard
from ._heads import Network, initial_parameters, layers_of, train_heads
from ._network_classifier import (
    NetworkClassifier,
    check_weighted_classes,
    hidden_sizes,
    options_of,
    warn_if_unlearned,
    warn_no_labels,
)
from ._tasks import (
    MAIN,
    below_each_other,
    class_labels,
    main_task,
    make_task,
    partial_labels,
    partial_target_labels,
    stack,
    target_task_table,
    task_table,
)

OF_TARGET, DOMAIN = "y_target", "domain"  # names of heads beside that of the main task
TASK_WEIGHT = 0.3  # of a task that a dict of weights lacks


class MultiTaskClassifier(NetworkClassifier, BaseEstimator):
    """Train one network on several tasks at once: shared hidden layers, and a head for each.

    .. note::
       The two views differ where the target has a head of its own: new rows are taken for rows of
       the target, and in a source view for rows of the source.

    The last step of a Pipeline where rows have labels of more than one kind (emotion, gender,
    speaker), of both domains or of one, or where some target rows have labels, a few of every
    class. Labels may be missing anywhere: a row contributes to the tasks it is labelled in. Scale
    each corpus first (`CorpusScaler`).

    Parameters
    ----------
    n_hidden : int or tuple of int, default=64
        Sizes of the hidden layers, which all tasks share.
    activation : {"relu", "tanh", "sigmoid", "identity"}, default="relu"
        Activation function of the hidden layers.
    task_weights : float or dict of str to float, default=0.3
        Weight of the further tasks in the loss, where the main task has 1; a dict gives it by name,
        and 0.3 to a task it lacks. A task of weight 0 is left out.
    target_head : bool, default=False
        Whether the main task of the target is a task of its own, with another head, so that the
        domains have only hidden layers in common. By default one head learns from the labels of
        both, which suits few labels, and labels of some of the classes.
    target_weight : float, default=1.0
        Weight of the target's labels of the main task, where those of the source have 1 in all.
    domain_weight : float, default=0.0
        Weight of a further task, telling source and target rows apart, labelled or not. 0 is none.
    allow_new_classes : bool, default=False
        Whether ``y_target`` may have classes that `y` does not have. One head has then the classes
        of both; a head of its own has those of ``y_target``.
    class_weight : None, "balanced" or dict, default="balanced"
        Weights of the classes in the loss of every task; a dict is for the main task, and the
        others then have none.
    alpha : float or None, default=None
        Weight decay: ``alpha / 2`` times the sum of squared weights is added to the loss. None is
        0.4 divided by the number of classes of the main task.
    learning_rate : float, default=3e-3
        Step size of Adam.
    batch_size : int, default=64
        Rows per step.
    max_iter : int, default=1000
        Most epochs.
    validation_fraction : float, default=0.1
        Share of the rows held out to decide when to stop; where this is fewer than 50 rows the
        training loss decides.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops and the best epoch is taken.
    tol : float, default=1e-4
        Relative decrease of the loss that counts as improvement.
    verbose : bool, default=False
        Whether to print a line after every epoch.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, held-out rows and order of the rows.

    Attributes
    ----------
    network_ : Network
        The network with all its heads.
    coefs_ : list of ndarray of shape (n_inputs, n_outputs)
        Weights of every layer, float32, for standardised rows; the last has all heads beside each
        other.
    intercepts_ : list of ndarray of shape (n_outputs,)
        Biases of every layer, float32.
    classes_ : ndarray of shape (n_classes,)
        The class labels of the main task.
    task_classes_ : dict of str to ndarray
        The class labels of every task that `predict_tasks` predicts.
    n_labelled_ : int
        Number of target rows with a label of the main task.
    loss_curve_ : list of float
        Mean training loss of every epoch.
    validation_curve_ : list of float
        The loss that decided when to stop.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    FineTunedClassifier : One task after the other.
    AttributeTransfer : Emotions given what tells speakers apart.

    Notes
    -----
    The loss is ``sum_t lambda_t mean_i(w_ti CE_ti) + alpha / 2 sum_l |W_l|^2``: of every task t the
    mean cross-entropy over its labelled rows, with class weights of mean 1. A row without any label
    is left out. Rows are standardised by the means and deviations of `X`.

    Without ``X_target`` and without tasks the classifier is the plain network, the source network
    of `FineTunedClassifier` with the same settings to the last bit; so it is with weights of 0.
    Several target corpora are one domain. A head of its own cannot predict a class of which it has
    seen no row, which is warned of.

    **Cost.** An epoch takes O(n p) for n rows and p weights; memory is O(n (d + t) + p) for d
    features and t tasks.

    References
    ----------
    .. [1] R. Caruana (1997), "Multitask Learning", Machine Learning 28.
       https://doi.org/10.1023/A:1007379606734
    .. [2] B. Zhang, E. Mower Provost, G. Essl (2017), "Cross-corpus Acoustic Emotion Recognition
       with Multi-Task Learning: Seeking Common Ground while Preserving Differences", IEEE
       Transactions on Affective Computing (corpora and genders as tasks; here after the paper).

    Examples
    --------
    >>> import pandas as pd
    >>> from featuretransfer import MultiTaskClassifier
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 200, strength=0.5, n_speakers=3, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[40:] = None  # 40 target rows are labelled
    >>> model = MultiTaskClassifier(n_hidden=16, random_state=0).fit(
    ...     data.X_source,
    ...     data.y_source,
    ...     X_target=(data.X_target,),
    ...     y_target=(y_target,),
    ...     tasks=pd.DataFrame({"speaker": data.speakers_source}),
    ... )
    >>> list(model.predict_tasks(data.X_target).columns)
    ['y', 'speaker']
    >>> plain = MultiTaskClassifier(n_hidden=16, random_state=0).fit(data.X_source, data.y_source)
    >>> Xt, yt = data.X_target[40:], data.y_target[40:]
    >>> bool(model.score(Xt, yt) > plain.score(Xt, yt) + 0.1)
    True
    """

    settings = ("inductive",)
    __metadata_request__fit = {"tasks": True, "tasks_target": True}

    def __init__(
        self,
        n_hidden=64,
        activation="relu",
        task_weights=0.3,
        target_head=False,
        target_weight=1.0,
        domain_weight=0.0,
        allow_new_classes=False,
        class_weight="balanced",
        alpha=None,
        learning_rate=3e-3,
        batch_size=64,
        max_iter=1000,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        verbose=False,
        random_state=None,
    ):
        self.n_hidden = n_hidden
        self.activation = activation
        self.task_weights = task_weights
        self.target_head = target_head
        self.target_weight = target_weight
        self.domain_weight = domain_weight
        self.allow_new_classes = allow_new_classes
        self.class_weight = class_weight
        self.alpha = alpha
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X, y, *, X_target=None, y_target=None, tasks=None, tasks_target=None):
        """Train on all tasks.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,)
            Labels of the main task, None or NaN where missing.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; those without a label of any task are not used.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Labels of the target rows in the main task, None or NaN where missing.
        tasks : DataFrame or dict of str to array-like, default=None
            Labels of the source rows in further tasks, None or NaN where missing. A DataFrame is
            cut like `X` by cross-validation, a dict is not.
        tasks_target : DataFrame, dict or tuple of such, default=None
            Labels of the target rows in further tasks, those of `tasks` or others.

        Returns
        -------
        self : MultiTaskClassifier
            The fitted classifier.

        Raises
        ------
        TypeError
            If tasks are neither DataFrame nor dict, or a flag is no bool.
        ValueError
            If a parameter is out of range, a task has one class only or labels of two kinds, or
            training diverges.
        """
        self._check_weights()
        X, target = validate_domains(self, X, X_target)
        require_y(self, y)
        y, target = partial_labels(X, y), X[:0] if target is None else target
        labels = partial_target_labels(y, X_target, y_target, len(target), self.allow_new_classes)
        further = below_each_other(
            (task_table(tasks, len(X), "tasks"), len(X)),
            (target_task_table(tasks_target, X_target, len(X), "tasks_target"), len(target)),
        )
        heads = self._main_heads(y, labels) + self._further_heads(further, len(X), len(target))
        used = np.any([head.labelled for head in heads], axis=0)
        if X_target is not None and not used[len(X) :].any():
            warn_no_labels(self, "the network of the source rows")
        rng, options = generator(self.random_state), options_of(self, len(heads[0].classes))
        scale, both = standard(X), np.concatenate([X, target])
        rows = scale(both[used]).astype(np.float32)
        sizes = [len(head.classes) for head in heads]
        parameters = initial_parameters(X.shape[1], hidden_sizes(self.n_hidden), sizes, rng)
        (training,) = train_heads(parameters, rows, stack(heads, used), options, rng)
        layers, classes = layers_of(parameters, self.activation), [head.classes for head in heads]
        self.network_, self._names = Network(scale, layers, classes), [head.name for head in heads]
        self.coefs_, self.intercepts_ = parameters[::2], parameters[1::2]
        self.n_labelled_ = int(np.sum(~pd.isna(labels)))
        self.loss_curve_, self.validation_curve_ = training.losses, training.monitored
        self.n_iter_ = len(self.loss_curve_)
        warn_unless_converged(self, [training])
        if training.converged:
            main = heads[0]
            log_p = self.network_.log_probabilities(both[main.labelled])[:1]
            warn_if_unlearned(self, log_p, [stack([main], main.labelled)], options.alpha)
        return self

    def predict_tasks(self, X):
        """Predict the labels of all tasks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        labels : DataFrame of shape (n_samples, n_tasks)
            One column for each task, "y" for the main task; rows are indexed as in `X`.
        """
        index = X.index if isinstance(X, pd.DataFrame) else None
        scores = self.network_.scores(self._validate_rows(X))
        heads, classes = self._head_numbers, self.network_.classes
        columns = {name: classes[h][scores[h].argmax(axis=1)] for name, h in heads.items()}
        return pd.DataFrame(columns, index=index)

    @property
    def classes_(self):
        """The class labels of the main task."""
        return self.network_.classes[self._head_numbers[MAIN]]

    @property
    def task_classes_(self):
        """The class labels of every task."""
        return {name: self.network_.classes[h] for name, h in self._head_numbers.items()}

    @property
    def _head_numbers(self):
        """Head of every task; that of the main task is the one of the domain of the view."""
        numbers = {name: number for number, name in enumerate(self._names)}
        of_target = numbers.pop(OF_TARGET, None)
        if of_target is not None and not self._source_view:
            numbers[MAIN] = of_target
        return numbers

    def _main_log_probabilities(self, X):
        return self.network_.log_probabilities(X)[self._head_numbers[MAIN]]

    def _main_heads(self, y, labels):
        """The heads of the main task: one, or one for each domain."""
        known, new = (np.unique(class_labels(part[~pd.isna(part)], MAIN)) for part in (y, labels))
        check_weighted_classes(self.class_weight, known, new)
        if not (self.target_head and self.target_weight and len(known) and len(new)):
            return [main_task(y, labels, self.class_weight, self.target_weight)]
        of_target = new if self.allow_new_classes else known
        _warn_unseen(of_target, new)
        without = [np.full(len(part), None) for part in (y, labels)]
        every = np.ones(len(y) + len(labels), dtype=bool)
        return [
            make_task(name, np.concatenate(values), self.class_weight, [(every, weight)], classes)
            for name, values, weight, classes in (
                (MAIN, (y, without[1]), 1.0, known),
                (OF_TARGET, (without[0], labels), self.target_weight, of_target),
            )
        ]

    def _further_heads(self, further, n_source, n_target):
        """The heads of the other tasks that have a weight."""
        weights = {name: self._weight(name) for name in further}
        given = self.task_weights if isinstance(self.task_weights, dict) else {}
        unknown = sorted(set(given) - set(further))
        if unknown:
            raise ValueError(
                f"task_weights names tasks that were not passed: {some_names(unknown)}. The tasks "
                f"are {some_names(sorted(further), 10)}."
            )
        reserved = sorted({MAIN, OF_TARGET, DOMAIN} & set(further))
        if reserved:
            raise ValueError(f"tasks cannot be called {some_names(reserved)}: rename them.")
        if n_target and self.domain_weight:
            domains = np.repeat(["source", "target"], [n_source, n_target]).astype(object)
            further, weights = {**further, DOMAIN: domains}, {**weights, DOMAIN: self.domain_weight}
        every = np.ones(n_source + n_target, dtype=bool)
        class_weight = "balanced" if self.class_weight == "balanced" else None
        return [
            make_task(name, values, class_weight, [(every, weights[name])])
            for name, values in further.items()
            if weights[name]
        ]

    def _weight(self, name):
        """Weight of a further task."""
        if isinstance(self.task_weights, dict):
            return self.task_weights.get(name, TASK_WEIGHT)
        return self.task_weights

    def _check_weights(self):
        check_range(self, "target_weight")
        check_range(self, "domain_weight")
        check_flags(self, "target_head", "allow_new_classes")
        given = self.task_weights
        for weight in given.values() if isinstance(given, dict) else [given]:
            if not is_number(weight, 0):
                raise ValueError(
                    "task_weights must be a number >= 0, or a dict of task name to such numbers, "
                    f"got {given!r}."
                )


def _warn_unseen(classes, labels):
    unseen = sorted(set(classes.tolist()) - set(labels.tolist()))
    if unseen:
        warnings.warn(
            f"y_target has no row of the classes {some_names(unseen)}, which the head of the "
            "target will hardly predict. Use target_head=False, one head for both domains.",
            UserWarning,
            stacklevel=4,
        )
