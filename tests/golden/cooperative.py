"""Golden vectors of the cooperative network, computed by PyTorch in float64 and stored as float32.

usage: python cooperative.py FOLDER        (needs torch and numpy; any version since 2.0)

Writes into FOLDER, for a tiny network (see SIZE):
  cooperative-inputs.safetensors   parameters and running statistics by CoGaze's canonical names, image, labels, masks
  cooperative-train.safetensors    training mode: outputs, losses, gradients (grad.NAME) and new running statistics
                                   (after.NAME) of the sum of the three heads' weighted losses; dropout off
  cooperative-eval.safetensors     evaluation mode: outputs; the embedding's triplet losses with their gradients
                                   (training mode): pooled.grad.NAME and published.grad.NAME

The committed files are in pipeline/src/test/resources/golden and were made by this script.
"""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from networks import Cooperative
from vectors import randomise, tensors_of, write

SIZE = dict(base=2, blocks=(2, 1, 2, 1), growth=4, stem=6, classes=3, hidden=5, batch=4, height=64, width=32)
WEIGHTS = {"densenet-class": 0.6, "saliency": 0.5, "fused-class": 1.0}
MASKS = {"densenet-class": [1.0, 1.0, 0.0, 1.0], "saliency": [1.0, 0.0, 1.0, 1.0], "fused-class": [1.0, 1.0, 1.0, 1.0]}
MARGIN = 0.3


def probabilities(out):
    return {
        "output.densenet-class": F.softmax(out["densenet-class"], 1),
        "output.fused-class": F.softmax(out["fused-class"], 1),
        "output.saliency": F.softmax(out["saliency"].flatten(1), 1).view_as(out["saliency"]),
        "output.embedding": F.normalize(out["normed"].mean((2, 3)), dim=1),
    }


def head_losses(out, labels, target):
    """Weighted losses; the sum over the examples with a known label, divided by the number of all examples."""
    losses = {}
    for head in ("densenet-class", "fused-class"):
        each = F.cross_entropy(out[head], labels, reduction="none")
        losses[head] = WEIGHTS[head] * (each * torch.tensor(MASKS[head])).mean()
    each = F.kl_div(F.log_softmax(out["saliency"].flatten(1), 1), target.flatten(1), reduction="none").sum(1)
    losses["saliency"] = WEIGHTS["saliency"] * (each * torch.tensor(MASKS["saliency"])).mean()
    return losses


def triplets(labels):
    n = len(labels)
    for a in range(n):
        for p in range(n):
            for q in range(n):
                if a != p and labels[a] == labels[p] and labels[a] != labels[q]:
                    yield a, p, q


def pooled_triplet_loss(normed, labels):
    z = F.normalize(normed.mean((2, 3)), dim=1)
    hinges = [(z[a] - z[p]).norm() - (z[a] - z[q]).norm() + MARGIN for a, p, q in triplets(labels)]
    violating = [h for h in hinges if h > 0]
    return torch.stack(violating).mean()


def published_triplet_loss(raw, labels):
    loss = nn.TripletMarginLoss(margin=1.0, p=2)
    return sum(loss(raw[a : a + 1], raw[p : p + 1], raw[q : q + 1]) for a, p, q in triplets(labels))


def main(folder):
    torch.manual_seed(20)
    torch.set_default_dtype(torch.float64)
    net = Cooperative(**SIZE)
    randomise(net)
    n, h, w = SIZE["batch"], SIZE["height"], SIZE["width"]
    image = torch.rand(n, 1, h, w).to(torch.float32).double()
    target = torch.rand(n, 1, h, w) ** 8
    target = (target / target.sum((1, 2, 3), keepdim=True)).to(torch.float32).double()
    target[1] = 0
    labels = torch.tensor([0, 2, 0, 1])
    before = {k: v.clone() for k, v in tensors_of(net).items()}
    inputs = dict(before)
    inputs.update({"image": image, "target.saliency": target, "target.class": F.one_hot(labels, SIZE["classes"])})
    inputs.update({"mask." + k: torch.tensor(v)[:, None] for k, v in MASKS.items()})
    write(f"{folder}/cooperative-inputs.safetensors", inputs, "cooperative.py")

    net.eval()
    results = probabilities(net(image))
    for name, loss_of in (
        ("pooled", lambda out: pooled_triplet_loss(out["normed"], labels)),
        ("published", lambda out: published_triplet_loss(out["raw"], labels)),
    ):
        net.load_state_dict(before, strict=False)
        net.train()
        net.zero_grad()
        loss = loss_of(net(image))
        loss.backward()
        results[name + ".loss"] = loss.reshape(1)
        for k, p in net.named_parameters():
            if p.grad is not None and k.startswith("densenet.") and p.grad.abs().sum() > 0:
                results[f"{name}.grad.{k}"] = p.grad.clone()
    write(f"{folder}/cooperative-eval.safetensors", results, "cooperative.py")

    net.load_state_dict(before, strict=False)
    net.train()
    net.zero_grad()
    out = net(image)
    losses = head_losses(out, labels, target)
    sum(losses.values()).backward()
    results = probabilities(out)
    results.update({"loss." + k: v.reshape(1) for k, v in losses.items()})
    results.update({"grad." + k: p.grad for k, p in net.named_parameters()})
    results.update({"after." + k: v for k, v in tensors_of(net).items() if ".running_" in k})
    write(f"{folder}/cooperative-train.safetensors", results, "cooperative.py")


if __name__ == "__main__":
    main(sys.argv[1])
