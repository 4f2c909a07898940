# References of core/learning/optimisers/optimisers.node.test.ts. Run: python3 optaxOptimisers.py (optax 0.2.x, jax in float64)
# Twenty steps from θ_j = 1 − j/3 over the gradients g_tj = sin(1 + t + 3j), t from 0, j = 0 … 3; prints θ after the last.
import jax
jax.config.update('jax_enable_x64', True)
import jax.numpy as jnp
import numpy as np
import optax

def train(name, optimiser):
    theta = jnp.asarray(1 - np.arange(4) / 3)
    state = optimiser.init(theta)
    for t in range(20):
        gradient = jnp.asarray(np.sin(1 + t + 3 * np.arange(4.0)))
        updates, state = optimiser.update(gradient, state, theta)
        theta = optax.apply_updates(theta, updates)
    print(f"['{name}', [{', '.join(repr(float(x)) for x in theta)}]],")

print('optax', optax.__version__, 'jax', jax.__version__)
rms = dict(initial_scale=0.0, eps_in_sqrt=False)
train('sgd', optax.sgd(0.1))
train('sgd, momentum', optax.sgd(0.1, momentum=0.9))
train('sgd, nesterov', optax.sgd(0.1, momentum=0.9, nesterov=True))
train('adam', optax.adam(0.1))
train('adam, betas', optax.adam(0.1, b1=0.5, b2=0.9, eps=1e-3))
train('adam, decay in the gradient', optax.chain(optax.add_decayed_weights(0.06), optax.adam(0.1)))
train('adamw', optax.adamw(0.1, weight_decay=0.06))
train('rmsprop', optax.rmsprop(0.1, decay=0.99, eps=1e-8, **rms))
train('rmsprop, momentum', optax.rmsprop(0.1, decay=0.9, eps=1e-3, momentum=0.5, **rms))
