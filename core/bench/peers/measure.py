"""What the peers share: the command line, the clock, and the answers, one JSON line each on stdout.

    peer.py --way WAY --problem FILE.npz

A peer prepares its way and takes the first steps, which compiles, and says how long that took. Then it does what stands in
each line of stdin and answers: {"steps": n} takes steps until n have been taken and tells the losses there;
{"seconds": s} takes steps for about that long and tells their time. It ends with its stdin.
"""

import argparse
import json
import math
import os
import sys
import time

from problems import read_problem


def serve(ways, facts, prepared=lambda: None):
    """Serves one problem in one way, on one thread.

    A way is `prepare(problem)`, which gives `advance(steps)`, which takes all runs that many steps further, `losses()`,
    the data loss of each run, and `chunk`, the steps of one call. `facts()` holds the version; `prepared()` is called
    after the first steps.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed is no answer
    parser = argparse.ArgumentParser()
    parser.add_argument("--problem", required=True)
    parser.add_argument("--way", choices=ways, required=True)
    options = parser.parse_args()
    problem = read_problem(options.problem)

    def answer(**line):
        print(json.dumps(line), file=answers, flush=True)

    begin = time.perf_counter()
    advance, losses, chunk = ways[options.way](problem)
    advance(chunk)
    done = chunk
    answer(**facts(), compileSeconds=time.perf_counter() - begin)  # with the first steps
    prepared()
    for line in sys.stdin:
        asked = json.loads(line)
        if "steps" in asked:
            while done < asked["steps"]:
                advance(chunk)
                done += chunk
            answer(steps=done, losses=[loss if math.isfinite(loss) else None for loss in losses()])
        else:
            steps, seconds, used = 0, 0.0, time.process_time()
            begin = time.perf_counter()
            while seconds < asked["seconds"]:
                advance(chunk)
                steps += chunk
                seconds = time.perf_counter() - begin
            done += steps
            answer(steps=steps, seconds=seconds, processorSeconds=time.process_time() - used)
