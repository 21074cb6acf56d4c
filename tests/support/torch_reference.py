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


def nhwc(y):
    return y.permute(0, 2, 3, 1)


def activated(y, attrs):
    return F.relu(y) if attrs["activation"] else y


def conv2d(x, w, b, attrs):
    y = F.conv2d(padded(x, attrs["padding"]), w.permute(3, 2, 0, 1).contiguous(), b, attrs["strides"])
    return activated(nhwc(y), attrs)


def depthwise_conv2d(x, w, b, attrs):
    height, width, channels, multiplier = w.shape
    filters = w.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    y = F.conv2d(padded(x, attrs["padding"]), filters, b, attrs["strides"], groups=channels)
    return activated(nhwc(y), attrs)


def locally_connected2d(x, w, b, attrs):
    out_height, out_width, height, width, channels, filters = w.shape
    windows = F.unfold(padded(x, attrs["padding"]), (height, width), stride=attrs["strides"])
    matrices = w.permute(0, 1, 4, 2, 3, 5).reshape(out_height * out_width, -1, filters)
    y = torch.einsum("nkp,pko->npo", windows, matrices)
    return activated(y.reshape(-1, out_height, out_width, filters) + b, attrs)


def dense(x, w, b, attrs):
    return activated(x @ w + b, attrs)


def max_pool2d(x, attrs):
    return nhwc(F.max_pool2d(padded(x, attrs["padding"], float("-inf")), attrs["window"], attrs["strides"]))


def average_pool2d(x, attrs):
    total = lambda z: F.avg_pool2d(padded(z, attrs["padding"]), attrs["window"], attrs["strides"])
    return nhwc(total(x) / total(torch.ones_like(x)))


def local_response_normalization(x, attrs):
    size = 2 * attrs["radius"] + 1  # by which PyTorch divides alpha
    x = x.permute(0, 3, 1, 2)
    return nhwc(F.local_response_norm(x, size, attrs["alpha"] * size, attrs["beta"], attrs["bias"]))


def relu(x, attrs):
    return F.relu(x)


def leaky_relu(x, attrs):
    return F.leaky_relu(x, attrs["slope"])


def gelu(x, attrs):
    return F.gelu(x)


def sigmoid(x, attrs):
    return torch.sigmoid(x)


def tanh(x, attrs):
    return torch.tanh(x)


def global_average_pool2d(x, attrs):
    return x.mean((1, 2))


def layer_norm(x, gamma, beta, attrs):
    return F.layer_norm(x, gamma.shape, gamma, beta, attrs["epsilon"])


def batch_norm(x, gamma, beta, attrs):
    rows = x.reshape(-1, x.shape[-1])
    return F.batch_norm(rows, None, None, gamma, beta, True, eps=attrs["epsilon"]).reshape(x.shape)


def flatten(x, attrs):
    return torch.flatten(x, 1)


def dropout(x, attrs):
    mask = torch.tensor(attrs["mask"], dtype=torch.float64).reshape(x.shape)
    return x * mask / (1 - attrs["rate"])


def residual(x, attrs, **owned):
    return chain(x, attrs["branch"], owned) + chain(x, attrs["shortcut"], owned)


def chain(x, links, owned):
    for link in links:
        prefix = link["name"] + "/"
        own = {name[len(prefix):]: value for name, value in owned.items() if name.startswith(prefix)}
        x = globals()[link["op"]](x, **own, attrs=link["attrs"])
    return x


def softmax(x, attrs):
    return F.softmax(x, -1)


def cross_entropy(x, attrs):
    return F.cross_entropy(x, torch.tensor(attrs["labels"])).reshape(1)


answers = []
for case in json.load(sys.stdin):
    if case["op"] not in globals():
        answers.append(None)
        continue
    inputs = {name: tensor(array, grad=True) for name, array in case["inputs"].items()}
    y = globals()[case["op"]](**inputs, attrs=case["attrs"])
    grads = torch.autograd.grad(y, list(inputs.values()), tensor(case["dy"]))
    answers.append({
        "y": y.flatten().tolist(),
        "grads": {name: grad.flatten().tolist() for name, grad in zip(inputs, grads)},
    })
json.dump(answers, sys.stdout)
