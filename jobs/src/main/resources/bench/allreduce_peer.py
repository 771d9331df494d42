"""The peer of `./cogaze bench round`: torch.distributed's all-reduce by gloo between processes of one machine.

Started by the command, which sends one JSON object a line to standard input; every answer is one line of standard
output that begins with "cogaze-bench " and a JSON object. Anything else on standard output is not an answer.

    {"command": "prepare", "bytes": 800000000, "processes": 2, "threads": 1}
                                          -> {"engine": "gloo of PyTorch 2.15.0", "bytes": 800000000}
    {"command": "run", "steps": 3}        -> {"seconds": [1.4, 1.3, 1.4]}
    {"command": "end"}                    -> ends

One tensor of float32 in each process is summed over all processes. The clock is time.monotonic_ns() from a barrier to
the end of the slowest process. Tensors are made before the clock counts and given back after a turn, so that they do
not stand in the other side's way; the first all-reduce of a turn is not counted.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")

import torch
import torch.distributed as dist

PREFIX = "cogaze-bench "


def join(rank, processes, store, threads):
    torch.set_num_threads(threads)
    dist.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=processes)


def turn(steps, floats):
    tensor = torch.full((floats,), 1.0 / dist.get_world_size())
    seconds = []
    for step in range(steps + 1):
        dist.barrier()
        start = time.monotonic_ns()
        dist.all_reduce(tensor)
        slowest = torch.tensor([(time.monotonic_ns() - start) / 1e9], dtype=torch.float64)
        dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
        if step > 0:
            seconds.append(slowest.item())
        tensor.fill_(1.0 / dist.get_world_size())
    return seconds


def follow(rank, processes, store, threads):
    """The other processes: turns of [steps, floats] until steps is 0."""
    join(rank, processes, store, threads)
    while True:
        order = torch.zeros(2, dtype=torch.int64)
        dist.broadcast(order, 0)
        steps, floats = order.tolist()
        if steps == 0:
            return
        turn(steps, floats)


def answer(content):
    print(PREFIX + json.dumps(content), flush=True)


def lead():
    floats, others = 0, []
    for line in sys.stdin:
        order = json.loads(line)
        if order["command"] == "prepare":
            store = os.path.join(tempfile.mkdtemp(), "store")
            floats = order["bytes"] // 4
            processes, threads = order["processes"], order["threads"]
            for rank in range(1, processes):
                words = [sys.executable, __file__, "follow", str(rank), str(processes), store, str(threads)]
                others.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))
            join(0, processes, store, threads)
            answer({"engine": "gloo of PyTorch " + torch.__version__, "bytes": 4 * floats})
        elif order["command"] == "run":
            dist.broadcast(torch.tensor([order["steps"], floats]), 0)
            answer({"seconds": turn(order["steps"], floats)})
        else:
            break
    if others:
        dist.broadcast(torch.zeros(2, dtype=torch.int64), 0)
        for other in others:
            other.wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        follow(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        lead()
