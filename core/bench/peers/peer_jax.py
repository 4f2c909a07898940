"""The problems in JAX, on the CPU in float32, in two ways:

scan  one compiled program that scans over the steps, all runs stacked by vmap, the parameters' memory given away: what
      its documentation calls fastest
step  one compiled step, called again and again
"""

import os
import sys
from functools import partial

from measure import serve

longest_scan = 500
unrolled = 4  # steps in the body of the loop; 1 and 16 are slower or within 2 %


def outputs(problem, p, x):
    """f(x) of one run."""
    if problem.law == "products":
        return x @ (p["u"] * p["w"])
    if problem.law == "neurons":
        return jnp.tanh(x @ p["w"].T) @ p["u"]
    if problem.law == "factorisation":
        return p["u"] @ p["v"]
    layers = [value for key, value in p.items() if key.startswith("layer")]
    for stride, kernel in zip(problem.strides, (value for key, value in p.items() if key.startswith("conv"))):
        x = jax.lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.nn.relu(x)
    x = x.reshape(x.shape[0], -1)
    for layer in layers[:-1]:
        x = jax.nn.relu(x @ layer)
    return x @ layers[-1]


def data_loss(problem, p, x, y):
    out = outputs(problem, p, x)
    if problem.is_network:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1))
    square = (out - y) ** 2
    return jnp.sum(square) if problem.law == "factorisation" else jnp.mean(square)


def prepared_step(problem):
    """The data on the device, the start, the step `(p, x, y, rows) -> p`, and the losses of p."""
    x, y, decay = map(jnp.asarray, (problem.x, problem.y, problem.decay))
    p = {key: jnp.array(value) for key, value in problem.start.items()}
    of = partial(data_loss, problem)

    def loss(p, x, y, decay):
        return of(p, x, y) + decay * sum(jnp.sum(value**2) for value in p.values())

    if problem.is_network:
        gradient, losses = jax.grad(of), lambda p: [float(jax.jit(of)(p, x, y))]
    else:
        gradient, losses = jax.vmap(jax.grad(loss)), lambda p: jax.vmap(of)(p, x, y).tolist()

    def step(p, x, y, rows):
        g = gradient(p, x[rows], y[rows]) if problem.is_network else gradient(p, x, y, decay)
        return jax.tree.map(lambda value, g: value - problem.learning_rate * g, p, g)

    return x, y, p, step, losses


def scan(problem):
    x, y, p, step, losses = prepared_step(problem)
    count = min(longest_scan, problem.chunk)
    batches = None if problem.batches is None else jnp.asarray(problem.batches[:count])

    @partial(jax.jit, donate_argnums=0)
    def many(p, x, y):
        body = lambda p, rows: (step(p, x, y, rows), None)  # noqa: E731
        return jax.lax.scan(body, p, batches, length=count, unroll=1 if problem.is_network else unrolled)[0]

    def advance(_):
        nonlocal p
        p = jax.block_until_ready(many(p, x, y))

    return advance, lambda: losses(p), count


def step(problem):
    x, y, p, one, losses = prepared_step(problem)
    one = jax.jit(one, donate_argnums=0)
    batches = [jnp.asarray(rows) for rows in problem.batches]

    def advance(steps):
        nonlocal p
        for rows in batches[:steps]:
            p = one(p, x, y, rows)
        jax.block_until_ready(p)

    return advance, lambda: losses(p), problem.chunk


def release(processors):
    """The threads of JAX are made: from here on each may run wherever the system puts it, as those of the others do."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), processors)


if __name__ == "__main__":
    # XLA takes a thread for each processor that this process may use, decided when JAX is imported.
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("JAX: expected Linux, where it can be held to one thread, got " + sys.platform)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy as jnp

    serve({"scan": scan, "step": step}, lambda: {"version": jax.__version__}, prepared=lambda: release(allowed))
