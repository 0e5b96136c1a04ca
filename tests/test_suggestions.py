import pytest

from featuretransfer._suggestions import did_you_mean


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("corl", " Did you mean 'coral'?"),
        ("egemaps", " Did you mean 'eGeMAPSv02'?"),
        ("x", ""),
        (7, ""),
    ],
)
def test_the_closest_known_name_is_asked_for(name, question):
    assert did_you_mean(name, ["coral", "class-coral", "eGeMAPSv02"]) == question
