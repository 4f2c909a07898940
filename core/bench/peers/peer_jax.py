"""The sweeps in JAX, on the CPU in float32, in the way that its documentation calls fastest: one compiled program that
scans over the steps, all runs stacked by vmap, the parameters' memory given away.
"""

import os
import sys
from functools import partial

from measure import serve

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

    return advance, lambda: jax.vmap(data_loss)(p, x, y).tolist(), steps_per_call


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

    serve({"scan": scan}, lambda: {"version": jax.__version__}, prepared=lambda: release(allowed))
