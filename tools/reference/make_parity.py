"""Makes lib/models/testdata/parity/: small checkpoints of every architecture with what PyTorch and transformers compute from
them: logits, losses, gradients, and steps of AdamW, in float32, beside the same in float64, of classifiers also with the mean
of a row's tokens in place of the one that the head reads (expected.mean.json); and lib/models/testdata/config_defaults.json, every field of each config with what transformers takes where it is left out.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/make_parity.py [CASE ...]

Weights are random, biases and norms included, and large enough that whatever is left out of a computation shows. Tolerances
are 20 times the difference between float32 and float64, rounded up, and never below a floor. No dropout: the masks are
nobody's but the engine's own.
"""

import json
import math
import pathlib
import sys

import numpy
import torch
import transformers

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "lib/models/testdata/parity"
NO_DECAY = ["bias", "LayerNorm.weight", "layer_norm.weight", "layernorm.weight", "model.norm.weight"]
LABELS = ["봄", "여름", "가을", "겨울", "장마", "서리", "첫눈"]

FLOORS = {
    "logits_abs": 1e-5,
    "loss_abs": 5e-6,
    "grad_l2_rel": 2e-5,
    "grad_value_abs": 2e-6,
    "training_losses_abs": 2e-5,
    "training_grad_norms_rel": 5e-5,
    "final_logits_abs": 5e-5,
    "final_parameters_abs": 2e-5,
}

