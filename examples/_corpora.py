"""The corpora that the examples run on."""

import argparse
import os
from pathlib import Path

import featuretransfer as ft

NAMES = ("emodb", "emovo", "ravdess", "urdu")


def load(description):
    """The four real corpora of FEATURETRANSFER_CORPORA, or the demo corpora.

    Parameters
    ----------
    description : str
        What the script does, for ``--help``.

    Returns
    -------
    corpora : dict of str to Corpus
        Name to corpus, with the labels of the corpora themselves.
    is_demo : bool
        Whether they are the demo corpora, whose figures say nothing about real speech.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--demo", action="store_true", help="run on the synthetic demo corpora")
    demo = parser.parse_args().demo
    root = os.environ.get("FEATURETRANSFER_CORPORA")
    if not demo and not root:
        parser.error(
            "set FEATURETRANSFER_CORPORA to the folder with emodb, emovo, ravdess and urdu, or "
            "pass --demo"
        )
    found = (
        ft.load_demo_corpora()
        if demo
        else [ft.load_corpus(name, Path(root) / name) for name in NAMES]
    )
    return {corpus.name: corpus for corpus in found}, demo
