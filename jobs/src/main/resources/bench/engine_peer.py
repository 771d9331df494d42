"""The PyTorch side of `./cogaze bench engine`: the networks in eager mode, on the CPU, trained by torch.optim.Adam.

Started by the command, which sends one JSON object a line to standard input; every answer is one line of standard
output that begins with "cogaze-bench " and a JSON object. Anything else on standard output is not an answer.

    {"command": "prepare", "size": {...}, "height", "width", "batch", "threads", "phase", "format"}
                                          -> {"parameters": 66637380, "engine": "PyTorch 2.15.0, channels_last"}
    {"command": "run", "steps": 3}        -> {"seconds": [6.1, 6.2, 6.1], "loss": 1.7}
    {"command": "end"}                    -> ends

The clock is time.monotonic_ns() around the whole step: gradients reset, forward, loss, backward, update, and the loss
as a number; in inference, forward to probabilities. A step whose loss is not finite is an error.

The networks are written from the papers: DenseNet (Huang et al., CVPR 2017, arXiv 1608.06993), the cooperative
dual-encoder network and the plain multi-task UNet that it is compared with (Qiu, Rivaz, Xiao, Med Phys 2025,
doi:10.1002/mp.17977), with squeeze and excitation (Hu et al., CVPR 2018) in the residual encoder. ReLUs work in
place, as in torchvision: that is the faster and leaner of PyTorch's two ways.
"""
import json
import math
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PREFIX = "cogaze-bench "
LEARNING_RATE = 1e-4
SALIENCY_WEIGHT = 0.5


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv1(F.relu_(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu_(self.norm2(y)))], 1)


class DenseNet(nn.Module):
    """Grey images, repeated to three channels. Gives the last dense block's map, and relu(norm5) of it."""

    def __init__(self, blocks, growth, stem):
        super().__init__()
        self.conv0 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
        self.norm0 = nn.BatchNorm2d(stem)
        stages, channels = [], stem
        for number, layers in enumerate(blocks):
            for _ in range(layers):
                stages.append(DenseLayer(channels, growth))
                channels += growth
            if number < len(blocks) - 1:
                half = channels // 2
                stages.append(
                    nn.Sequential(
                        nn.BatchNorm2d(channels),
                        nn.ReLU(inplace=True),
                        nn.Conv2d(channels, half, 1, bias=False),
                        nn.AvgPool2d(2),
                    )
                )
                channels = half
        self.stages = nn.Sequential(*stages)
        self.norm5 = nn.BatchNorm2d(channels)
        self.channels = channels

    def forward(self, image):
        x = F.relu_(self.norm0(self.conv0(image.repeat(1, 3, 1, 1))))
        raw = self.stages(F.max_pool2d(x, kernel_size=3, stride=2, padding=1))
        return raw, F.relu_(self.norm5(raw))


def conv_norm_relu(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def double_conv(inputs, outputs):
    return nn.Sequential(*conv_norm_relu(inputs, outputs), *conv_norm_relu(outputs, outputs))


def up_conv(inputs, outputs):
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *conv_norm_relu(inputs, outputs))