BERT = {
    "vocab_size": 53,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 20,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
DISTILBERT = {
    "vocab_size": 53,
    "dim": 24,
    "n_layers": 2,
    "n_heads": 3,
    "hidden_dim": 40,
    "max_position_embeddings": 20,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "seq_classif_dropout": 0.0,
}

# Each case differs from the others, and from transformers' defaults, in something that a port can get wrong. Shapes: rows and
# tokens a row of each batch. "left": padding before the text; "blank": a row that is nothing but padding; "inner": padding
# between tokens.
CASES = {
    "bert-classifier": {
        "config": ("BertConfig", BERT | {"num_labels": 4, "pad_token_id": 1, "layer_norm_eps": 1e-5}),
        "class": "BertForSequenceClassification",
        "shapes": [(3, 9), (2, 1), (4, 20)],
        "padding": ["right", "right", "blank"],
    },
    "bert-mlm": {
        "config": ("BertConfig", BERT | {"hidden_act": "gelu_new", "type_vocab_size": 3, "layer_norm_eps": 1e-7}),
        "class": "BertForMaskedLM",
        "shapes": [(3, 8), (2, 11)],
        "padding": ["right", "left"],
    },
    "bert-mlm-untied": {
        "config": ("BertConfig", BERT | {"vocab_size": 37, "pad_token_id": None, "tie_word_embeddings": False}),
        "class": "BertForMaskedLM",
        "shapes": [(2, 7), (3, 6)],
        "padding": ["right", "right"],
    },
    "roberta-classifier": {
        "config": (
            "RobertaConfig",
            BERT | {"hidden_size": 20, "num_attention_heads": 5, "num_labels": 7, "type_vocab_size": 1, "pad_token_id": 3},
        ),
        "class": "RobertaForSequenceClassification",
        "shapes": [(3, 8), (3, 10), (2, 16)],
        "padding": ["right", "inner", "left"],
        "token_types": False,
    },
    "roberta-mlm": {
        "config": ("RobertaConfig", BERT | {"hidden_act": "relu", "layer_norm_eps": 1e-5}),
        "class": "RobertaForMaskedLM",
        "shapes": [(3, 8), (2, 11)],
        "padding": ["inner", "right"],
    },
    "electra-classifier": {
        "config": ("ElectraConfig", BERT | {"embedding_size": 24, "num_labels": 3, "hidden_act": "silu"}),
        "class": "ElectraForSequenceClassification",
        "shapes": [(3, 9), (2, 5), (4, 12)],
        "padding": ["right", "left", "blank"],
    },
    "electra-mlm": {
        "config": ("ElectraConfig", BERT | {"embedding_size": 16, "hidden_act": "relu", "pad_token_id": 2}),
        "class": "ElectraForMaskedLM",
        "shapes": [(3, 8), (2, 11)],
        "padding": ["right", "left"],
    },
    "distilbert-classifier": {
        "config": ("DistilBertConfig", DISTILBERT | {"num_labels": 4, "activation": "relu", "pad_token_id": 1}),
        "class": "DistilBertForSequenceClassification",
        "shapes": [(3, 9), (2, 5), (4, 12)],
        "padding": ["right", "left", "blank"],
        "token_types": False,
    },
    "distilbert-mlm": {
        "config": ("DistilBertConfig", DISTILBERT),
        "class": "DistilBertForMaskedLM",
        "shapes": [(3, 8), (2, 11)],
        "padding": ["right", "left"],
        "token_types": False,
    },
}


def randomise(model, generator):
    """Weights that no one would start a training from, but in which everything has its share of the result."""
    head = ("classifier", "lm_head", "predictions", "vocab_", "generator_")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1 and name.endswith("weight"):  # a norm
                parameter.copy_(1 + 0.15 * values)
            elif "embeddings" in name and parameter.dim() == 2 and "project" not in name:
                parameter.copy_(0.1 * values)  # the padding row, too: no row is zero in real checkpoints
            elif "query" in name or "key" in name or "q_lin" in name or "k_lin" in name:
                parameter.copy_(0.25 * values)
            elif name.startswith(head):
                parameter.copy_(0.3 * values)
            else:
                parameter.copy_(0.12 * values)


def make_batch(config, rows, length, padding, token_types, masked_lm, rng):
    """One batch: rows of different length, padded as asked, with labels."""
    pad = config.pad_token_id
    fill = 0 if pad is None else pad
    usable = [i for i in range(config.vocab_size) if i != pad]
    ids = numpy.full((rows, length), fill)
    mask = numpy.zeros((rows, length), dtype=int)
    types = numpy.zeros((rows, length), dtype=int)
    for row in range(rows):
        count = length if row == 0 else int(rng.integers(max(1, length // 3), length + 1))
        start = length - count if padding == "left" else 0
        ids[row, start:start + count] = rng.choice(usable, count)
        mask[row, start:start + count] = 1
        if token_types:
            cut = start + int(rng.integers(0, count + 1))
            types[row, cut:start + count] = rng.integers(0, config.type_vocab_size)
        if padding == "inner" and count > 3:
            ids[row, start + 2] = fill
    if padding == "blank":
        ids[-1], mask[-1], types[-1] = fill, 0, 0
    inputs = {"input_ids": ids.tolist(), "attention_mask": mask.tolist()}
    if token_types:
        inputs["token_type_ids"] = types.tolist()
    if masked_lm:
        labels = numpy.where((rng.random((rows, length)) < 0.3) & (mask == 1), ids, -100)
        labels[0, 0] = int(rng.choice(usable))
        labels = labels.tolist()
    else:
        labels = rng.integers(0, config.num_labels, rows).tolist()
    return inputs, labels


def forward(model, batch):
    inputs, labels = batch
    return model(**{name: torch.tensor(values) for name, values in inputs.items()}, labels=torch.tensor(labels))


def compute(make_model, batches, dtype, training, named=lambda model: model.named_parameters()):
    """Everything there is to compare, as float64 arrays, from weights in one float type. `named` names the parameters."""
    def fresh():
        return make_model().to(dtype).eval()

    def array(tensor):
        return tensor.detach().to(torch.float64).numpy()

    model = fresh()
    outputs = [forward(model, batch) for batch in batches]
    result = {
        "logits": [array(output.logits) for output in outputs],
        "losses": [output.loss.item() for output in outputs],
    }
    outputs[0].loss.backward()
    result["gradients"] = {n: None if p.grad is None else array(p.grad) for n, p in named(model)}

    model = fresh()
    groups = {True: [], False: []}
    for name, parameter in named(model):
        groups[any(part in name for part in NO_DECAY)].append((name, parameter))
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for _, p in groups[False]], "weight_decay": training["weight_decay"]},
            {"params": [p for _, p in groups[True]], "weight_decay": 0.0},
        ],
        lr=training["lr"],
        betas=tuple(training["betas"]),
        eps=training["eps"],
    )
    result["training_losses"], result["grad_norms"] = [], []
    for step, rate in zip(training["batch_of_step"], training["lrs"]):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        loss = forward(model, batches[step]).loss
        loss.backward()
        result["grad_norms"].append(
            torch.nn.utils.clip_grad_norm_(model.parameters(), training["max_grad_norm"]).item()
        )
        result["training_losses"].append(loss.item())
        optimizer.step()
    result["final_logits"] = array(forward(model, batches[0]).logits)
    result["final_parameters"] = {
        n: None if result["gradients"][n] is None else array(p) for n, p in named(model)
    }
    result["decayed"] = [name for name, _ in groups[False]]
    return result


def short(value):
    """The shortest decimal that is this float32."""
    return float(str(numpy.float32(value)))


def sample(values, rows=None):
    """What a test compares of a tensor: its length as a vector, its first values, its largest, some rows."""
    if values is None:
        return None
    flat = values.reshape(-1)
    largest = numpy.argsort(-numpy.abs(flat))[:3]
    result = {
        "l2": short(math.sqrt((flat**2).sum())),
        "first": [short(value) for value in flat[:3]],
        "largest": [[int(i), short(flat[i])] for i in largest],
    }
    if rows is not None:
        result["rows"] = {str(row): [short(value) for value in values[row][:3]] for row in rows}
    return result


