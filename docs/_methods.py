"""The page ``docs/methods.md``, from the classes, their docstrings and their tests."""

import ast
import inspect
import re
import sys
from pathlib import Path

from numpydoc.docscrape import NumpyDocString
from sklearn.base import is_classifier, is_clusterer, is_regressor

from featuretransfer._settings import inputs
from featuretransfer.testing import (
    all_adapters,
    all_methods,
    all_predictors,
    all_weighters,
    make_instance,
)

ROOT = Path(__file__).parents[1]
COST = "**Cost.**"
HEAD = ["method", "kind", "use as", "what it does", "takes", "cost", "paper", "oracle tests"]
KINDS = ("instance", "representation", "parameter", "relational")  # the order of the field


def methods():
    """Name to class of everything that adapts, in the order of the field, then by name."""
    found = all_methods().items()
    return dict(sorted(found, key=lambda item: (KINDS.index(kind(item[1])), item[0])))


def kind(cls):
    """What the method transfers: the folder that it is in."""
    return cls.__module__.split(".")[1]


def use_as(cls):
    """The kinds of pipeline step that it is."""
    found = {"adapter": cls.__name__ in all_adapters(), "weighter": cls.__name__ in all_weighters()}
    if cls.__name__ in all_predictors():
        instance = make_instance(cls)
        found["classifier"] = is_classifier(instance)
        found["regressor"] = is_regressor(instance)
        found["clusterer"] = is_clusterer(instance)
    return [name for name, is_one in found.items() if is_one]


def cost(cls):
    """The paragraph of the notes that gives time and memory; empty where there is none."""
    paragraphs = "\n".join(docstring(cls)["Notes"]).split("\n\n")
    found = [text.removeprefix(COST) for text in paragraphs if text.startswith(COST)]
    return " ".join(found[0].split()) if found else ""


def paper(cls):
    """Authors, year and address of the first reference, None for an address that is not given."""
    text = " ".join(docstring(cls)["References"])
    first = re.split(r"\.\. \[\d+\]", text)[1]
    authors, year = re.search(r"(.+?) \((\d{4})\)", first).groups()
    address = re.search(r"https?://\S+", first)
    return short(authors), year, address and address.group().rstrip(".,;")


def short(authors):
    """'B. Sun, J. Feng, K. Saenko' to 'Sun et al.', two to 'Kaya & Karpov', one to 'Loog'."""
    et_al = "et al" in authors
    names = re.split(r", | and | & ", authors.partition(" et al")[0].strip())
    names = [re.sub(r"^([A-Z]\w?\.[ -]?)+", "", name) for name in names]
    return f"{names[0]} et al." if et_al or len(names) > 2 else " & ".join(names)


def oracles():
    """Class name to (file, test) of the tests marked ``@pytest.mark.oracle("ClassName")``."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for name in _marked(function):
                found.setdefault(name, []).append((path.relative_to(ROOT), function.name))
    return found


def _marked(function):
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.oracle":
            yield from map(ast.literal_eval, decorator.args)


def docstring(cls):
    """The parsed docstring of a class."""
    return NumpyDocString(inspect.getdoc(cls))


def table(head, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(cells) + " |" for cells in [head, *rows]]
    lines.insert(1, "|" + " --- |" * len(head))
    return "\n".join(lines)


def page():
    """The whole page."""
    checked = oracles()
    rows = [row(cls, checked.get(name, [])) for name, cls in methods().items()]
    return f"""# Methods

This page is written by `python docs/_methods.py`, from the classes themselves.

*kind* is what is transferred. *use as*: an adapter is a pipeline step before a classifier, a
weighter goes into `ReweightedClassifier` or `ReweightedRegressor`, a classifier, regressor or
clusterer is the last step itself; `featuretransfer.recipe` puts each where it belongs. *takes* is
what `fit` can be given besides the source rows: `y` are source labels, `X_target` are target rows,
`y_target` the labels of some of them (None or NaN for the others), `X_paired` rows known in the
columns of both domains, `speakers`, `source_domains` and so on the speaker or corpus of every
row; what is needed, and for which transfer settings, is told in [settings.md](settings.md).
*cost* is that of `fit`. *oracle tests* compare the class with its mathematical definition, computed
in another way.

{table(HEAD, rows)}
"""


def row(cls, tests):
    """The cells of one method."""
    summary = " ".join(docstring(cls)["Summary"])
    authors, year, address = paper(cls)
    cited = f"{authors} ({year})"
    return [
        link(cls),
        kind(cls),
        ", ".join(use_as(cls)),
        plain(summary),
        ", ".join(f"`{name}`" for name in inputs(cls)),
        plain(cost(cls)),
        f"[{cited}]({escaped(address)})" if address else cited,
        "<br>".join(f"[{name}](../{path.as_posix()})" for path, name in tests),
    ]


def link(cls):
    """The name of the class, with a link to its source."""
    source = f"../featuretransfer/{'/'.join(cls.__module__.split('.')[1:])}.py"
    return f"[{cls.__name__}]({source})"


def plain(text):
    """Docstring text for a cell of a table."""
    return text.replace("``", "`").replace("|", "\\|").strip()


def escaped(address):
    """An address without the parentheses that would end a link."""
    return address.replace("(", "%28").replace(")", "%29")


if __name__ == "__main__":
    sys.stdout.write(page())
