#!/usr/bin/python3
"""The tutorial's recipe in PyTorch: somebody else's numbers to hold a run against.

    bench/torch_recipe.py --verify                       the network against stored float64 values
    bench/torch_recipe.py DATA_DIR --seed 1 --json OUT   a run and its learning curve
    bench/torch_recipe.py --time-only --json OUT         a step's time on one fixed batch
    bench/torch_recipe.py --time-only --device cuda      the same on a graphics card

Needs PyTorch and NumPy (Debian: python3-torch; libopenblas0-pthread makes it faster).
"""

import argparse
import ctypes
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch

from torch_network import initial, logits_of, step, stored_case, verify

CROP, STORED = 24, 32


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
        "system": system(args),
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


def fixed_batch(n):
    """The batch of bench/step/case.ts: noise from an integer hash, standardized, and labels."""
    i = np.arange(n * 3 * CROP * CROP, dtype=np.uint64)
    noise = ((i * 2654435761 & 0xFFFFFFFF) >> 24).reshape(n, 3, CROP, CROP).transpose(0, 2, 3, 1)
    return standardized(torch.from_numpy(noise.astype(np.float32))), torch.arange(n) % 3


def time_only(args):
    """Times steps and evaluation on the fixed batch; the losses of its first steps are for checking."""
    *_, stored = stored_case(args.case)
    p = {name: value.detach().to(args.device).requires_grad_() for name, value in stored.items()}
    x, labels = (tensor.to(args.device) for tensor in fixed_batch(args.batch))
    losses = [step(p, x, labels, 0.1) for _ in range(3)]

    def images_per_second(run, seconds):
        started = time.perf_counter()
        count = 0
        while count < 2 or time.perf_counter() - started < seconds:
            run()
            count += 1
        return count * args.batch / (time.perf_counter() - started)

    training = images_per_second(lambda: step(p, x, labels, 0.1), args.seconds)
    with torch.no_grad():
        logits_of(p, x).cpu()
        evaluation = images_per_second(lambda: logits_of(p, x).cpu(), args.seconds / 4)
    return {
        "system": system(args),
        "losses": losses,
        "imagesPerSecond": training,
        "evaluationImagesPerSecond": evaluation,
    }


def keep_freed_memory():
    """Makes glibc reuse memory instead of returning it after every operation and faulting it in again,
    which otherwise takes half of a step."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda parameter, value: 0)
    M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def system(args):
    """What computes. The BLAS decides much, and Debian's default is the slow reference one."""
    if args.device != "cpu":
        return f"PyTorch {torch.__version__}, {torch.cuda.get_device_name(args.device)}"
    maps = Path("/proc/self/maps")
    mapped = maps.read_text().splitlines() if maps.exists() else []
    libraries = {Path(line.split()[-1]).resolve().name for line in mapped if "blas" in line}
    blas = max(libraries, key=len, default="its own BLAS")
    return f"PyTorch {torch.__version__}, CPU, {args.threads} threads, {blas}"


def main():
    default_case = Path(__file__).parent.parent / "tests/support/tutorial_case.json"
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data_dir", nargs="?")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="where to time: cpu or cuda")
    parser.add_argument("--seconds", type=float, default=20, help="how long to time steps")
    parser.add_argument("--json", help="where to write the result")
    parser.add_argument("--case", default=default_case, help="the stored case")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--time-only", action="store_true")
    args = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(args.threads)
    if args.verify:
        return verify(args.case)
    if not args.time_only and not args.data_dir:
        parser.error("needs DATA_DIR, --verify or --time-only")
    result = time_only(args) if args.time_only else train(args)
    text = json.dumps(result)
    print(text) if not args.json else Path(args.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
