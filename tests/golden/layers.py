"""Golden vectors of single layers, computed by PyTorch in float64 and stored as float32.

usage: python layers.py FOLDER        (needs torch and numpy; any version since 2.0)

Writes FOLDER/layers.safetensors. For each case of CASES: CASE.x, CASE.weight and CASE.bias (or CASE.gate), CASE.y,
CASE.dy, and the gradients CASE.dx, CASE.dweight, CASE.dbias (or CASE.dgate) of the sum of y * dy. Inputs are
[2,CHANNELS,HEIGHT,WIDTH]. The committed file is in pipeline/src/test/resources/golden.
"""
import sys

import torch
import torch.nn.functional as F

from vectors import write

CHANNELS, HEIGHT, WIDTH = 16, 9, 7

CASES = {
    # name: (weights' shape or None, bias, function)
    "convolution-dilated": ((5, 16, 3, 3), True, lambda x, w, b: F.conv2d(x, w, b, padding=2, dilation=2)),
    "convolution-rectangular": (
        (16, 16, 3, 1), False, lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 0), dilation=(1, 1))),
    "convolution-uneven": (
        (4, 16, 2, 5), True, lambda x, w, b: F.conv2d(x, w, b, stride=(2, 3), padding=(0, 2), dilation=(3, 1))),
    "transposed-doubling": (
        (16, 16, 3, 3), True, lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1)),
    "transposed-plain": ((16, 5, 2, 2), False, lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2)),
    "transposed-uneven": (
        (16, 6, 2, 3), True,
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=(3, 2), padding=(1, 0), output_padding=(2, 0), dilation=(2, 1))),
    "resize-edges": (None, False, lambda x, w, b: F.interpolate(x, size=(18, 14), mode="bilinear", align_corners=False)),
    "resize-corners": (None, False, lambda x, w, b: F.interpolate(x, size=(18, 14), mode="bilinear", align_corners=True)),
    "resize-smaller": (None, False, lambda x, w, b: F.interpolate(x, size=(4, 11), mode="bilinear", align_corners=False)),
    "resize-to-row": (None, False, lambda x, w, b: F.interpolate(x, size=(1, 5), mode="bilinear", align_corners=True)),
    "maximum": (None, False, lambda x, w, b: F.max_pool2d(x, (3, 2), stride=(2, 1), padding=(1, 0))),
    "average": (
        None, False, lambda x, w, b: F.avg_pool2d(x, (3, 2), stride=(2, 1), padding=(1, 1), count_include_pad=False)),
    "global-maximum": (None, False, lambda x, w, b: x.amax((2, 3))),
    "global-average": (None, False, lambda x, w, b: x.mean((2, 3))),
    "log-softmax": (None, False, lambda x, w, b: F.log_softmax(x.flatten(2), 2).view_as(x)),
}


def case(name, shape, has_bias, function):
    x = torch.randn(2, CHANNELS, HEIGHT, WIDTH).float().double().requires_grad_()
    leaves = {"x": x}
    if shape:
        leaves["weight"] = (torch.randn(shape) / 8).float().double().requires_grad_()
    if has_bias:
        width = shape[1] if name.startswith("transposed") else shape[0]
        leaves["bias"] = torch.randn(width).float().double().requires_grad_()
    y = function(x, leaves.get("weight"), leaves.get("bias"))
    dy = torch.randn(y.shape).float().double()
    (y * dy).sum().backward()
    found = {"y": y, "dy": dy}
    for key, leaf in leaves.items():
        found[key] = leaf
        found["d" + key] = leaf.grad
    return {f"{name}.{key}": value for key, value in found.items()}


def main(folder):
    torch.manual_seed(20)
    torch.set_default_dtype(torch.float64)
    found = {}
    for name, (shape, has_bias, function) in CASES.items():
        found.update(case(name, shape, has_bias, function))
    x = torch.randn(2, CHANNELS, HEIGHT, WIDTH).float().double().requires_grad_()
    gate = torch.rand(2, CHANNELS).float().double().requires_grad_()
    y = x * gate[:, :, None, None]
    dy = torch.randn(y.shape).float().double()
    (y * dy).sum().backward()
    scaled = {"x": x, "gate": gate, "y": y, "dy": dy, "dx": x.grad, "dgate": gate.grad}
    found.update({f"scale-channels.{key}": value for key, value in scaled.items()})
    write(f"{folder}/layers.safetensors", found, "layers.py")


if __name__ == "__main__":
    main(sys.argv[1])