def logits_fields(logits, labels, columns):
    """All logits of a classifier; of a language model those at labelled tokens, some columns of them."""
    if logits.ndim == 2:
        return {"logits": [[short(value) for value in row] for row in logits]}
    positions = [[r, t] for r, row in enumerate(labels) for t, label in enumerate(row) if label != -100]
    chosen = numpy.stack([logits[r, t] for r, t in positions])
    return {
        "logits_sample": {
            "shape": list(logits.shape),
            "positions": positions,
            "columns": columns,
            "values": [[short(value) for value in row[columns]] for row in chosen],
            "logsumexp": [short(value) for value in numpy.log(numpy.exp(chosen).sum(1))],
            "argmax": chosen.argmax(1).tolist(),
        }
    }


def round_up(value):
    """To the next of 1, 2, 5 times a power of ten."""
    if value == 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)):.0e}")


def furthest(a, b):
    return max(float(numpy.abs(x - y).max()) for x, y in zip(a, b))


def compare(single, double):
    """Measured differences of float32 from float64, the tolerances they give, and the parameters to leave out."""
    names = [name for name, value in double["gradients"].items() if value is not None]
    norms = {name: float(numpy.sqrt((double["gradients"][name] ** 2).sum())) for name in names}
    overall = math.sqrt(sum(norm**2 for norm in norms.values()))
    # a key's bias shifts all scores of a query alike: its gradient is nothing but rounding
    zero = [name for name in names if norms[name] < 1e-9 * overall]
    kept = [name for name in names if name not in zero]
    relative = {
        name: float(numpy.sqrt(((single["gradients"][name] - double["gradients"][name]) ** 2).sum())) / norms[name]
        for name in kept
    }
    moved = {
        name: float(numpy.abs(single["final_parameters"][name] - double["final_parameters"][name]).max())
        for name in names
    }
    # Adam divides by the gradient's size: a gradient near zero turns rounding into whole steps
    amplified = {name: value for name, value in moved.items() if value > 1e-6}
    measured = {
        "logits_max_abs": furthest(single["logits"], double["logits"]),
        "loss_max_abs": furthest(single["losses"], double["losses"]),
        "grad_tensor_max_rel": max(relative.values()),
        "grad_value_max_abs": furthest(*([run["gradients"][name] for name in names] for run in (single, double))),
        "training_losses_max_abs": furthest(single["training_losses"], double["training_losses"]),
        "training_grad_norms_max_rel": max(
            abs(a / b - 1) for a, b in zip(single["grad_norms"], double["grad_norms"])
        ),
        "final_logits_max_abs": furthest([single["final_logits"]], [double["final_logits"]]),
        "final_parameters_max_abs": max(value for name, value in moved.items() if name not in amplified),
    }
    factors = [20, 20, 20, 20, 20, 4, 20, 20]
    order = ["logits_abs", "loss_abs", "grad_l2_rel", "grad_value_abs", "training_losses_abs",
             "training_grad_norms_rel", "final_logits_abs", "final_parameters_abs"]
    tolerance = {
        name: max(FLOORS[name], round_up(factor * value))
        for name, factor, value in zip(order, factors, measured.values())
    }
    left_out = {"zero_gradient_parameters": zero, "amplified_parameters": amplified}
    return measured | left_out, tolerance


def make(folder, case, seed):
    """Writes one case: config.json, model.safetensors, expected.json."""
    rng = numpy.random.default_rng(seed)
    config_class, fields = case["config"]
    language = case["class"].endswith(("MaskedLM", "CausalLM"))
    config = getattr(transformers, config_class)(**fields, attn_implementation="eager")
    if not language:
        config.id2label = dict(enumerate(LABELS[: config.num_labels]))
        config.label2id = {label: i for i, label in config.id2label.items()}
    torch.manual_seed(seed)
    model = getattr(transformers, case["class"])(config)
    case.get("randomise", randomise)(model, torch.Generator().manual_seed(seed))
    model.save_pretrained(folder)
    state = {name: value.clone() for name, value in model.state_dict().items()}

    def make_model():
        model = getattr(transformers, case["class"])(config)
        model.load_state_dict(state)
        return model

    write_expected(folder / "expected.json", case, config, seed, rng, make_model)
    if not language:
        again = numpy.random.default_rng(seed)
        write_expected(folder / "expected.mean.json", case, config, seed, again, lambda: mean_pooled(make_model()))


