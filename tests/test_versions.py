import io
from importlib import metadata

import featuretransfer as ft


def test_prints_and_returns_every_version(capsys):
    versions = ft.show_versions()
    printed = capsys.readouterr().out
    assert versions["featuretransfer"] == ft.__version__ == metadata.version("featuretransfer")
    for name, version in versions.items():
        assert f"{name}: {version}\n" in printed


def test_missing_dependency_is_named(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert ft.show_versions(file=io.StringIO())["numpy"] == "not installed"
