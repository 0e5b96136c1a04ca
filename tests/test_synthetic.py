import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featuretransfer.synthetic import SHIFTS, make_shifted_corpora


def draw(shift, strength=1.0, n=4000, **options):
    return make_shifted_corpora(n, n, 6, shift=shift, strength=strength, random_state=0, **options)


def test_shapes_labels_and_speakers():
    corpora = make_shifted_corpora(50, 30, 7, 3, n_speakers=5, random_state=0)
    assert corpora.X_source.shape == (50, 7)
    assert corpora.X_target.shape == (30, 7)
    assert set(corpora.y_source) == set(corpora.y_target) == {"class0", "class1", "class2"}
    assert len(set(corpora.speakers_source)) == len(set(corpora.speakers_target)) == 5
    assert not set(corpora.speakers_source) & set(corpora.speakers_target)


@pytest.mark.parametrize("shift", SHIFTS)
def test_same_seed_same_rows(shift):
    first, second = draw(shift, n=40), draw(shift, n=40)
    for name in first:
        assert_array_equal(first[name], second[name])


@pytest.mark.parametrize("shift", ["location", "scale", "rotation", "channel"])
def test_strength_zero_is_no_shift(shift):
    corpora = draw(shift, strength=0, n=100)
    unshifted = corpora.X_source.mean(axis=0) - corpora.X_target.mean(axis=0)
    assert np.abs(unshifted).max() < 1
    assert np.abs(draw(shift, strength=2, n=100).X_target - corpora.X_target).max() > 1


def test_location_moves_means_only():
    plain, moved = draw("none"), draw("location")
    # speaker offsets differ between the draws: only the size of the move is fixed
    gap = moved.X_target.mean(axis=0) - moved.X_source.mean(axis=0)
    assert np.all(gap > 0.4)
    assert_allclose(moved.X_target.std(axis=0), plain.X_target.std(axis=0), rtol=0.4)


def test_rotation_keeps_norms():
    corpora = draw("rotation")
    source, target = (
        np.linalg.norm(corpora[name] - corpora[name].mean(axis=0), axis=1).mean()
        for name in ("X_source", "X_target")
    )
    assert source == pytest.approx(target, rel=0.1)


def test_prior_halves_from_class_to_class():
    _, counts = np.unique(draw("prior").y_target, return_counts=True)
    assert_allclose(counts / counts.sum(), np.array([8, 4, 2, 1]) / 15, atol=0.03)


def test_covariate_shift_keeps_labels_given_features():
    corpora = draw("covariate", strength=2.0)
    assert np.linalg.norm(corpora.X_target.mean(axis=0) - corpora.X_source.mean(axis=0)) > 1
    assert set(corpora.y_target) == set(corpora.y_source)


def test_unknown_shift_lists_the_known():
    with pytest.raises(ValueError, match=r"shift must be one of \['none'.*got 'noise'"):
        make_shifted_corpora(shift="noise")
