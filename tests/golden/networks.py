"""CoGaze's networks in PyTorch, with CoGaze's canonical tensor names (needs torch; any version since 2.0).

Every network takes a grey image [N,1,H,W] and returns its heads' logits by name; dropout is left out. Modules that end in
a ReLU and maximum pooling have the names of the vertices in CoGaze's graphs whose outputs they give, but for the gates.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

# Dense layers of the four blocks.
DENSENETS = {
    "densenet121": (6, 12, 24, 16),
    "densenet169": (6, 12, 32, 32),
    "densenet201": (6, 12, 48, 32),
}


class Relu(nn.Module):
    """ReLU. Where a mask is given, it says which values pass, whatever their sign; `seen` is called with what comes in."""

    mask = None
    seen = None

    def bend(self, x):
        if self.seen is not None:
            self.seen(x.detach())
        return F.relu(x) if self.mask is None else torch.where(self.mask, x, torch.zeros_like(x))

    def forward(self, x):
        return self.bend(x)


class MaxPool(nn.Module):
    """Maximum pooling. Where places are given, they say which value of each window passes; `seen` is called with what
    comes in, what goes out and the places, as indices into the rows of H * W values that PyTorch's functions return."""

    places = None
    seen = None

    def __init__(self, kernel, stride, padding=0):
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x):
        if self.places is None:
            y, places = F.max_pool2d(x, self.kernel, self.stride, self.padding, return_indices=True)
        else:
            places = self.places
            y = x.flatten(2).gather(2, places.flatten(2)).view(places.shape)
        if self.seen is not None:
            self.seen(x.detach(), y.detach(), places)
        return y


class NormRelu(nn.BatchNorm2d, Relu):
    """Batch normalisation and ReLU: one vertex of CoGaze's graphs, which has this module's name."""

    def forward(self, x):
        return self.bend(nn.BatchNorm2d.forward(self, x))


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1 = NormRelu(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2 = NormRelu(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv2(self.norm2(self.conv1(self.norm1(x))))
        return torch.cat([x, y], 1)


class DenseNet(nn.Module):
    def __init__(self, blocks, growth, stem):
        super().__init__()
        self.conv0 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
        self.norm0 = NormRelu(stem)
        self.pool0 = MaxPool(3, 2, 1)
        channels = stem
        for b, layers in enumerate(blocks, 1):
            block = nn.Module()
            for j in range(1, layers + 1):
                block.add_module(f"denselayer{j}", DenseLayer(channels, growth))
                channels += growth
            self.add_module(f"denseblock{b}", block)
            if b < len(blocks):
                transition = nn.Module()
                transition.norm = NormRelu(channels)
                transition.conv = nn.Conv2d(channels, channels // 2, 1, bias=False)
                self.add_module(f"transition{b}", transition)
                channels //= 2
        self.norm5 = NormRelu(channels)
        self.blocks, self.channels = len(blocks), channels

    def forward(self, grey):
        x = self.pool0(self.norm0(self.conv0(grey.expand(-1, 3, -1, -1))))
        for b in range(1, self.blocks + 1):
            for layer in getattr(self, f"denseblock{b}").children():
                x = layer(x)
            if b < self.blocks:
                transition = getattr(self, f"transition{b}")
                x = F.avg_pool2d(transition.conv(transition.norm(x)), 2)
        return x, self.norm5(x)


class Gate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        hidden = max(1, channels // 16)
        self.fc1 = nn.Linear(channels, hidden, bias=False)
        self.relu = Relu()
        self.fc2 = nn.Linear(hidden, channels, bias=False)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(self.relu(self.fc1(x.mean((2, 3))))))[:, :, None, None]


class EncoderLevel(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm1 = NormRelu(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.add = Relu()
        self.se = Gate(outputs)

    def forward(self, x):
        y = self.norm2(self.conv2(self.norm1(self.conv1(x))))
        return self.se(self.add(y + self.shortcut(x)))


class ConvNormRelu(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = NormRelu(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class DoubleConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm1 = NormRelu(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = NormRelu(outputs)

    def forward(self, x):
        return self.norm2(self.conv2(self.norm1(self.conv1(x))))


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
        self.dropout = Relu()
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc2(self.dropout(self.fc1(x)))


class Cooperative(nn.Module):
    def __init__(self, base, blocks, growth, stem, classes, hidden, **_):
        super().__init__()
        f = [base * 2**i for i in range(5)]
        self.densenet = DenseNet(blocks, growth, stem)
        c = self.densenet.channels
        self.add_module("densenet-classifier", nn.Linear(c, classes))
        self.encoder = nn.Module()
        for i in range(5):
            level = EncoderLevel(f[i - 1] if i else 1, f[i])
            if i:
                level.pool = MaxPool(2, 2)
            self.encoder.add_module(f"level{i + 1}", level)
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
            level = getattr(self.encoder, f"level{i + 1}")
            y = level(level.pool(y) if i else y)
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


class DenseNetClassifier(nn.Module):
    """DenseNet with a linear classifier over the averages of relu(norm5)."""

    def __init__(self, blocks, growth, stem, classes, **_):
        super().__init__()
        self.densenet = DenseNet(blocks, growth, stem)
        self.add_module("densenet-classifier", nn.Linear(self.densenet.channels, classes))

    def forward(self, x):
        _, normed = self.densenet(x)
        return {"densenet-class": self._modules["densenet-classifier"](normed.mean((2, 3))), "normed": normed}


class MtUnet(nn.Module):
    """The multi-task U-Net of Zhu, Rohling and Salcudean (arXiv 2202.07118)."""

    def __init__(self, base, classes, hidden, **_):
        super().__init__()
        f = [base * 2**i for i in range(5)]
        self.encoder = nn.Module()
        for i in range(5):
            level = DoubleConv(f[i - 1] if i else 1, f[i])
            if i:
                level.pool = MaxPool(2, 2)
            self.encoder.add_module(f"level{i + 1}", level)
        self.decoder = nn.Module()
        for level in (5, 4, 3, 2):
            self.decoder.add_module(f"level{level}", DecoderLevel(f[level - 1], f[level - 2], f[level - 2]))
        self.add_module("saliency-head", SaliencyHead(f[0]))
        self.add_module("fused-classifier", FusedClassifier(f[4] + f[0], hidden, classes))

    def forward(self, x):
        maps, y = [], x
        for i in range(5):
            level = getattr(self.encoder, f"level{i + 1}")
            y = level(level.pool(y) if i else y)
            maps.append(y)
        d = maps[4]
        for level in (5, 4, 3, 2):
            d = getattr(self.decoder, f"level{level}")(d, maps[level - 2])
        m = self._modules
        fused = torch.cat([maps[4].mean((2, 3)), d.mean((2, 3))], 1)
        return {"saliency": m["saliency-head"](d), "fused-class": m["fused-classifier"](fused)}
