"""The sweeps in JAX, on the CPU in float32, in the way that its documentation calls fastest: one compiled program that
scans over the steps, all runs stacked by vmap, the parameters' memory given away.
"""

import os
import sys
from functools import partial

from measure import arguments, measure

steps_per_call = 500
unrolled = 4  # steps in the body of the loop; 1 and 16 are slower or within 2 %


def scan(problem):
    x, y, decay = map(jnp.asarray, (problem.x, problem.y, problem.decay))
    p = {key: jnp.array(value) for key, value in problem.start.items()}

    def outputs(p, x):
        if problem.name == "rescaling-sparsity":
            return x @ (p["u"] * p["w"])
        return jnp.tanh(x @ p["w"].T) @ p["u"]

    def data_loss(p, x, y):
        return jnp.mean((outputs(p, x) - y) ** 2)

    def loss(p, x, y, decay):
        return data_loss(p, x, y) + decay * sum(jnp.sum(value**2) for value in p.values())

    gradient = jax.vmap(jax.grad(loss))

    def step(p, _):
        return jax.tree.map(lambda value, g: value - problem.learning_rate * g, p, gradient(p, x, y, decay)), None

    @partial(jax.jit, donate_argnums=0)
    def many(p):
        return jax.lax.scan(step, p, length=steps_per_call, unroll=unrolled)[0]

    def advance(_):
        nonlocal p
        p = jax.block_until_ready(many(p))

    return advance, lambda: float(jax.vmap(data_loss)(p, x, y).mean()), steps_per_call


if __name__ == "__main__":
    ways = {"scan": scan}
    options, chosen, names = arguments(ways)
    # XLA takes a thread for each processor that this process may use, decided when JAX is imported.
    if options.threads is not None:
        if not hasattr(os, "sched_setaffinity"):
            sys.exit("--threads: expected Linux, where JAX can be held to fewer processors, got " + sys.platform)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy as jnp

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for problem in chosen:
        for way in names:
            measure(problem, ways[way], options, {"peer": "jax", "version": jax.__version__, "way": way, "threads": threads})
