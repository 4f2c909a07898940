"""The sweeps in PyTorch, on the CPU in float32, in three ways:

loop      one run after another, autograd and an update in place; what most scripts do
stacked   all runs in one batch of matrices, autograd and an update in place
compiled  several stacked steps (loss, gradient, update) in one graph by torch.compile; wants a C++ compiler

Rejected as slower: torch.optim.SGD instead of the update by hand, torch.func.vmap instead of the batch by hand (without
a compiler 4 to 12 times), one step for each call of the compiled graph.
"""

import torch
from measure import serve

steps_per_graph = 10
chunk = 100  # steps of one call


def outputs(name, p, x):
    """f(x) of one run, or of all: parameters and x with or without a first axis for the runs."""
    if name == "rescaling-sparsity":
        return torch.matmul(x, (p["u"] * p["w"]).unsqueeze(-1)).squeeze(-1)
    hidden = torch.tanh(torch.matmul(x, p["w"].transpose(-1, -2)))
    return torch.matmul(hidden, p["u"].unsqueeze(-1)).squeeze(-1)


def run_losses(name, p, x, y):
    return (outputs(name, p, x) - y).square().mean(-1)


def data_loss(name, p, x, y):
    """The data losses added up over the runs, so that each run's gradient is its own."""
    return run_losses(name, p, x, y).sum()


def in_place(name, p, x, y, decay, rate):
    """One eager step; `decay` holds 2 * gamma in the shape of each parameter."""
    gradients = torch.autograd.grad(data_loss(name, p, x, y), list(p.values()))
    with torch.no_grad():
        for key, gradient in zip(p, gradients):
            p[key].sub_(gradient.addcmul_(decay[key], p[key]), alpha=rate)


def tensors(problem):
    p = {key: torch.from_numpy(value.copy()) for key, value in problem.start.items()}
    gamma = torch.from_numpy(problem.decay)
    decay = {key: 2 * gamma.view(-1, *[1] * (value.dim() - 1)) for key, value in p.items()}
    return p, torch.from_numpy(problem.x), torch.from_numpy(problem.y), decay


def losses_of(problem, p, x, y):
    with torch.no_grad():
        return run_losses(problem.name, p, x, y).tolist()


def loop(problem):
    p, x, y, decay = tensors(problem)
    runs = [
        ({key: value[r].clone().requires_grad_() for key, value in p.items()}, x[r], y[r], {key: value[r] for key, value in decay.items()})
        for r in range(len(problem.decay))
    ]

    def advance(steps):
        for own in runs:
            for _ in range(steps):
                in_place(problem.name, *own, problem.learning_rate)

    def losses():
        return [losses_of(problem, own, own_x, own_y) for own, own_x, own_y, _ in runs]

    return advance, losses, 10


def stacked(problem):
    p, x, y, decay = tensors(problem)
    for value in p.values():
        value.requires_grad_()

    def advance(steps):
        for _ in range(steps):
            in_place(problem.name, p, x, y, decay, problem.learning_rate)

    return advance, lambda: losses_of(problem, p, x, y), chunk


def compiled(problem):
    p, x, y, decay = tensors(problem)
    gradient = torch.func.grad(data_loss, argnums=1)

    @torch.compile(fullgraph=True, dynamic=False)
    def graph(p):
        for _ in range(steps_per_graph):  # unrolled
            g = gradient(problem.name, p, x, y)
            p = {key: p[key] - problem.learning_rate * (g[key] + decay[key] * p[key]) for key in p}
        return p

    def advance(steps):
        nonlocal p
        with torch.no_grad():
            for _ in range(steps // steps_per_graph):
                p = graph(p)

    return advance, lambda: losses_of(problem, p, x, y), chunk


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    serve({"loop": loop, "stacked": stacked, "compiled": compiled}, lambda: {"version": torch.__version__})