class ResidualSqueezeExcite(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        hidden = max(1, outputs // 16)
        self.body = nn.Sequential(
            *conv_norm_relu(inputs, outputs), nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.squeeze = nn.Linear(outputs, hidden, bias=False)
        self.excite = nn.Linear(hidden, outputs, bias=False)

    def forward(self, x):
        y = F.relu_(self.body(x) + self.shortcut(x))
        gate = torch.sigmoid(self.excite(F.relu_(self.squeeze(y.mean((2, 3))))))
        return y * gate[:, :, None, None]


class SaliencyHead(nn.Sequential):
    def __init__(self, channels):
        super().__init__(*conv_norm_relu(channels, channels), nn.Conv2d(channels, 1, 1))


class FusedClassifier(nn.Module):
    def __init__(self, inputs, hidden, classes, dropout):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, *maps):
        return self.fc2(F.relu_(self.dropout(self.fc1(torch.cat([m.mean((2, 3)) for m in maps], 1)))))


class DenseNetClassifier(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.features = DenseNet(size["blocks"], size["growth"], size["stem"])
        self.classifier = nn.Linear(self.features.channels, size["classes"])

    def forward(self, image):
        return self.classifier(self.features(image)[1].mean((2, 3))), None


class Cooperative(nn.Module):
    def __init__(self, size):
        super().__init__()
        f = [size["base_width"] * 2**level for level in range(5)]
        self.densenet = DenseNet(size["blocks"], size["growth"], size["stem"])
        below = self.densenet.channels
        self.encoder = nn.ModuleList(ResidualSqueezeExcite(i, o) for i, o in zip([1] + f, f))
        self.ups, self.convs = nn.ModuleList(), nn.ModuleList()
        for skip, width in zip(reversed(f), [f[3], f[2], f[1], f[0], f[0]]):
            self.ups.append(up_conv(below, width))
            self.convs.append(double_conv(skip + width, width))
            below = width
        self.saliency = SaliencyHead(f[0])
        self.classifier = FusedClassifier(
            self.densenet.channels + f[0], size["hidden"], size["classes"], size["dropout"]
        )

    def forward(self, image):
        raw, normed = self.densenet(image)
        skips = []
        for level, block in enumerate(self.encoder):
            skips.append(block(F.max_pool2d(skips[-1], 2) if level else image))
        x = raw
        for up, convs in zip(self.ups, self.convs):
            x = convs(torch.cat([skips.pop(), up(x)], 1))
        return self.classifier(normed, x), self.saliency(x)


class MtUnet(nn.Module):
    def __init__(self, size):
        super().__init__()
        f = [size["base_width"] * 2**level for level in range(5)]
        self.encoder = nn.ModuleList(double_conv(i, o) for i, o in zip([1] + f, f))
        self.ups = nn.ModuleList(up_conv(f[level + 1], f[level]) for level in (3, 2, 1, 0))
        self.convs = nn.ModuleList(double_conv(2 * f[level], f[level]) for level in (3, 2, 1, 0))
        self.saliency = SaliencyHead(f[0])
        self.classifier = FusedClassifier(f[4] + f[0], size["hidden"], size["classes"], size["dropout"])

    def forward(self, image):
        skips = []
        for level, block in enumerate(self.encoder):
            skips.append(block(F.max_pool2d(skips[-1], 2) if level else image))
        x = bottom = skips.pop()
        for up, convs in zip(self.ups, self.convs):
            x = convs(torch.cat([skips.pop(), up(x)], 1))
        return self.classifier(bottom, x), self.saliency(x)


FAMILIES = {"densenet": DenseNetClassifier, "cooperative": Cooperative, "mt-unet": MtUnet}
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


class Runner:
    """A network with a batch, ready to be stepped."""

    def __init__(self, order):
        torch.set_num_threads(order["threads"])
        torch.manual_seed(1)
        memory_format = FORMATS[order["format"]]
        classes, n = order["size"]["classes"], order["batch"]
        self.net = FAMILIES[order["size"]["family"]](order["size"]).to(memory_format=memory_format)
        shape = (n, 1, order["height"], order["width"])
        self.image = torch.rand(shape).contiguous(memory_format=memory_format)
        target = torch.rand(shape).flatten(1)
        self.target = target / target.sum(1, keepdim=True)
        self.labels = torch.arange(n) % classes
        self.loss = math.nan
        if order["phase"] == "train":
            self.net.train()
            self.optimiser = torch.optim.Adam(self.net.parameters(), LEARNING_RATE)
            self.step = self.train
        else:
            self.net.eval()
            self.step = self.infer
        capability = torch.backends.cpu.get_cpu_capability()
        self.engine = f"PyTorch {torch.__version__}, {capability}, {order['format']}"

    def parameters(self):
        return sum(p.numel() for p in self.net.parameters())

    def train(self):
        self.optimiser.zero_grad()
        logits, saliency = self.net(self.image)
        loss = F.cross_entropy(logits, self.labels)
        if saliency is not None:
            log_p = F.log_softmax(saliency.flatten(1), 1)
            loss = loss + SALIENCY_WEIGHT * F.kl_div(log_p, self.target, reduction="batchmean")
        loss.backward()
        self.optimiser.step()
        self.loss = loss.item()

    def infer(self):
        with torch.inference_mode():
            logits, saliency = self.net(self.image)
            found = F.softmax(logits, 1)
            if saliency is not None:
                F.softmax(saliency.flatten(1), 1)
            self.loss = found.sum().item()

    def run(self, steps):
        seconds = []
        for _ in range(steps):
            start = time.monotonic_ns()
            self.step()
            seconds.append((time.monotonic_ns() - start) / 1e9)
            if not math.isfinite(self.loss):
                raise ArithmeticError(f"the result of a step is {self.loss}")
        return seconds


def main():
    # Nothing but answers goes to the parent: whatever a library prints is sent to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**fields):
        answers.write(PREFIX + json.dumps(fields) + "\n")
        answers.flush()

    runner = None
    for line in sys.stdin:
        order = json.loads(line)
        if order["command"] == "prepare":
            runner = Runner(order)
            answer(parameters=runner.parameters(), engine=runner.engine)
        elif order["command"] == "run":
            answer(seconds=runner.run(order["steps"]), loss=runner.loss)
        elif order["command"] == "end":
            return


if __name__ == "__main__":
    main()
