"""A peer of `cogaze bench engine` without PyTorch: it answers the orders and computes nothing.

Batch 3: another number of parameters. Batch 4: it ends without an answer.
"""
import json
import sys
import time

PARAMETERS = 162666  # the cooperative network's tiny copy

for line in sys.stdin:
    order = json.loads(line)
    if order["command"] == "prepare":
        batch = order["batch"]
        if batch == 4:
            sys.exit("out of fake memory")
        print("a library says something")
        answer = {"parameters": PARAMETERS + (batch == 3), "engine": "fake, " + order["format"]}
    elif order["command"] == "run":
        seconds = []
        for _ in range(order["steps"]):
            start = time.monotonic_ns()
            sum(range(20000))
            seconds.append((time.monotonic_ns() - start) / 1e9)
        answer = {"seconds": seconds, "loss": 1.0}
    else:
        break
    print("cogaze-bench " + json.dumps(answer), flush=True)
