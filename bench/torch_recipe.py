#!/usr/bin/python3
"""The tutorial's recipe in PyTorch on the CPU: somebody else's numbers to hold a run against.

    bench/torch_recipe.py --verify                       the network against stored float64 values
    bench/torch_recipe.py DATA_DIR --seed 1 --json OUT   a run and its learning curve
    bench/torch_recipe.py --time-only --json OUT         a step's time on one fixed batch

Needs PyTorch and NumPy (Debian: python3-torch). Parameters have the names and layouts of the project
(NHWC, HWIO, dense [in, out]), so that values can be held against each other one by one.
"""

import argparse
import ctypes
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

CROP, STORED = 24, 32
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


# --- network -------------------------------------------------------------------------------------


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


# --- data ----------------------------------------------------------------------------------------


def read_records(path):
    """Labels `[N]` and pictures `[N, 32, 32, 3]` of a file of 3,073-byte records."""
    records = np.fromfile(path, np.uint8).reshape(-1, 1 + 3 * STORED * STORED)
    pictures = records[:, 1:].reshape(-1, 3, STORED, STORED).transpose(0, 2, 3, 1)
    return records[:, 0].astype(np.int64), np.ascontiguousarray(pictures)


class ShuffleQueue:
    """Examples enter in file order, the files shuffled each epoch; batches are drawn from at least
    `least` examples, of which that many stay. It is full, `least` + 3 batches, before every draw."""

    def __init__(self, files, batch, least, rng):
        self.files, self.batch, self.rng = files, batch, rng
        self.capacity = least + 3 * batch
        self.starts = np.cumsum([0] + [len(labels) for labels, _ in files])
        self.labels = np.concatenate([labels for labels, _ in files])
        self.pictures = np.concatenate([pictures for _, pictures in files])
        self.queue = np.empty(0, np.int64)
        self.waiting = np.empty(0, np.int64)

    def next(self):
        while len(self.queue) < self.capacity:
            if not len(self.waiting):
                order = self.rng.permutation(len(self.files))
                self.waiting = np.concatenate(
                    [np.arange(self.starts[i], self.starts[i + 1]) for i in order]
                )
            taken = self.capacity - len(self.queue)
            self.queue = np.concatenate([self.queue, self.waiting[:taken]])
            self.waiting = self.waiting[taken:]
        drawn = self.rng.choice(len(self.queue), self.batch, replace=False)
        examples = self.queue[drawn]
        self.queue = np.delete(self.queue, drawn)
        return torch.from_numpy(self.pictures[examples]), torch.from_numpy(self.labels[examples])


def standardized(x):
    """(x − mean) / max(std, 1/√1728) over all values of each picture."""
    x = x - x.mean((1, 2, 3), keepdim=True)
    deviation = (x**2).mean((1, 2, 3), keepdim=True).sqrt()
    return x / deviation.clamp_min(1 / math.sqrt(CROP * CROP * 3))


def distorted(pictures, generator):
    """Crop, flip, contrast, standardize. Brightness adds the same to every value, which the contrast
    keeps (it is about each channel's mean) and standardizing takes away again."""
    n = len(pictures)
    top, left = torch.randint(STORED - CROP + 1, (2, n, 1), generator=generator)
    rows, columns = top + torch.arange(CROP), left + torch.arange(CROP)
    flip = torch.rand((n, 1), generator=generator) < 0.5
    columns = torch.where(flip, columns.flip(1), columns)
    x = pictures[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]].float()
    contrast = 0.2 + 1.6 * torch.rand((n, 1, 1, 1), generator=generator)
    mean = x.mean((1, 2), keepdim=True)
    return standardized((x - mean) * contrast + mean)


def central(pictures):
    margin = (STORED - CROP) // 2
    return standardized(pictures[:, margin : margin + CROP, margin : margin + CROP].float())


@torch.no_grad()
def precision(p, labels, pictures):
    """The share of pictures whose largest logit is that of their label."""
    hits = 0
    for i in range(0, len(labels), 250):
        best = logits_of(p, central(torch.from_numpy(pictures[i : i + 250]))).argmax(1)
        hits += (best == torch.from_numpy(labels[i : i + 250])).sum().item()
    return hits / len(labels)


# --- commands ------------------------------------------------------------------------------------


