"""A peer's side of `deno task bench`: a process that answers requests, one line of JSON each, on its standard input.

The first argument names the peer, each at its best on a CPU with as many threads as cores:

- `eager`: PyTorch with bf16 autocast, SDPA attention, fused AdamW, batches of similar length padded to their own longest
  row, `clip_grad_norm_`; at inference autocast or weights in bfloat16, whichever is faster here.
- `compile`: the same model through `torch.compile`; at inference with its weights frozen.
- `openvino`, `onnxruntime`: inference alone, of the same model exported; bfloat16 where the runtime has it.

`trainer` is Hugging Face's Trainer with its defaults, for a row of its own. tools/bench/worker.ts is our side and makes the
same batches.
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
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification

torch.set_num_threads(os.cpu_count())
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

PAD, MASK, CLASSES, VOCABULARY = 1, 4, 10, 8002
peer = sys.argv[1]
folder_loaded = None
model = optimizer = runner = None
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


def pretrained(folder):
    with open(os.path.join(folder, "config.json")) as file:
        masked = "Masked" in json.load(file).get("architectures", [""])[0]
    kind = AutoModelForMaskedLM if masked else AutoModelForSequenceClassification
    try:
        return kind.from_pretrained(folder, attn_implementation="sdpa")
    except ValueError:  # XLNet has attention of its own
        return kind.from_pretrained(folder)


def load(folder, precision):
    global model, optimizer, runner, bf16, folder_loaded
    bf16, runner, folder_loaded = precision == "bf16", None, folder
    model = pretrained(folder).train()
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


def train_step(batch, module=None):
    with autocast():
        loss = (model if module is None else module)(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def train(batch, length, steps):
    global runner
    inputs = batch_of(batch, length)
    if peer == "compile" and runner is None:
        runner = torch.compile(model)
    start = time.perf_counter()
    losses = [train_step(inputs, runner) for _ in range(steps)]
    return {"seconds": time.perf_counter() - start, "losses": losses}


class Logits(torch.nn.Module):
    """A model as a function of two tensors, for export."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def eager_runner(module, cast):
    def run(inputs):
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16 and not cast):
            return module(**inputs).logits.float().numpy()

    return run


def exported(inputs):
    """The model as an ONNX file, of the batch's shape."""
    path = os.path.join(folder_loaded, f"peer-{inputs['input_ids'].shape[1]}.onnx")
    if not os.path.exists(path):
        given = (inputs["input_ids"], inputs["attention_mask"])
        program = torch.onnx.export(Logits(model), given, dynamo=True, input_names=["input_ids", "attention_mask"],
                                    output_names=["logits"])
        program.save(f"{path}.{os.getpid()}")
        os.replace(f"{path}.{os.getpid()}", path)
    return path


def prepared(inputs):
    """What runs the model on inputs of this shape, the fastest way that the peer has."""
    names = ("input_ids", "attention_mask")
    if peer == "openvino":
        import openvino

        core = openvino.Core()
        compiled = core.compile_model(core.read_model(exported(inputs)), "CPU", {
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32", "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": os.cpu_count()})
        return lambda inputs: compiled([inputs[name].numpy() for name in names])[0]
    if peer == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count()
        session = onnxruntime.InferenceSession(exported(inputs), options, providers=["CPUExecutionProvider"])
        return lambda inputs: session.run(None, {name: inputs[name].numpy() for name in names})[0]
    cast = pretrained(folder_loaded).eval().bfloat16() if bf16 else model
    if peer == "compile":
        import torch._inductor.config

        torch._inductor.config.freezing = True
        return eager_runner(torch.compile(cast), True)
    ways = [eager_runner(model, False)] + ([eager_runner(cast, True)] if bf16 else [])

    def seconds(run):
        times = []
        for _ in range(4):
            start = time.perf_counter()
            run(inputs)
            times.append(time.perf_counter() - start)
        return min(times)

    return min(ways, key=seconds)


def infer(batch, length, steps):
    global runner
    inputs = batch_of(batch, length)
    del inputs["labels"]
    model.eval()
    if runner is None:
        runner = prepared(inputs)
    start = time.perf_counter()
    for _ in range(steps):
        logits = runner(inputs)
    return {"seconds": time.perf_counter() - start, "losses": [float(logits.sum())]}


def products(precision, size):
    """A plain large product: how fast the machine multiplies."""
    a, b = (torch.randn(size, size, dtype=torch.bfloat16 if precision == "bf16" else torch.float32) for _ in range(2))
    start = time.perf_counter()
    a @ b
    return {"seconds": time.perf_counter() - start}


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


def collator():
    """transformers' own masking, for a vocabulary of words that are their numbers."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

    special = {PAD: "[PAD]", MASK: "[MASK]"}
    words = {special.get(i, str(i)): i for i in range(VOCABULARY)}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(WordLevel(words, unk_token="0")),
                                        pad_token="[PAD]", mask_token="[MASK]")
    return DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)


def pretrain(rows, length):
    """One epoch of a masked language model on full rows, batches of 32, masked by transformers' collator."""
    examples = [{"input_ids": ids_of(i, length)} for i in range(rows)]
    collate = collator()
    torch.manual_seed(7)
    start = time.perf_counter()
    order = torch.randperm(rows).tolist()
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, 1, -(-rows // 32))
    for i in range(0, rows, 32):
        train_step(dict(collate([examples[k] for k in order[i : i + 32]])))
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
    import onnxruntime
    import openvino

    return {"torch": torch.__version__, "transformers": transformers.__version__, "python": sys.version.split()[0],
            "threads": torch.get_num_threads(), "openvino": openvino.__version__.split("-")[0],
            "onnxruntime": onnxruntime.__version__}


requests = {f.__name__: f for f in
            [load, train, infer, products, optimize, reload, save_bin, epoch, pretrain, trainer, peak, versions]}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = requests[request.pop("do")](**request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
    gc.collect()
