"""Attributes of speakers first, emotions then."""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from .._base import validate_domains
from .._checks import check_flags
from .._labels import require_y
from .._training import check_range, generator, warn_unless_converged
from ..representation._column_scales import standard
from ._heads import (
    Network,
    initial_parameters,
    layers_of,
    minimise,
    parameters_of,
    train_heads,
)
from ._hierarchy import HierarchicalNetwork, hierarchical_objective, hierarchical_outputs
from ._network_classifier import (
    NetworkClassifier,
    check_weighted_classes,
    hidden_sizes,
    options_of,
    warn_if_unlearned,
    warn_no_labels,
    weight_decay,
)
from ._tasks import (
    MAIN,
    below_each_other,
    main_task,
    make_task,
    partial_labels,
    partial_target_labels,
    stack,
    target_task_table,
    task_table,
)

FORMS = ("hierarchical", "shared")


class AttributeTransfer(NetworkClassifier, BaseEstimator):
    """Learn attributes such as gender, age or speaker, then emotions on top of them.

    The last step of a Pipeline where the source has labels of attributes, which are cheaper than
    emotions, and the target a few labels of emotions. The source may have labels of emotions too,
    or none at all (``y=None``). Scale each corpus first (`CorpusScaler`).

    Try it against the target's labels alone: on acted corpora, whose functionals describe emotions
    directly, gender and speakers of another corpus gained nothing over those, and beside emotions
    of the source little. It is for features or corpora in which more is to be learned.

    Parameters
    ----------
    form : {"hierarchical", "shared"}, default="hierarchical"
        "hierarchical": a network learns the attributes first; its hidden layers, held near what
        they are by `alpha_main`, and its predictions of the attributes then are what emotions are
        predicted from. "shared": attributes and emotions are tasks of one network with shared
        hidden layers, as in `MultiTaskClassifier`.
    n_hidden : int or tuple of int, default=64
        Sizes of the hidden layers.
    activation : {"relu", "tanh", "sigmoid", "identity"}, default="relu"
        Activation function of the hidden layers.
    freeze : bool, default=False
        Whether the hidden layers stay as the attributes made them; of the hierarchical form.
    attribute_weight : float, default=1.0
        Weight of every attribute in the loss, where emotions have 1; of the shared form.
    target_weight : float, default=1.0
        Weight of the target's emotion labels, where those of the source have 1 in all.
    allow_new_classes : bool, default=False
        Whether ``y_target`` may have classes that `y` does not have, if `y` has any. The classes
        are then those of both.
    class_weight : None, "balanced" or dict, default="balanced"
        Weights of the classes in the loss of every task; a dict is for emotions, and attributes
        then have none.
    alpha : float or None, default=None
        Weight decay: ``alpha / 2`` times the sum of squared weights is added to the loss of the
        attributes, or to the only loss of the shared form. None is 0.4 divided by the largest
        number of classes of an attribute or, in the shared form, by the number of emotions.
    alpha_main : float or None, default=None
        Weight decay of the second step of the hierarchical form: of the hidden layers towards the
        attributes' weights, of the head of the emotions towards zero. None is 0.4 divided by the
        number of emotions.
    learning_rate : float, default=3e-3
        Step size of Adam.
    batch_size : int, default=64
        Rows per step.
    max_iter : int, default=1000
        Most epochs of each step.
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
    network_ : Network or HierarchicalNetwork
        The network; its first head is that of the emotions.
    attribute_network_ : Network or None
        The network of the attributes alone, after the first step of the hierarchical form.
    classes_ : ndarray of shape (n_classes,)
        The emotions.
    attribute_classes_ : dict of str to ndarray
        The class labels of every attribute.
    n_labelled_ : int
        Number of target rows with an emotion.
    loss_curves_ : list of list of float
        Mean training loss of every epoch, for each step.
    validation_curves_ : list of list of float
        The loss that decided when to stop, for each step.
    n_iter_ : int
        Number of epochs of all steps.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where `X` is a DataFrame.

    See Also
    --------
    MultiTaskClassifier : The shared form, with more to set.
    FineTunedClassifier : Any one source task, then emotions.

    Notes
    -----
    In the hierarchical form, after the paper, the scores of the emotions are ``[h, p_1, .. p_m] V +
    c`` with the last hidden layer h and the probabilities p_a of every attribute, ``softmax(h W_a +
    b_a)``. The first step fits h, W and b to the attributes of all rows that have some; the second
    fits V, c and, unless `freeze`, the weights below h to the emotions of all rows that have one,
    the gradient passing through h and p alike, while the heads of the attributes stay. That the
    hidden layers move, and how they are held, is our choice.

    Without attributes it is the plain network, `MultiTaskClassifier` with no further tasks. Without
    ``X_target`` both steps learn from the source alone. Several target corpora are one domain. Rows
    are standardised by the means and deviations of `X`.

    **Cost.** An epoch takes O(n p) for n rows and p weights; memory is O(n (d + m) + p) for d
    features and m attributes.

    References
    ----------
    .. [1] H. Zhao, N. Ye, R. Wang (2018), "Transferring Age and Gender Attributes for Dimensional
       Emotion Prediction from Big Speech Data Using Hierarchical Deep Learning", IEEE International
       Conference on Big Data Security on Cloud (here for classes of emotions).
    .. [2] J. Gideon, S. Khorram, Z. Aldeneh, D. Dimitriadis, E. Mower Provost (2017), "Progressive
       Neural Networks for Transfer Learning in Emotion Recognition", Interspeech (from speaker and
       gender to emotion). https://arxiv.org/abs/1706.03256

    Examples
    --------
    >>> import pandas as pd
    >>> from featuretransfer import AttributeTransfer
    >>> from featuretransfer.synthetic import make_shifted_corpora
    >>> data = make_shifted_corpora(200, 100, shift="none", n_speakers=2, random_state=0)
    >>> y_target = data.y_target.astype(object)
    >>> y_target[20:] = None  # 20 target rows have an emotion, no source row has
    >>> attributes = pd.DataFrame({"speaker": data.speakers_source})
    >>> model = AttributeTransfer(n_hidden=16, random_state=0).fit(
    ...     data.X_source, X_target=data.X_target, y_target=y_target, attributes=attributes
    ... )
    >>> model.predict(data.X_target[20:]).shape
    (80,)
    >>> list(model.predict_attributes(data.X_target).columns)
    ['speaker']
    """

    settings = ("inductive",)
    __metadata_request__fit = {"attributes": True, "attributes_target": True}

    def __init__(
        self,
        form="hierarchical",
        n_hidden=64,
        activation="relu",
        freeze=False,
        attribute_weight=1.0,
        target_weight=1.0,
        allow_new_classes=False,
        class_weight="balanced",
        alpha=None,
        alpha_main=None,
        learning_rate=3e-3,
        batch_size=64,
        max_iter=1000,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        verbose=False,
        random_state=None,
    ):
        self.form = form
        self.n_hidden = n_hidden
        self.activation = activation
        self.freeze = freeze
        self.attribute_weight = attribute_weight
        self.target_weight = target_weight
        self.allow_new_classes = allow_new_classes
        self.class_weight = class_weight
        self.alpha = alpha
        self.alpha_main = alpha_main
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    def fit(
        self, X, y=None, *, X_target=None, y_target=None, attributes=None, attributes_target=None
    ):
        """Train on the attributes, then on the emotions, or on both together.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Emotions of the source rows, None or NaN where missing; None where all are.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows; those without any label are not used.
        y_target : array-like of shape (n_target,) or tuple of such, default=None
            Emotions of the target rows, None or NaN where missing.
        attributes : DataFrame or dict of str to array-like, default=None
            Attributes of the source rows, None or NaN where missing. A DataFrame is cut like `X` by
            cross-validation, a dict is not.
        attributes_target : DataFrame, dict or tuple of such, default=None
            Attributes of the target rows.

        Returns
        -------
        self : AttributeTransfer
            The fitted classifier.

        Raises
        ------
        TypeError
            If attributes are neither DataFrame nor dict, or a flag is no bool.
        ValueError
            If a parameter is out of range, no row has an emotion, a task has one class only or
            labels of two kinds, or training diverges.
        """
        self._check_parameters()
        rng = generator(self.random_state)
        X, target = validate_domains(self, X, X_target)
        if y_target is None:
            require_y(self, y)
        y, target = partial_labels(X, y), X[:0] if target is None else target
        labels = partial_target_labels(y, X_target, y_target, len(target), self.allow_new_classes)
        table = below_each_other(
            (task_table(attributes, len(X), "attributes"), len(X)),
            (
                target_task_table(attributes_target, X_target, len(X), "attributes_target"),
                len(target),
            ),
        )
        main = main_task(y, labels, self.class_weight, self.target_weight)
        check_weighted_classes(self.class_weight, main.classes)
        others = self._attribute_tasks(table, len(X) + len(target))
        if X_target is not None and not any(t.labelled[len(X) :].any() for t in [main, *others]):
            warn_no_labels(self, "what it is without X_target")
        scale = standard(X)
        both = np.concatenate([X, target])
        rows = scale(both).astype(np.float32)
        steps = self._hierarchical if others and self.form == "hierarchical" else self._shared
        trainings = steps(scale, rows, main, others, rng)
        self._names = [task.name for task in others]
        self.n_labelled_ = int(np.sum(~pd.isna(labels)))
        self.loss_curves_ = [training.losses for training in trainings]
        self.validation_curves_ = [training.monitored for training in trainings]
        self.n_iter_ = sum(map(len, self.loss_curves_))
        warn_unless_converged(self, trainings)
        if all(training.converged for training in trainings):
            for network, tasks, name, alpha in self._learned(main, others):
                log_p = [p[t.labelled] for p, t in zip(network.log_probabilities(both), tasks)]
                labels = [stack([task], task.labelled) for task in tasks]
                warn_if_unlearned(self, log_p, labels, alpha, name)
        return self

    def predict_attributes(self, X):
        """Predict the attributes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.

        Returns
        -------
        attributes : DataFrame of shape (n_samples, n_attributes)
            One column for each attribute; rows are indexed as in `X`.
        """
        index = X.index if isinstance(X, pd.DataFrame) else None
        X = self._validate_rows(X)
        scores = self.network_.scores(X)[1:]
        columns = {
            name: classes[values.argmax(axis=1)]
            for (name, classes), values in zip(self.attribute_classes_.items(), scores)
        }
        return pd.DataFrame(columns, index=range(len(X)) if index is None else index)

    @property
    def classes_(self):
        """The emotions."""
        return self.network_.classes[0]

    @property
    def attribute_classes_(self):
        """The class labels of every attribute."""
        return dict(zip(self._names, self.network_.classes[1:]))

    def _main_log_probabilities(self, X):
        return self.network_.log_probabilities(X)[0]

    def _shared(self, scale, rows, main, others, rng):
        """Train all heads at once."""
        tasks = [main, *others]
        options = options_of(self, len(main.classes))
        parameters, training = self._train_heads(rows, tasks, options, rng)
        layers, classes = layers_of(parameters, self.activation), [task.classes for task in tasks]
        self.network_, self.attribute_network_ = Network(scale, layers, classes), None
        return [training]

    def _hierarchical(self, scale, rows, main, others, rng):
        """Train the heads of the attributes, then that of the emotions."""
        options = options_of(self, max(len(task.classes) for task in others))
        parameters, first = self._train_heads(rows, others, options, rng)
        classes = [task.classes for task in others]
        layers, sizes = layers_of(parameters, self.activation), [len(names) for names in classes]
        self.attribute_network_ = Network(scale, layers, classes)
        n_inputs = sum(layers[-1].weights.shape)
        parameters = [
            *parameters_of(layers),
            np.zeros((n_inputs, len(main.classes)), np.float32),
            np.zeros(len(main.classes), np.float32),
        ]
        anchors = [weights.copy() for weights in parameters[::2]]
        alpha = weight_decay(self, "alpha_main", len(main.classes))

        def loss_and_gradients(X, labels):
            how = (self.activation, alpha, anchors)
            return hierarchical_objective(parameters, X, labels, sizes, *how)

        def outputs(X):
            return hierarchical_outputs(parameters, self.activation, X, sizes)[0]

        body = 0.0 if self.freeze else self.learning_rate
        rates = [body] * (len(parameters) - 4) + [0.0] * 2 + [self.learning_rate] * 2
        (second,) = minimise(
            parameters,
            rows[main.labelled],
            stack([main], main.labelled),
            loss_and_gradients,
            outputs,
            options,
            rng,
            [replace(options.schedule, learning_rate=rates)],
        )
        *layers, head = layers_of(parameters, self.activation)
        layers[-1] = layers[-1]._replace(activation="identity")
        self.network_ = HierarchicalNetwork(
            Network(scale, layers, classes), head, [main.classes, *classes]
        )
        return [first, second]

    def _learned(self, main, others):
        """What is to be learned in every step: network, tasks, name and value of weight decay."""
        n_classes = len(main.classes)
        if self.attribute_network_ is None:
            return [(self.network_, [main], "alpha", weight_decay(self, "alpha", n_classes))]
        most = max(len(task.classes) for task in others)
        return [
            (self.attribute_network_, others, "alpha", weight_decay(self, "alpha", most)),
            (self.network_, [main], "alpha_main", weight_decay(self, "alpha_main", n_classes)),
        ]

    def _train_heads(self, rows, tasks, options, rng):
        """A network with a head for each of the tasks, trained on the rows that have a label."""
        used = np.any([task.labelled for task in tasks], axis=0)
        sizes = [len(task.classes) for task in tasks]
        parameters = initial_parameters(rows.shape[1], hidden_sizes(self.n_hidden), sizes, rng)
        (training,) = train_heads(parameters, rows[used], stack(tasks, used), options, rng)
        return parameters, training

    def _attribute_tasks(self, table, n_rows):
        if MAIN in table:
            raise ValueError(f"An attribute cannot be called {MAIN!r}: rename it.")
        weight = self.attribute_weight if self.form == "shared" else 1.0
        class_weight = "balanced" if self.class_weight == "balanced" else None
        parts = [(np.ones(n_rows, dtype=bool), weight)]
        return [
            make_task(name, values, class_weight, parts) for name, values in table.items() if weight
        ]

    def _check_parameters(self):
        if self.form not in FORMS:
            raise ValueError(f"form must be one of {list(FORMS)}, got {self.form!r}.")
        for name in ("attribute_weight", "target_weight"):
            check_range(self, name)
        weight_decay(self, "alpha_main", 1)
        check_flags(self, "freeze", "allow_new_classes")
