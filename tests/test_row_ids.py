import numpy as np
import pytest

from featuretransfer._row_ids import validate_row_ids


def test_one_id_for_every_row():
    assert validate_row_ids(None, 2, "speakers", "speaker") is None
    assert validate_row_ids(["a", 2], 2, "speakers", "speaker").tolist() == ["a", 2]
    found = validate_row_ids(["a", None], 2, "speakers", "speaker", allow_missing=True)
    assert found.tolist() == ["a", None]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a"], r"speakers must name one speaker for each of the 2 rows of X, got shape \(1,\)"),
        (["a", np.nan], "speakers lacks the speaker of 1 of 2 rows .* or leave speakers out"),
    ],
)
def test_what_is_refused(ids, message):
    with pytest.raises(ValueError, match=message):
        validate_row_ids(ids, 2, "speakers", "speaker", rows="X")
