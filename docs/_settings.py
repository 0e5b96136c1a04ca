"""The page ``docs/settings.md``: what each method can be used for, from the classes themselves."""

import sys

from _methods import KINDS, kind, link, methods, table

from featuretransfer._settings import SETTINGS, inputs, needs

#: Column of the table to what inputs it is of; inputs of none of them have the last column.
COLUMNS = {
    "target rows": {"X_target"},
    "target labels": {"y_target"},
    "groups": {"speakers", "speakers_target", "source_domains", "target_domains"},
    "pairs": {"X_paired"},
    "further labels": {"tasks", "tasks_target", "attributes", "attributes_target"},
}
OTHERS = "other inputs"
KNOWN = {"y"}.union(*COLUMNS.values())


def cell(cls, names):
    """What a method does with the inputs `names`: needed, optional, or nothing at all."""
    needed = [f"`{name}`" for name in needs(cls) if name in names]
    usable = [f"`{name}`" for name in inputs(cls) if name in names and name not in needs(cls)]
    parts = {"needs": needed, "can use": usable}
    return "; ".join(f"{verb} {', '.join(found)}" for verb, found in parts.items() if found)


def columns():
    """Column to the names of its inputs, as far as a method has some."""
    others = {name for cls in methods().values() for name in inputs(cls)} - KNOWN
    return {**COLUMNS, **({OTHERS: others} if others else {})}


def row(cls):
    """The cells of one method."""
    return [
        link(cls),
        kind(cls),
        *("yes" if setting in cls.settings else "" for setting in SETTINGS),
        *(cell(cls, names) for names in columns().values()),
    ]


def overview():
    """Rows of the small table: setting by what is transferred, with the names of the methods."""
    for setting in SETTINGS:
        found = [cls for cls in methods().values() if setting in cls.settings]
        yield [setting, *(_names(cls for cls in found if kind(cls) == name) for name in kinds())]


def kinds():
    """What is transferred by some method."""
    found = {kind(cls) for cls in methods().values()}
    return [name for name in KINDS if name in found]


def _names(found):
    return ", ".join(f"`{cls.__name__}`" for cls in found)


def page():
    """The whole page."""
    small = table(["", *kinds()], overview())
    head = ["method", "transfers", *SETTINGS, *columns()]
    return f"""# Settings

This page is written by `python docs/_settings.py`, from the classes themselves; every entry is
checked by `tests/test_settings.py`.

## What is transferred, and from which labels

S. J. Pan and Q. Yang, "A Survey on Transfer Learning", IEEE Transactions on Knowledge and Data
Engineering 22(10), 2010, https://doi.org/10.1109/TKDE.2009.191, order methods by what they transfer
(instances, a representation of the features, parameters, relations), which here is the folder of
the package that a method is in, and by the labels they learn from, which its class states in its
attribute `settings`:

- **inductive**: labels of some target rows are learned from, passed as `y_target`.
- **transductive**: the source has labels, the target rows that are passed as `X_target` have none.
- **unsupervised**: nothing has labels. The survey means tasks such as clustering. An adapter that
  learns from no labels is of this setting as well: its features are as good for a clusterer as for
  a classifier, which makes its use transductive. Weights are not, since what they are given to
  learns from the labels of the source.

{small}

## What each method takes

What a method *needs* must be given, or nothing is transferred: weights are then 1, an adapter
treats rows of both domains alike, a classifier or regressor is the plain one of the source, with a
warning if it was given anything of the target. A method for a target with other columns refuses
columns that nothing links. What it *can use* changes the result where it is given. Source rows go
without saying, and source labels are needed by everything that is not unsupervised (weights need
none themselves). Groups name the speaker or the corpus of every row, pairs are rows known in the
columns of both domains, further labels are such as gender or speaker, learned beside emotions. How
several source and target corpora are passed is told in [several-corpora.md](several-corpora.md).

{table(head, map(row, methods().values()))}
"""


if __name__ == "__main__":
    sys.stdout.write(page())
