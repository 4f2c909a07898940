"""A problem as a peer trains it: the data, starts, decays and minibatches that Kagami drew, out of a .npz file that it wrote.

All runs of a problem have the same shapes, so whatever belongs to a run is stacked along the first axis; a network is one
run, without that axis. The file's name is the law that the model obeys.
"""

import pathlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """R runs of one model, each with loss = data loss, plus decay * (sum of squared parameters).

    The data loss: of `products` and `neurons` the mean over samples of (f(x) - y)^2, of `factorisation` the sum of
    (UV - y)^2, of `perceptron` and `convolutional` the mean cross-entropy of the classes y.
    """

    law: str
    learning_rate: float
    chunk: int  # steps after which losses are compared: a way takes divisors of it at a time
    x: np.ndarray  # [R, samples, features], float32 like all of them; [samples, features] of a network
    y: np.ndarray  # [R, samples]; [R, rows, columns] of a factorisation; [samples], int32, of a network
    decay: np.ndarray  # [R]
    start: dict[str, np.ndarray]  # parameters, each [R, ...]
    batches: np.ndarray | None  # [chunk, batch], int32: rows of each step, then from the first again; None: all rows
    strides: tuple[int, ...]  # of the convolutions

    @property
    def is_network(self):
        return self.law in ("perceptron", "convolutional")


def _products(arrays):
    """E1: f(x) = x . (u * w); u and w [R, features]."""
    return {key: arrays[key][:, :, 0] for key in ("u", "w")}


def _neurons(arrays):
    """E5: f(x) = u . tanh(W x); W [R, neurons, features] and u [R, neurons]. Kagami keeps a layer as [inputs, outputs]."""
    return {"w": arrays["layer1.weight"].transpose(0, 2, 1), "u": arrays["layer2.weight"][:, :, 0]}


def _factors(arrays):
    """U [R, rows, width] and V [R, width, columns]. x is the identity: nobody needs to multiply by it."""
    return {key: arrays[key] for key in ("u", "v")}


def _layers(arrays):
    """A network's layers [inputs, outputs] and filters [kernel, kernel, inputs, outputs], in their order."""
    return {key: arrays[key][0] for key in sorted(arrays.files) if key.endswith(".weight")}


laws = {
    "products": _products,
    "neurons": _neurons,
    "factorisation": _factors,
    "perceptron": _layers,
    "convolutional": _layers,
}


def _targets(law, y):
    if law == "factorisation":
        return y
    return y[0].argmax(-1).astype(np.int32) if law in ("perceptron", "convolutional") else y[:, :, 0]


def read_problem(path):
    law = pathlib.Path(path).stem
    with np.load(path, allow_pickle=False) as arrays:
        problem = Problem(
            law=law,
            learning_rate=float(arrays["learningRate"]),
            chunk=int(arrays["chunk"]),
            x=arrays["x"],
            y=_targets(law, arrays["y"]),
            decay=arrays["decay"],
            start={key: np.ascontiguousarray(value, np.float32) for key, value in laws[law](arrays).items()},
            batches=arrays["batches"] if "batches" in arrays.files else None,
            strides=tuple(int(stride) for stride in arrays["strides"]) if "strides" in arrays.files else (),
        )
    if not problem.is_network:
        return problem
    assert len(problem.decay) == 1 and not problem.decay.any(), "a network is one run without decay"
    x = problem.x[0] if law == "perceptron" else problem.x[0].reshape(-1, 32, 32, 3)
    return Problem(**{**vars(problem), "x": np.ascontiguousarray(x)})
