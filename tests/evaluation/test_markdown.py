import pytest
from simulated import simulated

SKILLS = {"chance": 0, "source-only": 0.5, "corpus-scaling": 0.6, "in-corpus": 0.9, "good": 0.8}


def tables(text):
    """Cells of every table in a text."""
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        for block in blocks
    ]


def test_scores_that_nobody_has_make_no_column():
    plain = tables(simulated(SKILLS).to_markdown())[0]
    assert plain[0][:6] == ["pipeline", "UAR", "low", "high", "WAR", "macro F1"]
    assert "AUC" not in plain[0]  # chance alone has it
    told = tables(simulated(SKILLS, probabilities=("good",)).to_markdown())[0]
    assert told[0][6:8] == ["AUC", "ECE"]
    line = next(line for line in told if line[0] == "good")
    assert float(line[6]) > 60
    assert 0 < float(line[7]) < 50


def test_pipelines_tuned_on_target_labels_have_tables_of_their_own():
    result = simulated({**SKILLS, "best": 0.9}, tuning={"best": "oracle"})
    text = result.to_markdown()
    means, pairs, oracle, oracle_pairs, _ = tables(text)
    assert "best" not in [line[0] for line in means]
    assert "best" not in pairs[0]
    assert [line[0] for line in oracle] == ["pipeline", oracle[1][0], "best"]
    assert "oracle" in oracle[2]
    assert oracle_pairs[0] == ["source", "target", "best"]
    assert "Tuned on target labels (oracle)" in text
    assert "oracle" not in simulated(SKILLS).to_markdown()


def test_budgets_are_lines_and_columns_of_their_own():
    result = simulated(SKILLS, budgets=(5, 20))
    means, pairs, _ = tables(result.to_markdown())
    names = [line[0] for line in means]
    assert {"good (5)", "good (20)"} <= set(names)
    assert pairs[0][-2:] == ["good (5)", "good (20)"]
    table = result.to_frame().set_index(["pipeline", "budget", "source", "target"])
    shown = float(pairs[2][pairs[0].index("good (20)")])
    assert shown == pytest.approx(100 * table.loc[("good", 20, "one", "two"), "uar"], abs=0.051)


def test_ratings():
    text = simulated(SKILLS, ratings=True).to_markdown()
    means, _, counts = tables(text)
    assert means[0][:5] == ["pipeline", "CCC", "low", "high", "Pearson"]
    assert "CCC by pair, percent." in text
    assert counts[0] == ["target", "n", "in-corpus"]


def test_failures_are_listed():
    text = simulated(SKILLS, failed=[("good", "one", "two")]).to_markdown()
    assert "Failed, counted as chance:\n\n- good, one to two: ValueError: no" in text
    assert "failed" in tables(text)[0][0]
