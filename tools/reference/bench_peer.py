"""PyTorch's side of `deno task bench`: a process that answers requests, one line of JSON each, on its standard input.

PyTorch at its best on a CPU: bf16 autocast, SDPA attention, fused AdamW, batches of similar length padded to their own
longest row, `clip_grad_norm_`, as many threads as cores. `trainer` is Hugging Face's Trainer with its defaults instead, for a
row of its own. tools/bench/worker.ts is the other side and makes the same batches.
"""

import gc
import json
import os
import random
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
answers = sys.stdout
sys.stdout = sys.stderr  # what libraries print must not mix with the answers

import torch
import transformers
from transformers import AutoModelForSequenceClassification

torch.set_num_threads(os.cpu_count())
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

PAD, CLASSES, VOCABULARY = 1, 10, 8002
model = optimizer = None
bf16 = False


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16)


def grouped(parameters):
    plain = ("bias", "LayerNorm.weight")
    named = list(parameters)
    return [
        {"params": [p for n, p in named if not n.endswith(plain)], "weight_decay": 0.01},
        {"params": [p for n, p in named if n.endswith(plain)], "weight_decay": 0.0},
    ]


def load(folder, precision):
    global model, optimizer, bf16
    bf16 = precision == "bf16"
    try:
        model = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="sdpa").train()
    except ValueError:  # XLNet has attention of its own
        model = AutoModelForSequenceClassification.from_pretrained(folder).train()
    optimizer = torch.optim.AdamW(grouped(model.named_parameters()), lr=5e-5, fused=True)
    return {}


def ids_of(row, length):
    return [5 + (row * length + i) * 7919 % (VOCABULARY - 10) for i in range(length)]


def batch_of(rows, length):
    """Rows of full length, but that up to seven tokens at their ends are padding."""
    ids = torch.tensor([ids_of(row, length) for row in range(rows)])
    mask = torch.ones(rows, length, dtype=torch.long)
    for row in range(rows):
        padding = row % 8 if length > 8 else 0
        if padding:
            ids[row, -padding:] = PAD
            mask[row, -padding:] = 0
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.arange(rows) % CLASSES}


def train_step(batch):
    with autocast():
        loss = model(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def train(batch, length, steps):
    inputs = batch_of(batch, length)
    start = time.perf_counter()
    losses = [train_step(inputs) for _ in range(steps)]
    return {"seconds": time.perf_counter() - start, "losses": losses}


def infer(batch, length, steps):
    inputs = batch_of(batch, length)
    del inputs["labels"]
    model.eval()
    start = time.perf_counter()
    with torch.inference_mode(), autocast():
        for _ in range(steps):
            logits = model(**inputs).logits.float().numpy()
    seconds = time.perf_counter() - start
    model.train()
    return {"seconds": seconds, "losses": [float(logits.sum())]}


def optimize(steps):
    """Clipping and update alone, on the gradients of a small batch."""
    inputs = batch_of(2, 16)
    seconds = 0.0
    for _ in range(steps):
        with autocast():
            loss = model(**inputs).loss
        loss.backward()
        start = time.perf_counter()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds += time.perf_counter() - start
    return {"seconds": seconds}


def reload(folder, weights):
    start = time.perf_counter()
    loaded = AutoModelForSequenceClassification.from_pretrained(folder, use_safetensors=weights == "safetensors")
    # weights that are mapped from the file are not loaded before they are touched
    total = sum(float(p.sum()) for p in loaded.parameters())
    seconds = time.perf_counter() - start
    assert total == total
    return {"seconds": seconds}


def save_bin(folder):
    torch.save(model.state_dict(), os.path.join(folder, "pytorch_model.bin"))
    return {}


def examples_of(lengths):
    return [{"input_ids": ids_of(i, n), "label": i % CLASSES} for i, n in enumerate(lengths)]


def padded(examples):
    longest = max(len(e["input_ids"]) for e in examples)
    rows = [e["input_ids"] + [PAD] * (longest - len(e["input_ids"])) for e in examples]
    mask = [[1] * len(e["input_ids"]) + [0] * (longest - len(e["input_ids"])) for e in examples]
    labels = [e["label"] for e in examples]
    return {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(mask), "labels": torch.tensor(labels)}


def epoch(lengths):
    """One epoch, batches of 32: shuffled, sorted by length in windows of 50 batches, the batches shuffled."""
    examples = examples_of(lengths)
    start = time.perf_counter()
    order = list(range(len(examples)))
    shuffler = random.Random(7)
    shuffler.shuffle(order)
    batches = []
    for i in range(0, len(order), 1600):
        window = sorted(order[i : i + 1600], key=lambda k: lengths[k])
        batches += [window[j : j + 32] for j in range(0, len(window), 32)]
    shuffler.shuffle(batches)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, len(batches) // 10, len(batches))
    for batch in batches:
        train_step(padded([examples[i] for i in batch]))
        schedule.step()
    return {"seconds": time.perf_counter() - start}


def trainer(folder, lengths, precision):
    """Hugging Face's Trainer, its defaults: batches in random order, padded to their own longest row."""
    from transformers import Trainer, TrainingArguments

    own = AutoModelForSequenceClassification.from_pretrained(folder)
    arguments = TrainingArguments(
        output_dir="/tmp/bench-trainer", per_device_train_batch_size=32, num_train_epochs=1, learning_rate=5e-5,
        weight_decay=0.01, use_cpu=True, bf16=precision == "bf16", save_strategy="no",
        report_to="none", disable_tqdm=True, logging_strategy="no",
    )
    run = Trainer(model=own, args=arguments, train_dataset=examples_of(lengths), data_collator=padded)
    start = time.perf_counter()
    run.train()
    return {"seconds": time.perf_counter() - start}


def peak():
    with open("/proc/self/status") as status:
        [line] = [line for line in status if line.startswith("VmHWM")]
    return {"bytes": int(line.split()[1]) * 1024}


def versions():
    return {"torch": torch.__version__, "transformers": transformers.__version__, "python": sys.version.split()[0],
            "threads": torch.get_num_threads()}


requests = {f.__name__: f for f in
            [load, train, infer, optimize, reload, save_bin, epoch, trainer, peak, versions]}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = requests[request.pop("do")](**request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
    gc.collect()
