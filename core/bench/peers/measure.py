"""What both peers share: the command line, the clock, and one JSON line for each measurement."""

import argparse
import json
import statistics
import time

from problems import problems


def arguments(ways):
    """The command line; without an option a peer measures every problem in every way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problem", choices=problems, action="append")
    parser.add_argument("--way", choices=ways, action="append")
    parser.add_argument("--threads", type=int, help="threads that compute; the library's own choice without it")
    parser.add_argument("--seconds", type=float, default=20, help="time for each measurement; what is not reached is extrapolated")
    parser.add_argument("--steps", type=int, help="so many steps instead, to hold the losses of ways against each other")
    options = parser.parse_args()
    return options, [problems[name] for name in options.problem or problems], options.way or list(ways)


def measure(problem, prepare, options, facts):
    """Trains `problem` and prints its line.

    `prepare(problem)` gives `advance(steps)`, which takes all runs that many steps further, `loss()`, the mean over the
    runs of their data losses, and `chunk`, the steps of one call. The first chunk warms up (and compiles); it is timed
    apart and counts as steps. msPerStep is the median over the chunks, of all runs together.
    """
    begin = time.perf_counter()
    advance, loss, chunk = prepare(problem)
    advance(chunk)
    first = time.perf_counter() - begin
    wanted = options.steps or problem.steps
    done, seconds = chunk, []
    while not seconds or (done < wanted and (options.steps or sum(seconds) < options.seconds)):
        begin = time.perf_counter()
        advance(chunk)
        seconds.append(time.perf_counter() - begin)
        done += chunk
    ms = 1e3 * statistics.median(seconds) / chunk
    line = {
        "problem": problem.name,
        **facts,
        "runs": len(problem.decay),
        "steps": problem.steps,
        "measuredSteps": done,
        "extrapolated": done < problem.steps,
        "msPerStep": round(ms, 5),
        "bestMsPerStep": round(1e3 * min(seconds) / chunk, 5),
        "prepareSeconds": round(first, 3),  # compilation and the first chunk
        "seconds": round(ms * problem.steps / 1e3, 3),  # of all steps at that pace, without preparing
        "loss": loss(),  # after the measured steps
    }
    print(json.dumps(line), flush=True)
