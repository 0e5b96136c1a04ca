"""The views of adapters that treat every corpus, or every speaker, by itself."""

import copy

from sklearn.utils.validation import check_is_fitted, validate_data

from .._base import FLOATS, AdapterMixin
from ._domain_scale import refuse_source_speakers, warn_if_unnamed
from ._groups import new_target_ids, source_ids


class GroupAdapterMixin(AdapterMixin):
    """Base of adapters with a scale per corpus and speaker, whose views take the ids of the rows.

    A subclass learns ``source_`` and ``target_`` (`DomainScale`) in `fit` and implements
    ``_scale(domain, X, ids)`` with a pair of corpora and speakers.
    """

    __metadata_request__fit = {"X_target": True, "source_domains": True, "target_domains": True}
    __metadata_request__transform = {"target_domains": True}

    def fit_transform(
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
        """Fit, then scale the source rows by the statistics of their speaker or corpus.

        Parameters
        ----------
        X : array-like of shape (n_source, n_features)
            Source rows.
        y : array-like of shape (n_source,), default=None
            Source labels.
        X_target : array-like of shape (n_target, n_features) or tuple of such, default=None
            Target rows.
        speakers : array-like of shape (n_source,), default=None
            Speaker of every source row.
        speakers_target : array-like of shape (n_target,) or tuple of such, default=None
            Speaker of every target row.
        source_domains : array-like of shape (n_source,), default=None
            Corpus of every source row.
        target_domains : array-like of shape (n_target,) or tuple of such, default=None
            Corpus of every target row.

        Returns
        -------
        X_new : ndarray of shape (n_source, n_features)
            The scaled source rows.
        """
        self.fit(
            X,
            y,
            X_target=X_target,
            speakers=speakers,
            speakers_target=speakers_target,
            source_domains=source_domains,
            target_domains=target_domains,
        )
        return self.transform_source(X, speakers=speakers, source_domains=source_domains)

    def transform(self, X, *, speakers_target=None, target_domains=None):
        """Scale rows by the statistics of the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Target rows.
        speakers_target : array-like of shape (n_samples,) or tuple of such, default=None
            Speaker of every row; of a tuple the element that has as many rows as `X`, or all
            elements together. Without them rows are scaled by corpus.
        target_domains : array-like of shape (n_samples,) or tuple of such, default=None
            Corpus of every row, or a tuple as above. Without them rows are scaled by the statistics
            of the whole target.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features)
            The scaled rows.

        Raises
        ------
        ValueError
            If ids and rows do not match, or all speakers are those of the source.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        if self._source_view:
            corpora = self._source_ids.get("source_domains", target_domains)
            ids = source_ids(corpora, self._source_ids.get("speakers", speakers_target), len(X))
            return self._map_source(X, ids)
        return self._map_target(X, new_target_ids(target_domains, speakers_target, len(X)))

    def transform_source(self, X, *, speakers=None, source_domains=None):
        """Scale rows by the statistics of the source.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Source rows, seen in `fit` or new.
        speakers : array-like of shape (n_samples,), default=None
            Speaker of every row. Without them rows are scaled by corpus.
        source_domains : array-like of shape (n_samples,), default=None
            Corpus of every row. Without them rows are scaled by the statistics of all source
            corpora pooled, with a warning if there were several.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_features)
            The scaled rows.
        """
        check_is_fitted(self)
        view = copy.copy(self)
        view._source_view = True
        view._source_ids = {"speakers": speakers, "source_domains": source_domains}
        return view.transform(X)

    def _map_source(self, X, ids=(None, None)):
        warn_if_unnamed(self.source_, ids[0], stacklevel=5)
        return self._scale(self.source_, X, ids).astype(X.dtype, copy=False)

    def _map_target(self, X, ids=(None, None)):
        refuse_source_speakers(ids[1], self.source_, self.target_)
        return self._scale(self.target_, X, ids).astype(X.dtype, copy=False)