def train(args):
    data = Path(args.data_dir)
    if (data / "cifar-10-batches-bin").is_dir():
        data = data / "cifar-10-batches-bin"
    files = [read_records(data / f"data_batch_{i}.bin") for i in range(1, 6)]
    test = read_records(data / "test_batch.bin")
    generator = torch.Generator().manual_seed(args.seed)
    queue = ShuffleQueue(files, args.batch, 20_000, np.random.default_rng(args.seed))
    p = {name: value.requires_grad_() for name, value in initial(generator).items()}
    averages = {name: value.detach().clone() for name, value in p.items()}
    every = math.floor(len(queue.labels) / args.batch * 350)

    losses, averaged, average = [], [], 0.0
    started = time.perf_counter()
    for i in range(args.steps):
        pictures, labels = queue.next()
        loss = step(p, distorted(pictures, generator), labels, 0.1 * 0.1 ** (i // every))
        d = min(0.9999, (1 + i) / (10 + i))
        with torch.no_grad():
            for name, value in p.items():
                averages[name] -= (1 - d) * (averages[name] - value)
        average = 0.9 * average + 0.1 * loss
        losses.append(loss)
        averaged.append(average / (1 - 0.9 ** (i + 1)))
        if i % 100 == 0 or i + 1 == args.steps:
            speed = (i + 1) * args.batch / (time.perf_counter() - started)
            print(
                f"step {i}, loss = {loss:.2f}, averaged {averaged[-1]:.2f} ({speed:.0f} images/s)",
                flush=True,
            )
        if not math.isfinite(loss):
            raise SystemExit(f"Cannot go on: the loss was not finite at step {i}")
    speed = args.steps * args.batch / (time.perf_counter() - started)
    result = {
        "system": system(args.threads),
        "seed": args.seed,
        "steps": args.steps,
        "batch": args.batch,
        "losses": losses,
        "averagedLosses": averaged,
        "precision": precision(averages, *test),
        "precisionWithoutAverages": precision(p, *test),
        "imagesPerSecond": speed,
    }
    print(f"precision @ 1 = {result['precision']:.4f} (averages)")
    print(f"precision @ 1 = {result['precisionWithoutAverages']:.4f} (no averages)")
    return result


def sine_case(path, batch=None, dtype=torch.float32):
    """The stored case: pictures (repeated formula for another batch), labels, parameters, answers."""
    case = json.loads(Path(path).read_text())

    def sines(spec, shape):
        i = np.arange(math.prod(shape), dtype=np.float64)
        values = (np.sin(i * spec["k"]) * spec["scale"]).astype(np.float32)
        return torch.from_numpy(values).reshape(shape).to(dtype)

    n = batch or len(case["labels"])
    x = sines(case["x"], [n, *case["x"]["shape"][1:]])
    labels = torch.tensor([case["labels"][i % len(case["labels"])] for i in range(n)])
    p = {name: sines(s, s["shape"]).requires_grad_() for name, s in case["parameters"].items()}
    return case, x, labels, p


def verify(args):
    """Loss, logits and every gradient against the stored values, in float64 and in float32."""
    # In float32 cells of a pool that nearly tie send their gradient elsewhere, hence the wide bound.
    for dtype, bound in ((torch.float64, 1e-7), (torch.float32, 5e-3)):
        case, x, labels, p = sine_case(args.case, dtype=dtype)
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


def time_only(args):
    """Times steps and evaluation on one fixed batch, after the loss of its first step."""
    _, x, labels, p = sine_case(args.case, batch=args.batch)

    def speed(run, count):
        run()
        started = time.perf_counter()
        for _ in range(count):
            run()
        return count * args.batch / (time.perf_counter() - started)

    with torch.no_grad():
        loss = loss_of(p, x, labels).item()
        evaluation = speed(lambda: logits_of(p, x), args.steps)
    return {
        "system": system(args.threads),
        "loss": loss,
        "imagesPerSecond": speed(lambda: step(p, x, labels, 1e-6), args.steps),
        "evaluationImagesPerSecond": evaluation,
    }


def keep_freed_memory():
    """Makes glibc reuse memory instead of returning it after every operation and faulting it in again,
    which otherwise takes half of a step."""
    libc = ctypes.CDLL(None)
    M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
    libc.mallopt(M_MMAP_MAX, 0)
    libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def system(threads):
    """What computes: the BLAS decides much, and Debian's default is the slow reference one."""
    libraries = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    names = {Path(path).resolve().name for path in libraries if "blas" in path}
    blas = max(names, key=len, default="no BLAS")
    return f"PyTorch {torch.__version__}, CPU, {threads} threads, {blas}"


def main():
    default_case = Path(__file__).parent.parent / "tests/support/tutorial_case.json"
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data_dir", nargs="?")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", help="where to write the result")
    parser.add_argument("--case", default=default_case, help="the stored case")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--time-only", action="store_true")
    args = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(args.threads)
    if args.verify:
        return verify(args)
    if not args.time_only and not args.data_dir:
        parser.error("needs DATA_DIR, --verify or --time-only")
    result = time_only(args) if args.time_only else train(args)
    text = json.dumps(result)
    print(text) if not args.json else Path(args.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
