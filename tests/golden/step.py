"""One training step of a network, computed by PyTorch in float64 and stored as float32.

usage: python step.py NETWORK FOLDER [options]        (needs torch and numpy; any version since 2.0)

NETWORK is cooperative, densenet or mt-unet. Writes into FOLDER:
  NETWORK-inputs.safetensors   parameters and running statistics by CoGaze's canonical names, image, labels
  NETWORK-train.safetensors    training mode: losses of the heads, gradients (grad.NAME) and new running statistics
                               (after.NAME) of the sum of the heads' weighted losses; dropout off
  NETWORK-eval.safetensors     evaluation mode: outputs
and prints the number of learned values. The committed files are in pipeline/src/test/resources/golden; made by

  python step.py mt-unet FOLDER --height 32 --width 48 --batch 3 --base 2 --hidden 5 --shift 1.5
  python step.py densenet FOLDER --height 64 --width 32 --batch 4 --blocks 2,1,2,1 --growth 4 --stem 6

The defaults are the full sizes.
"""
import argparse

import torch
import torch.nn.functional as F

from networks import DENSENETS, Cooperative, DenseNetClassifier, MtUnet
from vectors import randomise, tensors_of, write

NETWORKS = {"cooperative": Cooperative, "densenet": DenseNetClassifier, "mt-unet": MtUnet}
WEIGHTS = {"densenet-class": 0.6, "saliency": 0.5, "fused-class": 1.0}


def blocks(text):
    return DENSENETS[text] if text in DENSENETS else tuple(int(n) for n in text.split(","))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("folder")
    for name, value in dict(height=320, width=256, batch=2, base=64, growth=32, stem=64, classes=3, hidden=64, seed=20).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--blocks", type=blocks, default=DENSENETS["densenet201"])
    parser.add_argument("--shift", type=float, default=0.0, help="mean shift of the normalisations, see vectors.py")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
    return parser.parse_args()


def picture(a):
    """Smooth grey values in [0, 1], as radiographs have them. Noise would make gradients cancel down to rounding."""
    coarse = torch.rand(a.batch, 1, a.height // 16, a.width // 16)
    return F.interpolate(coarse, size=(a.height, a.width), mode="bicubic", align_corners=False).clamp(0, 1).float()


def gaze_map(a):
    """Two Gaussian spots an example, summing to 1."""
    y, x = torch.meshgrid(torch.arange(a.height) / a.height, torch.arange(a.width) / a.width, indexing="ij")
    centres = torch.rand(a.batch, 2, 2, 1, 1)
    spots = torch.exp(-((y - centres[:, :, 0]) ** 2 + (x - centres[:, :, 1]) ** 2) / (2 * 0.06**2)).sum(1, keepdim=True)
    return (spots / spots.sum((1, 2, 3), keepdim=True)).float()


def outputs(out):
    found = {"output." + head: F.softmax(out[head], 1) for head in ("densenet-class", "fused-class") if head in out}
    if "saliency" in out:
        found["output.saliency"] = F.softmax(out["saliency"].flatten(1), 1).view_as(out["saliency"])
    if "normed" in out:
        found["output.embedding"] = F.normalize(out["normed"].mean((2, 3)), dim=1)
    return found


def losses(out, labels, target):
    found = {}
    for head, weight in WEIGHTS.items():
        if head == "saliency" and head in out:
            log_map = F.log_softmax(out[head].flatten(1), 1)
            found[head] = weight * F.kl_div(log_map, target.flatten(1), reduction="batchmean")
        elif head in out:
            found[head] = weight * F.cross_entropy(out[head], labels)
    return found


def prepared(a):
    """Network, image, target and labels in float64; every value is one of float32."""
    torch.manual_seed(a.seed)
    torch.set_default_dtype(torch.float64)
    net = NETWORKS[a.network](**vars(a))
    randomise(net, a.shift)
    image, target = picture(a), gaze_map(a)
    return net, image, target, torch.arange(a.batch) % a.classes


def write_inputs(a):
    """Writes the inputs' file and returns the number of learned values."""
    net, image, target, labels = prepared(a)
    given = dict(tensors_of(net))
    given.update({"image": image, "target.saliency": target, "target.class": F.one_hot(labels, a.classes)})
    write(f"{a.folder}/{a.network}-inputs.safetensors", given, "step.py")
    return sum(p.numel() for p in net.parameters())


def training(net, image, labels, target):
    """Losses, gradients and new running statistics of a step in training mode."""
    net.train()
    each = losses(net(image), labels, target)
    sum(each.values()).backward()
    results = {"loss." + k: v.reshape(1) for k, v in each.items()}
    results.update({"grad." + k: p.grad for k, p in net.named_parameters()})
    results.update({"after." + k: v for k, v in tensors_of(net).items() if ".running_" in k})
    return results


def main():
    a = arguments()
    count = write_inputs(a)
    net, image, target, labels = prepared(a)
    dtype = getattr(torch, a.dtype)
    net, image, target = net.to(dtype), image.to(dtype), target.to(dtype)
    net.eval()
    with torch.no_grad():
        write(f"{a.folder}/{a.network}-eval.safetensors", outputs(net(image)), "step.py")
    write(f"{a.folder}/{a.network}-train.safetensors", training(net, image, labels, target), "step.py")
    print(count)


if __name__ == "__main__":
    main()
