"""A sweep as a peer trains it: the data, starts and decays that Kagami drew, out of a .npz file that it wrote.

All runs of a sweep have the same shapes, so whatever belongs to a run is stacked along the first axis. The file's name is
the law that the model obeys.
"""

import pathlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """R runs of one model: loss = mean over samples of (f(x) - y)^2, plus decay * (sum of squared parameters)."""

    name: str
    learning_rate: float
    x: np.ndarray  # [R, samples, features], float32 like all of them
    y: np.ndarray  # [R, samples]
    decay: np.ndarray  # [R]
    start: dict[str, np.ndarray]  # parameters, each [R, ...]


def _products(arrays):
    """E1: f(x) = x . (u * w); u and w [R, features]."""
    return {key: arrays[key][:, :, 0] for key in ("u", "w")}


def _neurons(arrays):
    """E5: f(x) = u . tanh(W x); W [R, neurons, features] and u [R, neurons]. Kagami keeps a layer as [inputs, outputs]."""
    return {"w": arrays["layer1.weight"].transpose(0, 2, 1), "u": arrays["layer2.weight"][:, :, 0]}


laws = {"rescaling-sparsity": _products, "permutation-homogeneity": _neurons}


def read_problem(path):
    name = pathlib.Path(path).stem
    with np.load(path, allow_pickle=False) as arrays:
        start = {key: np.ascontiguousarray(value, np.float32) for key, value in laws[name](arrays).items()}
        return Problem(name, float(arrays["learningRate"]), arrays["x"], arrays["y"][:, :, 0], arrays["decay"], start)
