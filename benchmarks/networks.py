"""Training of a denoising autoencoder beside torch: ``python benchmarks/networks.py``.

Both train the same network on the same rows: one hidden layer, tied weights, tanh, a fifth of the
values set to 0, weight decay, Adam in float32, every epoch in a new order, from weights drawn
alike; the losses after the last epoch tell whether they do the same. Seconds an epoch are those of
whole trainings over `EPOCHS`, the least of runs that alternate: ours is `DenoisingAutoencoder.fit`,
torch's a loop around its fused Adam. They are CPU seconds with one thread, wall seconds with two,
for which the machine has to be idle. Without torch our figures stand alone.
"""

import time
import warnings

import _common
import numpy as np

from featuretransfer import DenoisingAutoencoder

NETWORKS = tuple((d, hidden) for d in (384, 1582) for hidden in (256, 1024))
ROWS, BATCHES, THREADS = (2000, 10000), (64, 256), (1, 2)
EPOCHS, REPEATS = 3, 3
NOISE, DECAY, RATE = 0.2, 1e-4, 1e-3
AIM = 1.2  # times the seconds of torch
MOST_APART = 0.02  # of the losses after the last epoch
COLUMNS = ("d", "hidden", "rows", "batch", "threads", "ours", "torch", "ratio", "losses")
LINE = "{:>5} {:>6} {:>6} {:>6} {:>7} {:>9} {:>9} {:>6} {:>15}"


def main():
    """Measure, print and write."""
    options = parse()
    version = _common.environment()["versions"]["torch"]
    print(f"Beside torch {version}." if version else "torch is not installed: ours alone.")
    print(LINE.format(*COLUMNS))
    rows = []
    for case in [(24, 8, 100, 32, 1)] if options.smoke else cases(options.threads):
        _common.pin_threads(case[-1])
        row = _common.in_fresh_process(run, *case, version is not None)
        rows.append(row)
        print(LINE.format(*case, *shown(row)), flush=True)
    verdicts = [] if options.smoke or not version else judge(rows)
    print("\n" + "\n".join(verdicts))
    if options.output:
        _common.write_json(options.output, rows=rows, verdicts=verdicts)


def parse():
    """The command line."""
    parser = _common.parser(__doc__, smoke="one tiny network, no targets")
    parser.add_argument("--threads", type=int, help="only with this many")
    return parser.parse_args()


def cases(threads=None):
    """Features, hidden units, rows, batch size and threads."""
    return [
        (d, hidden, n, batch, threads)
        for threads in (THREADS if threads is None else (threads,))
        for d, hidden in NETWORKS
        for n in ROWS
        for batch in BATCHES
    ]


def run(d, hidden, n, batch, threads, with_torch):
    """Seconds an epoch and last losses of both."""
    _common.pin_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    X = make_rows(n, d)
    trainers = {"ours": train_ours}
    if with_torch:
        trainers["torch"] = train_torch
    row = {"d": d, "hidden": hidden, "n": n, "batch": batch, "threads": threads}
    seconds = {name: [] for name in trainers}
    for _ in range(1 + REPEATS):  # the first warms up
        for name, train in trainers.items():
            start = clock()
            row[f"{name}_loss"] = train(X, hidden, batch, threads)
            seconds[name].append((clock() - start) / EPOCHS)
    return {**row, **{name: min(values[1:]) for name, values in seconds.items()}}


def make_rows(n, d):
    """Rows near a subspace, in columns of mean 0 and deviation 1, float32."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 10)) @ rng.normal(size=(10, d)) + rng.normal(size=(n, d))
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)


def train_ours(X, hidden, batch, _threads):
    """The loss of the last epoch."""
    model = DenoisingAutoencoder(
        n_hidden=hidden,
        noise=NOISE,
        alpha=DECAY,
        learning_rate=RATE,
        batch_size=batch,
        max_iter=EPOCHS,
        validation_fraction=0,
        tol=0,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as few epochs as here are no convergence
        model.fit(X)
    return model.loss_curves_[0][-1]


def train_torch(X, hidden, batch, threads):
    """The loss of the last epoch."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    rows = torch.from_numpy(X)
    n, d = rows.shape
    bound = (6 / (d + hidden)) ** 0.5
    weights = torch.empty(d, hidden).uniform_(-bound, bound).requires_grad_()
    biases = [torch.zeros(size, requires_grad=True) for size in (hidden, d)]
    groups = [{"params": [weights], "weight_decay": DECAY}, {"params": biases}]
    optimiser = torch.optim.Adam(groups, lr=RATE, fused=True)
    for _ in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(n).split(batch):
            clean = rows[chosen]
            corrupted = clean * (torch.rand_like(clean) >= NOISE)
            code = torch.tanh(torch.addmm(biases[0], corrupted, weights))
            restored = torch.addmm(biases[1], code, weights.T)
            loss = torch.nn.functional.mse_loss(restored, clean, reduction="sum") / 2
            optimiser.zero_grad()
            (loss / len(chosen)).backward()
            optimiser.step()
            total += loss.item()
    return total / n + DECAY / 2 * weights.square().sum().item()


def shown(row):
    """Times, ratio and losses for the table."""
    if "torch" not in row:
        return f"{row['ours']:.4f}", "-", "-", f"{row['ours_loss']:.4g}"
    losses = f"{row['ours_loss']:.4g} {row['torch_loss']:.4g}"
    times = f"{row['ours']:.4f}", f"{row['torch']:.4f}"
    return *times, f"{row['ours'] / row['torch']:.2f}", losses


def judge(rows):
    """Two lines for each number of threads."""
    lines = []
    for threads in dict.fromkeys(row["threads"] for row in rows):
        own = [row for row in rows if row["threads"] == threads]
        ratios = [row["ours"] / row["torch"] for row in own]
        state = _common.state(max(ratios) <= AIM)
        lines.append(
            f"{state}: {threads} threads: at most {AIM} times the seconds of torch "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )
        apart = max(abs(row["ours_loss"] / row["torch_loss"] - 1) for row in own)
        state = _common.state(apart <= MOST_APART)
        lines.append(f"{state}: {threads} threads: losses {MOST_APART:.0%} apart ({apart:.2%})")
    return lines


if __name__ == "__main__":
    main()
