"""The Python side of tools/commands/check-real-size.ts: KoBERT-base's shape with seeded random weights, and what PyTorch computes from
them with the dropout masks that TypeScript drew.

    real_size.py make FOLDER       writes a checkpoint and batch.json
    real_size.py compare FOLDER    reads masks and ours/*.safetensors, prints both sides' errors
"""

import json
import math
import os
import pathlib
import sys

import numpy
import torch
import transformers
from safetensors.torch import load_file

SEED = int(os.environ.get("REAL_SIZE_SEED", 20240607))
ROWS, LENGTH, CLASSES, DROPOUT = 4, 256, 8, 0.1
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def make(folder):
    """Weights as after training rather than before: norms not 1, biases not 0, attention that prefers some tokens."""
    config = transformers.BertConfig(
        vocab_size=8002, pad_token_id=1, num_labels=CLASSES, hidden_dropout_prob=DROPOUT,
        attention_probs_dropout_prob=DROPOUT, classifier_dropout=DROPOUT, attn_implementation="eager",
    )
    torch.manual_seed(SEED)
    model = transformers.BertForSequenceClassification(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape)
            if parameter.dim() == 1 and name.endswith("weight"):
                parameter.copy_(1 + 0.1 * values)
            elif parameter.dim() == 1:
                parameter.copy_(0.02 * values)
            else:
                parameter.copy_((0.05 if ".query." in name or ".key." in name else 0.03) * values)
    model.save_pretrained(folder)
    rng = numpy.random.default_rng(SEED)
    lengths = [LENGTH, LENGTH, int(0.7 * LENGTH), int(0.4 * LENGTH)]
    ids = rng.integers(5, 8002, (ROWS, LENGTH))
    mask = numpy.array([[1] * n + [0] * (LENGTH - n) for n in lengths])
    ids[mask == 0] = 1
    batch = {
        "input_ids": ids.tolist(),
        "attention_mask": mask.tolist(),
        "labels": rng.integers(0, CLASSES, ROWS).tolist(),
    }
    (folder / "batch.json").write_text(json.dumps(batch))


class Masks:
    """Gives PyTorch's dropouts, in the order in which BERT calls them, the masks that TypeScript drew."""

    def __init__(self, folder):
        order = json.loads((folder / "masks.json").read_text())
        data = numpy.fromfile(folder / "masks.bin", dtype=numpy.uint8)
        self.masks, self.rates, at = [], [], 0
        for entry in order:
            size = math.prod(entry["shape"])
            self.masks.append(torch.from_numpy(data[at:at + size]).reshape(entry["shape"]))
            self.rates.append(entry["rate"])
            at += size
        self.next = 0

    def dropout(self, x, p=0.5, training=True, inplace=False):
        mask, rate = self.masks[self.next], self.rates[self.next]
        self.next += 1
        assert rate == p and training and mask.numel() == x.numel(), (rate, p, mask.shape, x.shape)
        # in the input's own type, as torch's dropout computes
        return x * (mask.reshape(x.shape).to(x.dtype) / (1 - rate))


def run(folder, dtype, autocast, masks):
    """Loss, logits and every gradient, as float64."""
    model = transformers.BertForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).to(dtype)
    batch = {name: torch.tensor(values) for name, values in json.loads((folder / "batch.json").read_text()).items()}
    original = torch.nn.functional.dropout
    if masks is None:
        model.eval()
    else:
        model.train()
        masks.next = 0
        torch.nn.functional.dropout = masks.dropout
    try:
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            output = model(**batch)
        output.loss.backward()
    finally:
        torch.nn.functional.dropout = original
    assert masks is None or masks.next == len(masks.masks)
    gradients = {name: parameter.grad.double() for name, parameter in model.named_parameters()}
    return {"loss": output.loss.detach().double(), "logits": output.logits.detach().double(), **gradients}


def ours(folder, name):
    return {key: value.double() for key, value in load_file(folder / "ours" / f"{name}.safetensors").items()}


def norm_of_difference(a, b):
    return float((a.detach().reshape(-1) - b.detach().reshape(-1)).norm())


def report(title, reference, mine, theirs, limit):
    """Prints both sides' distance from a reference; parameters whose gradient is nothing but rounding apart."""
    loss, logits = [[norm_of_difference(side[key], reference[key]) for side in (mine, theirs)] for key in ("loss", "logits")]
    print(f"\n{title}")
    print(f"  loss {float(reference['loss']):.6f}: off by {loss[0]:.2e}, PyTorch by {loss[1]:.2e}")
    print(f"  logits (l2 {float(reference['logits'].norm()):.3f}): off by {logits[0]:.2e}, PyTorch by {logits[1]:.2e}")
    names = [name for name in reference if name not in ("loss", "logits")]
    overall = math.sqrt(sum(float(reference[name].norm()) ** 2 for name in names))
    rounding = [name for name in names if name.endswith("key.bias")]
    kept = [name for name in names if name not in rounding]
    mine_off = {name: norm_of_difference(mine[name], reference[name]) for name in names}
    theirs_off = {name: norm_of_difference(theirs[name], reference[name]) for name in names}
    relative = {name: (mine_off[name] / float(reference[name].norm()), theirs_off[name] / float(reference[name].norm())) for name in kept}
    total = [math.sqrt(sum(off[name] ** 2 for name in names)) / overall for off in (mine_off, theirs_off)]
    print(f"  all gradients together, relative: {total[0]:.2e}, PyTorch {total[1]:.2e}, ratio {total[0] / total[1]:.2f}")
    ratios = {name: mine_off[name] / theirs_off[name] for name in kept}
    ordered = sorted(kept, key=lambda name: -ratios[name])
    values = sorted(ratios.values())
    print(f"  ratio by parameter ({len(kept)}): median {values[len(values) // 2]:.2f}, largest {values[-1]:.2f}; "
          f"above {limit}: {sum(value > limit for value in values)}")
    for name in ordered[:6]:
        print(f"    {ratios[name]:.2f}  {relative[name][0]:.2e} and {relative[name][1]:.2e}  {name}")
    worst = max(mine_off[name] / theirs_off[name] for name in rounding)
    print(f"  key biases, whose gradient is 0 but for rounding: largest {max(mine_off[n] for n in rounding):.1e}, "
          f"PyTorch {max(theirs_off[n] for n in rounding):.1e}; largest ratio {worst:.2f}")
    return values[-1]


def compare(folder):
    """Exit code 1 where a bf16 gradient is more than 1.2 times as far off as autocast's."""
    worst = 0.0
    for dropped in (True, False):
        masks = Masks(folder) if dropped else None
        kind = "dropout" if dropped else "plain"
        words = "with dropout" if dropped else "without dropout"
        exact = run(folder, torch.float64, False, masks)
        single = run(folder, torch.float32, False, masks)
        report(f"float32 against float64, {words}", exact, ours(folder, f"float32-{kind}"), single, 1.2)
        if (folder / "ours" / f"bf16-{kind}.safetensors").exists():
            low = run(folder, torch.float32, True, masks)
            title = f"bf16 against float32, {words}; PyTorch's is autocast"
            worst = max(worst, report(title, single, ours(folder, f"bf16-{kind}"), low, 1.2))
    sys.exit(1 if worst > 1.2 else 0)


if __name__ == "__main__":
    torch.set_num_threads(2)
    {"make": make, "compare": compare}[sys.argv[1]](pathlib.Path(sys.argv[2]))
