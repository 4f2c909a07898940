"""The problems in PyTorch, on the CPU in float32, in three ways:

loop      one run after another, autograd and an update in place; what most scripts do
eager     all runs in one batch of matrices, autograd and an update in place
compiled  several such steps (loss, gradient, update) in one graph by torch.compile; of a network one step. Wants a C++ compiler

Rejected as slower: torch.optim.SGD instead of the update by hand, torch.func.vmap instead of the batch by hand (without
a compiler 4 to 12 times), one step for each call of the compiled graph of a sweep.
"""

import numpy as np
import torch
import torch.nn.functional as F
from measure import serve

steps_per_graph = 10
longest_chunk = 100  # steps of one call


def outputs(problem, p, x):
    """f(x) of one run, or of all: parameters and x with or without a first axis for the runs."""
    if problem.law == "products":
        return torch.matmul(x, (p["u"] * p["w"]).unsqueeze(-1)).squeeze(-1)
    if problem.law == "neurons":
        hidden = torch.tanh(torch.matmul(x, p["w"].transpose(-1, -2)))
        return torch.matmul(hidden, p["u"].unsqueeze(-1)).squeeze(-1)
    if problem.law == "factorisation":
        return torch.matmul(p["u"], p["v"])
    layers = [value for key, value in p.items() if key.startswith("layer")]
    for stride, kernel in zip(problem.strides, (value for key, value in p.items() if key.startswith("conv"))):
        x = F.relu(F.conv2d(x, kernel, stride=stride, padding=1))
    x = x.flatten(1)
    for layer in layers[:-1]:
        x = F.relu(x @ layer)
    return x @ layers[-1]


def run_losses(problem, p, x, y):
    out = outputs(problem, p, x)
    if problem.is_network:
        return F.cross_entropy(out, y)
    square = (out - y).square()
    return square.sum((-2, -1)) if problem.law == "factorisation" else square.mean(-1)


def data_loss(problem, p, x, y):
    """The data losses added up over the runs, so that each run's gradient is its own."""
    return run_losses(problem, p, x, y).sum()


def in_place(problem, p, x, y, decay):
    """One eager step; `decay` holds 2 * gamma in the shape of each parameter, of a network nothing."""
    gradients = torch.autograd.grad(data_loss(problem, p, x, y), list(p.values()))
    with torch.no_grad():
        for key, gradient in zip(p, gradients):
            p[key].sub_(gradient.addcmul_(decay[key], p[key]) if decay else gradient, alpha=problem.learning_rate)


def as_torch(problem):
    """x and the start in the layout of PyTorch: [n, channels, height, width], filters [out, in, height, width].

    Kagami, TensorFlow and JAX put the one row of zeros that a stride of 2 needs behind an image of even size, PyTorch's
    padding in front of it. Of mirrored images and filters that is the same network, and no extra padding is needed.
    """
    if problem.law != "convolutional":
        return problem.x, problem.start
    start = {}
    for key, value in problem.start.items():
        if key.startswith("conv"):
            channels = value.shape[-1]
            value = np.flip(value, (0, 1)).transpose(3, 2, 0, 1)
        elif key == "layer1.weight":  # reads the places of the last convolution, which sorts before it
            side = round((value.shape[0] / channels) ** 0.5)
            value = np.flip(value.reshape(side, side, channels, -1), (0, 1)).transpose(2, 0, 1, 3).reshape(value.shape)
        start[key] = np.ascontiguousarray(value)
    return np.ascontiguousarray(np.flip(problem.x, (1, 2)).transpose(0, 3, 1, 2)), start


def tensors(problem):
    x, start = as_torch(problem)
    p = {key: torch.from_numpy(value.copy()) for key, value in start.items()}
    gamma = torch.from_numpy(problem.decay)
    decay = {} if problem.is_network else {key: 2 * gamma.view(-1, *[1] * (value.dim() - 1)) for key, value in p.items()}
    y = torch.from_numpy(problem.y)
    return p, torch.from_numpy(x), y.long() if problem.is_network else y, decay


def losses_of(problem, p, x, y):
    with torch.no_grad():
        return run_losses(problem, p, x, y).reshape(-1).tolist()


def rows_of(problem):
    """The rows of each step of a chunk; None: all."""
    if problem.batches is None:
        return [None] * problem.chunk
    return [torch.from_numpy(rows).long() for rows in problem.batches]


def loop(problem):
    p, x, y, decay = tensors(problem)
    runs = [
        ({key: value[r].clone().requires_grad_() for key, value in p.items()}, x[r], y[r], {key: value[r] for key, value in decay.items()})
        for r in range(len(problem.decay))
    ]

    def advance(steps):
        for own in runs:
            for _ in range(steps):
                in_place(problem, *own)

    def losses():
        return [loss for own, own_x, own_y, _ in runs for loss in losses_of(problem, own, own_x, own_y)]

    return advance, losses, 10


def eager(problem):
    p, x, y, decay = tensors(problem)
    for value in p.values():
        value.requires_grad_()
    count = min(longest_chunk, problem.chunk)
    batches = rows_of(problem)[:count]

    def advance(steps):
        for rows in batches[:steps]:
            in_place(problem, p, x if rows is None else x[rows], y if rows is None else y[rows], decay)

    return advance, lambda: losses_of(problem, p, x, y), count


def compiled(problem):
    p, x, y, decay = tensors(problem)
    gradient = torch.func.grad(data_loss, argnums=1)
    count = min(longest_chunk, problem.chunk)
    batches = rows_of(problem)[:count]
    unrolled = 1 if problem.is_network else steps_per_graph

    def updated(p, x, y):
        g = gradient(problem, p, x, y)
        if not problem.is_network:
            g = {key: g[key] + decay[key] * p[key] for key in p}
        return {key: p[key] - problem.learning_rate * g[key] for key in p}

    @torch.compile(fullgraph=True, dynamic=False)
    def graph(p, rows):
        for _ in range(unrolled):  # unrolled
            p = updated(p, x, y) if rows is None else updated(p, x[rows], y[rows])
        return p

    def advance(steps):
        nonlocal p
        with torch.no_grad():
            for rows in batches[:steps:unrolled]:
                p = graph(p, rows)

    return advance, lambda: losses_of(problem, p, x, y), count


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    serve({"loop": loop, "eager": eager, "compiled": compiled}, lambda: {"version": torch.__version__})
