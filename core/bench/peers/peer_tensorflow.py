"""The problems in TensorFlow, on the CPU in float32, all runs stacked in one batch of matrices, in two ways:

graph  a tf.function with a loop over the steps inside
xla    the same, compiled (jit_compile=True)
"""

import os
import sys

from measure import serve

if hasattr(os, "RTLD_NOW"):
    sys.setdlopenflags(os.RTLD_NOW)  # install.py binds late, for PyTorch; TensorFlow's libraries end the process so
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import tensorflow as tf  # noqa: E402 -- what it reads when it is imported stands above

longest_loop = 500


def outputs(problem, p, x):
    """f(x) of all runs, or of a network."""
    if problem.law == "products":
        return tf.linalg.matvec(x, p["u"] * p["w"])
    if problem.law == "neurons":
        return tf.linalg.matvec(tf.tanh(tf.matmul(x, p["w"], transpose_b=True)), p["u"])
    if problem.law == "factorisation":
        return tf.matmul(p["u"], p["v"])
    layers = [value for key, value in p.items() if key.startswith("layer")]
    for stride, kernel in zip(problem.strides, (value for key, value in p.items() if key.startswith("conv"))):
        x = tf.nn.relu(tf.nn.conv2d(x, kernel, stride, "SAME"))
    x = tf.reshape(x, [x.shape[0], -1])
    for layer in layers[:-1]:
        x = tf.nn.relu(tf.matmul(x, layer))
    return tf.matmul(x, layers[-1])


def run_losses(problem, p, x, y):
    """The data loss of each run, or of a network."""
    out = outputs(problem, p, x)
    if problem.is_network:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=out))
    square = tf.square(out - y)
    return tf.reduce_sum(square, [-2, -1]) if problem.law == "factorisation" else tf.reduce_mean(square, -1)


def looped(problem, is_compiled):
    count = min(longest_loop, problem.chunk)
    keys = list(problem.start)
    p = tuple(tf.constant(problem.start[key]) for key in keys)
    x, y = tf.constant(problem.x), tf.constant(problem.y)
    batches = None if problem.batches is None else tf.constant(problem.batches[:count])
    decay = [2 * problem.decay.reshape(-1, *[1] * (value.ndim - 1)) for value in problem.start.values()]

    def step(p, i, x, y):
        if batches is not None:
            x, y = tf.gather(x, batches[i]), tf.gather(y, batches[i])
            x = tf.ensure_shape(x, [batches.shape[1], *x.shape[1:]])
        with tf.GradientTape() as tape:
            tape.watch(p)
            loss = tf.reduce_sum(run_losses(problem, dict(zip(keys, p)), x, y))
        gradients = tape.gradient(loss, p)
        if not problem.is_network:
            gradients = [g + d * value for g, d, value in zip(gradients, decay, p)]
        return tuple(value - problem.learning_rate * g for value, g in zip(p, gradients))

    @tf.function(jit_compile=is_compiled, autograph=False)
    def many(p, x, y):
        body = lambda i, p: (i + 1, step(p, i, x, y))  # noqa: E731
        return tf.while_loop(lambda i, _: i < count, body, (tf.constant(0), p), maximum_iterations=count)[1]

    def advance(_):
        nonlocal p
        p = many(p, x, y)
        p[0].numpy()

    def losses():
        return tf.reshape(run_losses(problem, dict(zip(keys, p)), x, y), [-1]).numpy().tolist()

    return advance, losses, count


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    ways = {"graph": lambda problem: looped(problem, False), "xla": lambda problem: looped(problem, True)}
    serve(ways, lambda: {"version": tf.__version__})