def mean_pooled(model):
    """The same model, whose head finds the mean of a row's tokens at each of them; a row that is all padding counts whole."""
    seen = {}

    def look(_, __, inputs):
        mask = inputs["attention_mask"]
        seen["mask"] = torch.where(mask.sum(1, keepdim=True) == 0, torch.ones_like(mask), mask)

    def average(_, __, output):
        tokens = output.last_hidden_state
        mask = seen["mask"].to(tokens.dtype).unsqueeze(-1)
        mean = (tokens * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        output.last_hidden_state = mean.expand_as(tokens)
        return output

    model.register_forward_pre_hook(look, with_kwargs=True)
    # BERT's pooler stands inside of its body
    (model.bert.encoder if hasattr(model, "bert") else model.base_model).register_forward_hook(average)
    return model


def write_expected(path, case, config, seed, rng, make_model, **naming):
    """Batches, what the model computes from them in float32 and float64, and the tolerances, into a file."""
    language = case["class"].endswith(("MaskedLM", "CausalLM"))
    token_types = case.get("token_types", True)
    batches = []
    for i, ((rows, length), padding) in enumerate(zip(case["shapes"], case["padding"])):
        # the last batch goes without token types, as one sentence may
        typed = token_types and i < len(case["shapes"]) - 1
        batches.append(case.get("make_batch", make_batch)(config, rows, length, padding, typed, language, rng))
    total, warmup, rate = 6, 2, 2e-3
    training = {
        "optimizer": "AdamW",
        "lr": rate,
        "betas": [0.9, 0.98],
        "eps": 1e-7,
        "weight_decay": 0.1,
        "max_grad_norm": 1.0,
        "batch_of_step": [step % len(batches) for step in range(total)],
        "lrs": [rate * (s / warmup if s < warmup else (total - s) / (total - warmup)) for s in range(total)],
    }
    single = compute(make_model, batches, torch.float32, training, **naming)
    double = compute(make_model, batches, torch.float64, training, **naming)
    measured, tolerance = compare(single, double)

    pad = config.pad_token_id
    first = batches[0][0]["input_ids"][0]
    columns = sorted({int(i) for i in rng.choice(config.vocab_size, 6)} | {0, config.vocab_size - 1})

    def samples(values):
        rows = [*([] if pad is None else [pad]), first[0]]
        words = ("word_embedding", "embed_tokens")
        return {
            name: sample(value, rows if any(part in name for part in words) else None) for name, value in values.items()
        }

    expected = {
        "class": case["class"],
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "seed": seed,
        "attention": "eager",
        "batches": [
            {"inputs": inputs, "labels": labels, **logits_fields(logits, labels, columns), "loss": loss}
            for (inputs, labels), logits, loss in zip(batches, single["logits"], single["losses"])
        ],
        "gradients": samples(single["gradients"]),
        "training": training | {
            "losses": single["training_losses"],
            "grad_norms": single["grad_norms"],
            "decayed": single["decayed"],
            **{
                f"final_{name}": value
                for name, value in logits_fields(single["final_logits"], batches[0][1], columns).items()
            },
            "final_parameters": samples(single["final_parameters"]),
        },
        "float64": {"losses": double["losses"], "training": {"grad_norms": double["grad_norms"]}},
        "difference_float32_float64": measured,
        "tolerance": tolerance,
    }
    text = json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
    # one line a batch, gradient and parameter, so that a change can be read
    for key in ('"batches":[', '"gradients":{', '"final_parameters":{', '"training":{', '"float64":', '"tolerance":'):
        text = text.replace(key, "\n" + key)
    text = text.replace('},"', '},\n"').replace('},{"inputs"', '},\n{"inputs"')
    path.write_text(text + "\n", encoding="utf-8")
    for weights in path.parent.glob("*.safetensors"):
        weights.chmod(0o644)
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    print(f"{path.parent.name}, {path.name}: {size / 1024:.0f} KB, " + ", ".join(f"{k} {v:.0e}" for k, v in tolerance.items()))
    left_out = set(measured["amplified_parameters"]) - set(measured["zero_gradient_parameters"])
    print(f"  of the final parameters {len(left_out)} left out: {sorted(left_out)}")


def config_defaults(path):
    """Every field of each config class, defaults included."""
    names = ["BertConfig", "RobertaConfig", "ElectraConfig", "DistilBertConfig"]
    configs = [getattr(transformers, name)().to_dict() for name in names]
    for config in configs:
        del config["transformers_version"]
    defaults = {config["model_type"]: config for config in configs}
    path.write_text(json.dumps(defaults, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def main():
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    wanted = sys.argv[1:] or list(CASES)
    config_defaults(FOLDER.parent / "config_defaults.json")
    for name in wanted:
        make(FOLDER / name, CASES[name], 4100 + list(CASES).index(name))


if __name__ == "__main__":
    main()
