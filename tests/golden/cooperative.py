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
import json
import struct
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

SIZE = dict(base=2, blocks=(2, 1, 2, 1), growth=4, stem=6, classes=3, hidden=5, batch=4, height=64, width=32)
WEIGHTS = {"densenet-class": 0.6, "saliency": 0.5, "fused-class": 1.0}
MASKS = {"densenet-class": [1.0, 1.0, 0.0, 1.0], "saliency": [1.0, 0.0, 1.0, 1.0], "fused-class": [1.0, 1.0, 1.0, 1.0]}
MARGIN = 0.3


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))
        return torch.cat([x, y], 1)


class DenseNet(nn.Module):
    def __init__(self, blocks, growth, stem):
        super().__init__()
        self.conv0 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
        self.norm0 = nn.BatchNorm2d(stem)
        channels = stem
        for b, layers in enumerate(blocks, 1):
            block = nn.Module()
            for j in range(1, layers + 1):
                block.add_module(f"denselayer{j}", DenseLayer(channels, growth))
                channels += growth
            self.add_module(f"denseblock{b}", block)
            if b < len(blocks):
                transition = nn.Module()
                transition.norm = nn.BatchNorm2d(channels)
                transition.conv = nn.Conv2d(channels, channels // 2, 1, bias=False)
                self.add_module(f"transition{b}", transition)
                channels //= 2
        self.norm5 = nn.BatchNorm2d(channels)
        self.blocks, self.channels = len(blocks), channels

    def forward(self, grey):
        x = self.norm0(self.conv0(grey.expand(-1, 3, -1, -1)))
        x = F.max_pool2d(F.relu(x), kernel_size=3, stride=2, padding=1)
        for b in range(1, self.blocks + 1):
            for layer in getattr(self, f"denseblock{b}").children():
                x = layer(x)
            if b < self.blocks:
                transition = getattr(self, f"transition{b}")
                x = F.avg_pool2d(transition.conv(F.relu(transition.norm(x))), 2)
        return x, F.relu(self.norm5(x))


class Gate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        hidden = max(1, channels // 16)
        self.fc1 = nn.Linear(channels, hidden, bias=False)
        self.fc2 = nn.Linear(hidden, channels, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3))))))[:, :, None, None]


class EncoderLevel(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.se = Gate(outputs)

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return self.se(F.relu(y + self.shortcut(x)))


class ConvNormRelu(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class DoubleConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class DecoderLevel(nn.Module):
    def __init__(self, inputs, skip, outputs):
        super().__init__()
        self.up = ConvNormRelu(inputs, outputs)
        self.convs = DoubleConv(skip + outputs, outputs)

    def forward(self, x, skip):
        return self.convs(torch.cat([skip, self.up(F.interpolate(x, scale_factor=2, mode="nearest"))], 1))


class SaliencyHead(ConvNormRelu):
    def __init__(self, channels):
        super().__init__(channels, channels)
        self.last = nn.Conv2d(channels, 1, 1)

    def forward(self, x):
        return self.last(super().forward(x))


class FusedClassifier(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class Cooperative(nn.Module):
    def __init__(self, base, blocks, growth, stem, classes, hidden, **_):
        super().__init__()
        f = [base * 2**i for i in range(5)]
        self.densenet = DenseNet(blocks, growth, stem)
        c = self.densenet.channels
        self.add_module("densenet-classifier", nn.Linear(c, classes))
        self.encoder = nn.Module()
        for i in range(5):
            self.encoder.add_module(f"level{i + 1}", EncoderLevel(f[i - 1] if i else 1, f[i]))
        self.decoder = nn.Module()
        below = c
        for level in (5, 4, 3, 2, 1):
            width = f[max(0, level - 2)]
            self.decoder.add_module(f"level{level}", DecoderLevel(below, f[level - 1], width))
            below = width
        self.add_module("saliency-head", SaliencyHead(f[0]))
        self.add_module("fused-classifier", FusedClassifier(c + f[0], hidden, classes))

    def forward(self, x):
        raw, normed = self.densenet(x)
        pooled = normed.mean((2, 3))
        skips, y = [], x
        for i in range(5):
            y = getattr(self.encoder, f"level{i + 1}")(F.max_pool2d(y, 2) if i else y)
            skips.append(y)
        d = raw
        for level in (5, 4, 3, 2, 1):
            d = getattr(self.decoder, f"level{level}")(d, skips[level - 1])
        m = self._modules
        return {
            "densenet-class": m["densenet-classifier"](pooled),
            "saliency": m["saliency-head"](d),
            "fused-class": m["fused-classifier"](torch.cat([pooled, d.mean((2, 3))], 1)),
            "raw": raw,
            "normed": normed,
        }


def tensors_of(net):
    return {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}


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


def write(path, tensors):
    header = {"__metadata__": {"made_by": "tests/golden/cooperative.py", "torch": torch.__version__}}
    blobs, offset = [], 0
    for name in sorted(tensors):
        raw = tensors[name].detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [offset, offset + len(raw)]}
        blobs.append(raw)
        offset += len(raw)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + b"".join(blobs))


def main(folder):
    torch.manual_seed(20)
    torch.set_default_dtype(torch.float64)
    net = Cooperative(**SIZE)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
        for tensor in tensors_of(net).values():
            tensor.copy_(tensor.to(torch.float32))
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
    write(f"{folder}/cooperative-inputs.safetensors", inputs)

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
    write(f"{folder}/cooperative-eval.safetensors", results)

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
    write(f"{folder}/cooperative-train.safetensors", results)


if __name__ == "__main__":
    main(sys.argv[1])
