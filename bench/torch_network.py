"""The tutorial's network in PyTorch: values, loss, gradients, and the check that it is that network.

Parameters have the names and layouts of the project (NHWC, HWIO, dense [in, out]), so that values can
be held against each other one by one.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

SPECS = {  # name: (shape, standard deviation or constant, λ of L2)
    "conv1/weights": ((5, 5, 3, 64), 0.05, 0),
    "conv1/biases": ((64,), 0.0, 0),
    "conv2/weights": ((5, 5, 64, 64), 0.05, 0),
    "conv2/biases": ((64,), 0.1, 0),
    "local3/weights": ((2304, 384), 0.04, 0.004),
    "local3/biases": ((384,), 0.1, 0),
    "local4/weights": ((384, 192), 0.04, 0.004),
    "local4/biases": ((192,), 0.1, 0),
    "softmax_linear/weights": ((192, 10), 1 / 192, 0),
    "softmax_linear/biases": ((10,), 0.0, 0),
}


def initial(generator):
    """Weights from a normal cut at two standard deviations, biases constant."""

    def draw(name, shape, value):
        if name.endswith("/biases"):
            return torch.full(shape, value)
        w = torch.empty(shape)
        torch.nn.init.trunc_normal_(w, 0, value, -2 * value, 2 * value)
        return w

    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        return {name: draw(name, shape, value) for name, (shape, value, _) in SPECS.items()}


def max_pool(x):
    """3×3, stride 2, SAME: for an even size one cell of padding, after the last."""
    return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-math.inf), 3, 2)


def lrn(x):
    """Radius 4, bias 1, α = 0.001/9, β = 0.75. PyTorch divides its α by the size, 9."""
    return F.local_response_norm(x, 9, alpha=0.001, beta=0.75, k=1.0)


def logits_of(p, x):
    """Logits `[N, 10]` of pictures `x` `[N, 24, 24, 3]`."""

    def conv(name, x):
        w = p[f"{name}/weights"].permute(3, 2, 0, 1)
        return F.relu(F.conv2d(x, w, p[f"{name}/biases"], padding=2))

    def dense(name, x):
        return torch.addmm(p[f"{name}/biases"], x, p[f"{name}/weights"])

    h = lrn(max_pool(conv("conv1", x.permute(0, 3, 1, 2))))
    h = max_pool(lrn(conv("conv2", h)))
    h = h.permute(0, 2, 3, 1).flatten(1)
    return dense("softmax_linear", F.relu(dense("local4", F.relu(dense("local3", h)))))


def loss_of(p, x, labels):
    """Mean cross-entropy plus the L2 terms λ · ½‖w‖²."""
    decay = sum(wd * 0.5 * (p[name] ** 2).sum() for name, (*_, wd) in SPECS.items() if wd)
    return F.cross_entropy(logits_of(p, x), labels) + decay


def step(p, x, labels, rate):
    """One step of gradient descent in place; the loss before it."""
    loss = loss_of(p, x, labels)
    gradients = torch.autograd.grad(loss, list(p.values()))
    with torch.no_grad():
        for value, gradient in zip(p.values(), gradients):
            value -= rate * gradient
    return loss.item()


def stored_case(path, dtype=torch.float32):
    """The tests' case: what was stored, and pictures and parameters made by its formula."""
    case = json.loads(Path(path).read_text())

    def sines(spec):
        i = np.arange(math.prod(spec["shape"]), dtype=np.float64)
        values = (np.sin(i * spec["k"]) * spec["scale"]).astype(np.float32)
        return torch.from_numpy(values).reshape(spec["shape"]).to(dtype)

    p = {name: sines(spec).requires_grad_() for name, spec in case["parameters"].items()}
    return case, sines(case["x"]), p


def verify(path):
    """Loss, logits and every gradient against the stored values, in float64 and in float32."""
    # In float32 cells of a pool that nearly tie send their gradient elsewhere, hence the wide bound.
    for dtype, bound in ((torch.float64, 1e-7), (torch.float32, 5e-3)):
        case, x, p = stored_case(path, dtype)
        labels = torch.tensor(case["labels"])
        loss = loss_of(p, x, labels)
        gradients = dict(zip(p, torch.autograd.grad(loss, list(p.values()))))
        logits = torch.tensor(case["logits"]["data"], dtype=torch.float64)
        errors = {
            "loss": abs(loss.item() - case["loss"]) / case["loss"],
            "logits": (logits_of(p, x).flatten() - logits).abs().max().item(),
        }
        for name, expected in case["gradients"].items():
            g = gradients[name].flatten().double()
            for part, of in (("first", g[:8]), ("last", g[-8:])):
                error = (of - torch.tensor(expected[part])).abs().max().item()
                errors[f"{name} {part}"] = error / expected["norm"]
            errors[f"{name} norm"] = abs(g.norm().item() / expected["norm"] - 1)
        worst = max(errors, key=errors.get)
        print(f"{dtype}: loss {loss.item():.9f}, worst error {errors[worst]:.1e} ({worst})")
        if errors[worst] > bound:
            raise SystemExit(f"Cannot compare: needs errors under {bound}, got {errors}")
