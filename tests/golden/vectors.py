"""What the scripts that write golden vectors share."""
import json
import struct

import numpy as np
import torch
import torch.nn as nn


def tensors_of(net):
    return {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}


def randomise(net, shift=0.0):
    """Normalisations get weights, shifts and running statistics that differ; every value is one of float32.

    With a shift of 3 few values lie near a ReLU's kink. With 0, in a full-size network, rounding decides on which side
    some of millions of values fall, and gradients in float32, PyTorch's too, differ by 0.2 to 0.8 % from those in float64.
    """
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(shift, 0.2)
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
        for tensor in tensors_of(net).values():
            tensor.copy_(tensor.to(torch.float32))


def write(path, tensors, made_by):
    header = {"__metadata__": {"made_by": "tests/golden/" + made_by, "torch": torch.__version__}}
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


def read(path):
    """The tensors of a file of float32, as arrays."""
    with open(path, "rb") as f:
        length = struct.unpack("<Q", f.read(8))[0]
        header, blob = json.loads(f.read(length)), f.read()
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        found[name] = np.frombuffer(blob[begin:end], dtype="<f4").reshape(entry["shape"])
    return found
