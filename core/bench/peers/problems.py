"""The sweeps that every peer trains: sizes, laws, rates and decays of the presets (theory.md, E1 and E5).

All runs of a sweep have the same shapes, so whatever belongs to a run is stacked along the first axis.
The numbers are drawn by NumPy and so differ from Kagami's own; what a step costs does not depend on them.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """R runs of one model: loss = mean over samples of (f(x) - y)^2, plus decay * (sum of squared parameters)."""

    name: str
    steps: int
    learning_rate: float
    x: np.ndarray  # [R, samples, features], float32 like all of them
    y: np.ndarray  # [R, samples]
    decay: np.ndarray  # [R]
    start: dict[str, np.ndarray]  # parameters, each [R, ...]


def _sweep(name, steps, learning_rate, decays, draws):
    """Every decay with every seed; a seed draws data and start."""
    stacked = {key: np.stack([draw[key] for _ in decays for draw in draws]).astype(np.float32) for key in draws[0]}
    decay = np.repeat(np.asarray(decays, np.float32), len(draws))
    return Problem(name, steps, learning_rate, stacked.pop("x"), stacked.pop("y"), decay, stacked)


def rescaling_sparsity():
    """E1: f(x) = x . (u * w) on 60 samples of 12 features; 8 decays x 10 seeds."""

    def draw(seed):
        random = np.random.default_rng(seed)
        x = random.normal(size=(60, 12))
        coefficients = np.zeros(12)
        coefficients[:4] = 1.5, -2, 0.7, 0.3
        y = x @ coefficients + 0.3 * random.normal(size=60)
        return {"x": x, "y": y, "u": 0.5 * random.normal(size=12), "w": 0.5 * random.normal(size=12)}

    decays = (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
    return _sweep("rescaling-sparsity", 40_000, 0.02, decays, [draw(seed) for seed in range(10)])


def permutation_homogeneity():
    """E5: f(x) = u . tanh(W x), width 32, on 200 samples of a teacher of width 3; 8 decays x 5 seeds."""

    def draw(seed):
        random = np.random.default_rng(seed)
        teacher, x = random.normal(size=(3, 5)), random.normal(size=(200, 5))
        y = np.tanh(x @ teacher.T) @ np.array([1, -1, 0.7]) + 0.1 * random.normal(size=200)
        return {"x": x, "y": y, "w": random.normal(size=(32, 5)) / np.sqrt(5), "u": random.normal(size=32) / np.sqrt(32)}

    decays = (0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    return _sweep("permutation-homogeneity", 30_000, 0.05, decays, [draw(seed) for seed in range(5)])


problems = {problem.name: problem for problem in (rescaling_sparsity(), permutation_homogeneity())}
