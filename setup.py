"""Package layout; everything else is in setup.cfg.

The demo corpora live in the top-level folder ``data``, with the script that makes them, and are
shipped as ``featuretransfer._demo_data``.
"""

from setuptools import find_packages, setup

DEMO_DATA = "featuretransfer._demo_data"

setup(
    packages=[*find_packages(include=["featuretransfer", "featuretransfer.*"]), DEMO_DATA],
    package_dir={DEMO_DATA: "data"},
    package_data={
        "featuretransfer": ["py.typed"],
        DEMO_DATA: ["*/*.flac", "*/*.csv", "README.md"],
    },
)
