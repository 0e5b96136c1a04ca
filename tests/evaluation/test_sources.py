import pytest
from sklearn.linear_model import LogisticRegression

import featuretransfer as ft
from featuretransfer.evaluation._sources import source_target_pairs

NAMES = ["emodb", "emovo", "urdu"]


def test_each_and_others():
    each = source_target_pairs(NAMES, "each")
    assert len(each) == 6
    assert (("emovo",), "urdu") in each
    others = [("emovo", "urdu"), ("emodb", "urdu"), ("emodb", "emovo")]
    assert source_target_pairs(NAMES, "others") == list(zip(others, NAMES))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("emodb", [("emodb",)]),
        (["emodb"], [("emodb",)]),
        (["emodb", "emovo"], [("emodb", "emovo")]),
        ([["emodb"], ["emodb", "emovo"]], [("emodb",), ("emodb", "emovo")]),
        (["emodb", ["emodb", "emovo"]], [("emodb",), ("emodb", "emovo")]),
    ],
)
def test_chosen(given, expected):
    pairs = source_target_pairs(NAMES, {"urdu": given})
    assert pairs == [(sources, "urdu") for sources in expected]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ("all", r"one of \['each', 'others'\], or a dict such as \{'emodb': \['emovo', 'urdu'\]\}"),
        (3, "sources must be one of"),
        ({}, "empty dict"),
        ({"urdu": []}, r"sources\['urdu'\] is empty"),
        ({"urdu": [["emodb"], []]}, r"sources\['urdu'\] is empty"),
        ({"urdo": "emodb"}, "'urdo' is a key of sources, but .* Did you mean 'urdu'"),
        ({"urdu": "emovi"}, "'emovi' is a source of 'urdu', but .* Did you mean 'emovo'"),
        ({"urdu": ["emodb", "urdu"]}, "has the target itself"),
        ({"urdu": ["emodb", "emodb"]}, "names a corpus twice"),
        ({"urdu": [["emodb", "emovo"], ["emovo", "emodb"]]}, "has the same sources twice"),
    ],
)
def test_wrong_sources(sources, message):
    with pytest.raises(ValueError, match=message):
        source_target_pairs(NAMES, sources)


def test_only_the_chosen_are_evaluated(corpora):
    clf = LogisticRegression(C=0.1, max_iter=500)
    sources = {"three": [["one"], ["two", "one"]]}
    result = ft.cross_corpus({"coral": ft.recipe("coral", clf)}, corpora, sources=sources)
    table = result.to_frame()
    assert set(table["target"]) == {"three"}
    own = table[table["pipeline"] == "coral"].set_index("source")["uar"]
    assert list(own.index) == ["one", "two+one"]
    assert list(table.loc[table["pipeline"] == "in-corpus", "source"]) == ["three"]
    each = ft.cross_corpus({"coral": ft.recipe("coral", clf)}, corpora, baselines=False).to_frame()
    expected = each.set_index(["source", "target"])["uar"]
    assert own["one"] == expected["one", "three"]


@pytest.mark.parametrize(
    ("sources", "rows"),
    [
        ("others", ["others"]),
        ({"three": [["one"], ["one", "two"]]}, ["one", "one+two"]),
        ({"three": ["one", "two"]}, ["one+two"]),
        ({"three": "one", "one": "three"}, ["three", "one"]),
        ({"three": [["one", "two"]], "one": [["two"], ["two", "three"]]}, None),
    ],
)
def test_matrix_has_a_row_for_each_source(corpora, sources, rows):
    clf = LogisticRegression(C=0.1, max_iter=500)
    result = ft.cross_corpus({"coral": ft.recipe("coral", clf)}, corpora, sources=sources)
    matrix = result.matrix()
    if rows is not None:
        assert sorted(matrix.index) == sorted(rows)
    for line in result.to_frame().query("pipeline == 'coral'").itertuples():
        row = "others" if sources == "others" else line.source
        assert matrix.loc[row, line.target] == line.uar
