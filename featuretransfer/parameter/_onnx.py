"""A network in an ONNX file, run by onnxruntime."""

import numpy as np

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class OnnxModel:
    """A function of rows: the output of a model with one input.

    It holds the content of the file; the session that runs it, which cannot be copied or pickled,
    is opened when it is first used.

    Parameters
    ----------
    content : bytes
        Content of the file.
    output : str or None
        Name of the output; the first by default.
    """

    def __init__(self, content, output=None):
        self.content = content
        self.output = output
        self._session = None

    def __call__(self, X):
        """Run the model.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        codes : ndarray
            The output.
        """
        if self._session is None:
            self._session = _session(self.content)
        names = [node.name for node in self._session.get_outputs()]
        if self.output is not None and self.output not in names:
            raise ValueError(f"The ONNX model has no output {self.output!r}, but {names}.")
        node, *others = self._session.get_inputs()
        if others or node.type not in TYPES or len(node.shape) != 2:
            inputs = [(n.name, n.type, n.shape) for n in (node, *others)]
            raise ValueError(
                "The ONNX model must have one input of floats, of shape (rows, features), got "
                f"{inputs}."
            )
        if isinstance(node.shape[1], int) and node.shape[1] != X.shape[1]:
            raise ValueError(
                f"The ONNX model is for {node.shape[1]} features, but X has {X.shape[1]}."
            )
        wanted = names[0] if self.output is None else self.output
        return self._session.run([wanted], {node.name: X.astype(TYPES[node.type])})[0]

    def __getstate__(self):
        return {**self.__dict__, "_session": None}


def _session(content):
    try:
        import onnxruntime
    except ImportError:
        raise ImportError(
            "An ONNX file as encoder needs the package onnxruntime: "
            "pip install featuretransfer[onnx]."
        ) from None
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
