"""How far a float32 training step lies from the same step in float64, tensor by tensor: CoGaze's and PyTorch's own.

usage: python full_step.py make NETWORK FOLDER [options of step.py]
       python full_step.py compare NETWORK FOLDER [the same options]

`make` writes NETWORK-inputs.safetensors as step.py does, and relus.txt: the names of vertices that end in a ReLU. CoGaze's
side then writes beside them
  found.safetensors   loss, gradients (grad.NAME) and new running statistics (after.NAME) of its step
  relus.json          a list of the ReLUs of that step: name, shape [N,C,H,W] and first byte of the bits in relus.bin,
  relus.bin           one bit a value, C order, the lowest bit of a byte first: whether the ReLU let it pass
and `compare` prints one line of JSON. Distances are relative L2, |found - float64| / |float64|.

A ReLU's kink makes the gradient of a network discontinuous: where float32 rounds a value to the other side of 0, a
whole gradient passes or does not. Among 10^7 to 10^8 values a few always lie that near. So each side is measured twice:

  free   against float64 with its own signs. PyTorch's float32 shows what the kinks alone cost.
  bound  against float64 whose ReLUs let pass what that side's let pass: the function is then smooth, and what is left
         is that side's rounding and its errors. That the bits themselves are right is seen from what they overrule:
         `overruled` counts the values whose sign in float64 says otherwise, `overruled_worst` is the largest of them,
         over the root of the mean square of all that come into that ReLU.
"""
import json
import sys

import numpy as np
import torch

import step
from networks import Relu
from vectors import read

# A gradient below this share of the whole gradient's norm, in float64, is 0 in theory.
NOTHING = 1e-9


class Signs:
    """What the ReLUs of a network let pass in a step."""

    def __init__(self):
        self.passed = {}

    def watch(self, net):
        for name, relu in relus(net):
            relu.seen = lambda x, name=name: self.passed.__setitem__(name, x > 0)

    @staticmethod
    def read(folder):
        signs = Signs()
        bits = np.fromfile(f"{folder}/relus.bin", dtype=np.uint8)
        with open(f"{folder}/relus.json", encoding="utf-8") as f:
            for relu in json.load(f):
                count = int(np.prod(relu["shape"]))
                part = bits[relu["offset"] : relu["offset"] + (count + 7) // 8]
                passed = np.unpackbits(part, count=count, bitorder="little").astype(bool)
                signs.passed[relu["name"]] = torch.from_numpy(passed).view(relu["shape"])
        return signs


class Overruled:
    """Values whose sign in float64 is not what a side's ReLUs took them for."""

    def __init__(self, signs, net):
        self.count, self.worst, self.values = 0, 0.0, 0
        for name, relu in relus(net):
            if name in signs.passed:
                relu.mask = signs.passed[name].view(signs.passed[name].shape[: 2 if name.endswith(".dropout") else 4])
                relu.seen = lambda x, mask=relu.mask: self.see(x, mask)

    def see(self, x, mask):
        self.values += x.numel()
        wrong = (x > 0) != mask
        if wrong.any():
            self.count += int(wrong.sum())
            self.worst = max(self.worst, float(x[wrong].abs().max() / x.square().mean().sqrt()))


def relus(net):
    return [(name, module) for name, module in net.named_modules() if isinstance(module, Relu)]


def new_step(a, dtype, bind=None):
    """The step's results, and what `bind` made of the network before it."""
    net, image, target, labels = step.prepared(a)
    net, image, target = net.to(dtype), image.to(dtype), target.to(dtype)
    bound = bind(net) if bind else None
    found = step.training(net, image, labels, target)
    return {k: v.detach().double().numpy() for k, v in found.items()}, bound


def watched(net):
    signs = Signs()
    signs.watch(net)
    return signs


class Distances:
    def __init__(self, what):
        self.what, self.each = what, {}

    def see(self, name, distance):
        self.each[name] = float(distance)

    def json(self):
        # A NaN must not get lost in a maximum.
        worst = max(self.each, key=lambda k: self.each[k] if self.each[k] == self.each[k] else np.inf)
        values = np.array(list(self.each.values()))
        return {
            "count": len(values), "worst": self.each[worst], "worst_name": worst, "above_1e-3": int((~(values <= 1e-3)).sum()),
            "rms": float(np.sqrt((values**2).mean())), "median": float(np.median(values)),
        }


def distances(found, oracle):
    gradients, zeros, statistics = Distances("gradient"), Distances("zero gradient"), Distances("statistic")
    whole = np.sqrt(sum((v**2).sum() for k, v in oracle.items() if k.startswith("grad.")))
    for key, wanted in oracle.items():
        if key.startswith("loss."):
            continue
        norm, error = np.linalg.norm(wanted), np.linalg.norm(found[key].reshape(wanted.shape) - wanted)
        name = key.split(".", 1)[1]
        if key.startswith("after."):
            statistics.see(name, error / norm)
        elif norm > NOTHING * whole:
            gradients.see(name, error / norm)
        else:
            zeros.see(name, np.linalg.norm(found[key]) / whole)
    report = {"gradient": gradients.json(), "statistic": statistics.json()}
    if zeros.each:
        report["zero_gradient"] = zeros.json()
    return report, gradients.each


def loss(found):
    return float(sum(v.sum() for k, v in found.items() if k.startswith("loss")))


def side(name, a, found, signs, free, table):
    oracle, overruled = new_step(a, torch.float64, lambda net: Overruled(signs, net))
    report = {"loss": loss(found)}
    for way, expected in (("free", free), ("bound", oracle)):
        report[way], table[f"{name} {way}"] = distances(found, expected)
        report[way]["loss"] = loss(expected)
    report.update(values=overruled.values, overruled=overruled.count, overruled_worst=overruled.worst)
    return report


def compare(a):
    free, _ = new_step(a, torch.float64)
    table = {}
    cogaze = {k: v.astype(np.float64) for k, v in read(f"{a.folder}/found.safetensors").items()}
    report = {"cogaze": side("cogaze", a, cogaze, Signs.read(a.folder), free, table)}
    peer, signs = new_step(a, torch.float32, watched)
    report["pytorch"] = side("pytorch", a, peer, signs, free, table)
    with open(f"{a.folder}/distances.json", "w", encoding="utf-8") as f:
        json.dump(table, f)
    print(json.dumps(report))


def main():
    command = sys.argv.pop(1)
    a = step.arguments()
    if command == "make":
        # A gate's ReLU lies inside a vertex.
        names = [name for name, _ in relus(step.prepared(a)[0]) if not name.endswith(".se.relu")]
        with open(f"{a.folder}/relus.txt", "w", encoding="utf-8") as f:
            f.writelines(name + "\n" for name in names)
        print(step.write_inputs(a))
    else:
        compare(a)


if __name__ == "__main__":
    main()
