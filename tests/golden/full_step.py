"""How far a float32 training step lies from the same step in float64, tensor by tensor: CoGaze's and PyTorch's own.

usage: python full_step.py make NETWORK FOLDER [options of step.py]
       python full_step.py compare NETWORK FOLDER [the same options]

`make` writes NETWORK-inputs.safetensors as step.py does, and kinks.txt: a line for each vertex that ends in a ReLU,
"relu NAME", or pools maxima, "pool NAME KERNEL STRIDE PADDING". CoGaze's side then writes beside them
  found.safetensors   loss, gradients (grad.NAME) and new running statistics (after.NAME) of its step
  kinks.json          a list of what those vertices did in that step: name, shape [N,C,H,W], first byte in kinks.bin
  kinks.bin           ReLUs: one bit a value, C order, the lowest bit of a byte first: whether it passed. Pooling: the
                      place of each value in the H * W of its channel, as 32 bits, little-endian
and `compare` prints one line of JSON. Distances are relative L2, |found - float64| / |float64|.

ReLUs and maxima have kinks, at which the gradient of a network jumps: where float32 rounds a value to the other side
of 0, or another value to the maximum, a whole gradient goes another way. Among 10^7 to 10^8 values some always lie that
near. So each side is measured twice:

  free   against float64 with its own choices. PyTorch's float32 shows what the kinks alone cost.
  bound  against float64 that is made to choose as that side did: the function is then smooth, and what is left is that
         side's rounding and its errors. That the choices themselves are right is seen from what they overrule:
         `overruled` counts the choices that float64 would have made otherwise; `overruled_worst` is by how much the
         worst was wrong (from 0, or from the maximum), over the root of the mean square of all that come in there.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

import step
from networks import MaxPool, Relu
from vectors import read

# A gradient below this share of the whole gradient's norm, in float64, is 0 in theory.
NOTHING = 1e-9


class Choices:
    """What the ReLUs and maxima of a network let pass in a step."""

    def __init__(self):
        self.made = {}

    @staticmethod
    def watched(net):
        choices = Choices()
        for name, kink in kinks(net):
            if isinstance(kink, Relu):
                kink.seen = lambda x, name=name: choices.made.__setitem__(name, x > 0)
            else:
                kink.seen = lambda x, y, places, name=name: choices.made.__setitem__(name, places)
        return choices

    @staticmethod
    def read(folder, net):
        choices, of = Choices(), dict(kinks(net))
        with open(f"{folder}/kinks.bin", "rb") as f:
            data = f.read()
        with open(f"{folder}/kinks.json", encoding="utf-8") as f:
            index = json.load(f)
        for entry in index:
            count = int(np.prod(entry["shape"]))
            if isinstance(of[entry["name"]], Relu):
                bits = np.frombuffer(data, np.uint8, (count + 7) // 8, entry["offset"])
                made = np.unpackbits(bits, count=count, bitorder="little").astype(bool)
            else:
                made = np.frombuffer(data, "<i4", count, entry["offset"]).astype(np.int64)
            choices.made[entry["name"]] = torch.from_numpy(made).view(entry["shape"])
        missing = [name for name in of if name not in choices.made and not inside_a_vertex(name)]
        if missing:
            raise SystemExit(f"no choices of {missing}")
        return choices


class Overruled:
    """Binds a network to a side's choices, and counts those that it would have made otherwise."""

    def __init__(self, choices, net):
        self.count, self.worst, self.choices = 0, 0.0, 0
        for name, kink in kinks(net):
            made = choices.made.get(name)
            if made is None:
                continue
            if isinstance(kink, Relu):
                kink.mask = made.flatten(1) if name.endswith(".dropout") else made
                kink.seen = lambda x, mask=kink.mask: self.see(x, x.abs() * ((x > 0) != mask))
            else:
                kink.places = made
                kink.seen = lambda x, y, places, k=kink: self.see(x, F.max_pool2d(x, k.kernel, k.stride, k.padding) - y)

    def see(self, x, wrong_by):
        self.choices += wrong_by.numel()
        self.count += int((wrong_by > 0).sum())
        self.worst = max(self.worst, float(wrong_by.max() / x.square().mean().sqrt()))


def kinks(net):
    return [(name, module) for name, module in net.named_modules() if isinstance(module, (Relu, MaxPool))]


def inside_a_vertex(name):
    """A gate's ReLU has no vertex of its own."""
    return name.endswith(".se.relu")


def new_step(a, dtype, bind=None):
    """The step's results, and what `bind` made of the network before it."""
    net, image, target, labels = step.prepared(a)
    net, image, target = net.to(dtype), image.to(dtype), target.to(dtype)
    bound = bind(net) if bind else None
    found = step.training(net, image, labels, target)
    return {k: v.detach().double().numpy() for k, v in found.items()}, bound


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


def side(name, a, found, choices, free, table):
    oracle, overruled = new_step(a, torch.float64, lambda net: Overruled(choices, net))
    report = {"loss": loss(found)}
    for way, expected in (("free", free), ("bound", oracle)):
        report[way], table[f"{name} {way}"] = distances(found, expected)
        report[way]["loss"] = loss(expected)
    report.update(choices=overruled.choices, overruled=overruled.count, overruled_worst=overruled.worst)
    return report


def compare(a):
    free, _ = new_step(a, torch.float64)
    table = {}
    cogaze = {k: v.astype(np.float64) for k, v in read(f"{a.folder}/found.safetensors").items()}
    report = {"cogaze": side("cogaze", a, cogaze, Choices.read(a.folder, step.prepared(a)[0]), free, table)}
    peer, choices = new_step(a, torch.float32, Choices.watched)
    report["pytorch"] = side("pytorch", a, peer, choices, free, table)
    with open(f"{a.folder}/distances.json", "w", encoding="utf-8") as f:
        json.dump(table, f)
    print(json.dumps(report))


def main():
    command = sys.argv.pop(1)
    a = step.arguments()
    if command == "make":
        with open(f"{a.folder}/kinks.txt", "w", encoding="utf-8") as f:
            for name, kink in kinks(step.prepared(a)[0]):
                if isinstance(kink, MaxPool):
                    f.write(f"pool {name} {kink.kernel} {kink.stride} {kink.padding}\n")
                elif not inside_a_vertex(name):
                    f.write(f"relu {name}\n")
        print(step.write_inputs(a))
    else:
        compare(a)


if __name__ == "__main__":
    main()
