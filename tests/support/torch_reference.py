"""Values and gradients in float64 for the cases on standard input, by PyTorch. NHWC, HWIO."""

import json
import sys

import torch
import torch.nn.functional as F


def tensor(array, grad=False):
    return torch.tensor(array["data"], dtype=torch.float64).reshape(array["shape"]).requires_grad_(grad)


def padded(x, pads, value=0.0):
    """x as NCHW, with [[top, bottom], [left, right]] around it."""
    (top, bottom), (left, right) = pads
    return F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom), value=value)


def conv2d(x, w, b, attrs):
    y = F.conv2d(padded(x, attrs["padding"]), w.permute(3, 2, 0, 1).contiguous(), b, attrs["strides"])
    return F.relu(y) if attrs["activation"] else y


def max_pool2d(x, attrs):
    return F.max_pool2d(padded(x, attrs["padding"], float("-inf")), attrs["window"], attrs["strides"])


def average_pool2d(x, attrs):
    total = lambda z: F.avg_pool2d(padded(z, attrs["padding"]), attrs["window"], attrs["strides"])
    return total(x) / total(torch.ones_like(x))


def local_response_normalization(x, attrs):
    size = 2 * attrs["radius"] + 1  # by which PyTorch divides alpha
    x = x.permute(0, 3, 1, 2)
    return F.local_response_norm(x, size, attrs["alpha"] * size, attrs["beta"], attrs["bias"])


answers = []
for case in json.load(sys.stdin):
    inputs = {name: tensor(array, grad=True) for name, array in case["inputs"].items()}
    y = globals()[case["op"]](**inputs, attrs=case["attrs"]).permute(0, 2, 3, 1)
    grads = torch.autograd.grad(y, list(inputs.values()), tensor(case["dy"]))
    answers.append({
        "y": y.flatten().tolist(),
        "grads": {name: grad.flatten().tolist() for name, grad in zip(inputs, grads)},
    })
json.dump(answers, sys.stdout)
