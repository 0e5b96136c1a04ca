import copy
import pickle
import struct
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from featuretransfer import PretrainedEncoder
from featuretransfer.parameter._onnx import OnnxModel

RNG = np.random.default_rng(0)
W, B, X = RNG.normal(size=(5, 3)), RNG.normal(size=3), RNG.normal(size=(7, 5))


# --- an ONNX file, written field by field (onnx.proto), so that the package onnx is not needed


def number(value):
    """A base-128 varint."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def field(tag, value):
    """A field: an integer as varint, everything else with its length."""
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    value = value.encode() if isinstance(value, str) else value
    return number(tag << 3 | 2) + number(len(value)) + value


def tensor(name, array):
    """TensorProto of float32: dims, data_type, name, raw_data."""
    dims = b"".join(field(1, size) for size in array.shape)
    data = struct.pack(f"<{array.size}f", *array.ravel())
    return dims + field(2, 1) + field(8, name) + field(9, data)


def value(name, n_columns, kind):
    """ValueInfoProto of shape (rows, n_columns); kind 1 is float32, 11 float64."""
    shape = field(1, field(2, "rows")) + field(1, field(1, n_columns))
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def node(operator, inputs, output):
    """NodeProto."""
    return b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, operator)


def dense_layer(weights, biases):
    """ModelProto of ``scores = X @ weights + biases`` and ``codes = tanh(scores)``.

    Parameters
    ----------
    weights : ndarray of shape (n_in, n_out)
        Weights.
    biases : ndarray of shape (n_out,)
        Biases.

    Returns
    -------
    content : bytes
        Content of the file; "codes" is its first output.
    """
    n_in, n_out = weights.shape
    graph = b"".join(
        [
            field(1, node("Gemm", ["X", "W", "b"], "scores")),
            field(1, node("Tanh", ["scores"], "codes")),
            field(2, "layer"),
            field(5, tensor("W", weights)),
            field(5, tensor("b", biases)),
            field(11, value("X", n_in, 1)),
            field(12, value("codes", n_out, 1)),
            field(12, value("scores", n_out, 1)),
        ]
    )
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


# --- tests


def test_without_the_package_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install featuretransfer\[onnx\]"):
        OnnxModel(dense_layer(W, B))(X)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (extra onnx)")
    path = tmp_path_factory.mktemp("onnx") / "layer.onnx"
    path.write_bytes(dense_layer(W, B))
    return path


@pytest.mark.parametrize("kind", [str, lambda path: path])
@pytest.mark.parametrize("output", [None, "codes", "scores"])
def test_a_file_encodes(path, kind, output):
    encoder = PretrainedEncoder(kind(path), output=output)
    codes = encoder.fit_transform(X)
    expected = X @ W + B if output == "scores" else np.tanh(X @ W + B)
    assert_allclose(codes, expected, atol=1e-5)
    assert codes.dtype == np.float64
    assert encoder.transform(X.astype(np.float32)).dtype == np.float32


def test_fitted_steps_carry_the_model_with_them(path, tmp_path):
    moved = tmp_path / "moved.onnx"
    moved.write_bytes(path.read_bytes())
    model = make_pipeline(StandardScaler(), PretrainedEncoder(str(moved))).fit(X)
    expected = model.transform(X)
    moved.unlink()
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert_array_equal(other.transform(X), expected)
    with pytest.raises(FileNotFoundError, match=r"moved\.onnx"):
        clone(model).fit(X)


def test_wrong_models_are_refused(path):
    with pytest.raises(ValueError, match="ONNX model is for 5 features, but X has 4"):
        PretrainedEncoder(path).fit(X[:, :4])
    with pytest.raises(ValueError, match=r"no output 'logits', but \['codes', 'scores'\]"):
        PretrainedEncoder(path, output="logits").fit(X)


def test_a_model_of_two_inputs_is_refused(path):
    graph = b"".join(
        [
            field(1, node("Add", ["X", "Z"], "codes")),
            field(2, "sum"),
            field(11, value("X", 5, 1)),
            field(11, value("Z", 5, 1)),
            field(12, value("codes", 5, 1)),
        ]
    )
    content = field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))
    with pytest.raises(ValueError, match="must have one input of floats"):
        OnnxModel(content)(X)
