"""Makes lib/engine/testdata/torch.json and lib/training/testdata/: optimizer, clipping, losses, activations, layer
normalisation and attention as torch computes them in float64, learning rates as transformers schedules them, and a tiny
checkpoint with its logits.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/training_fixtures.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from transformers import BertConfig, BertForSequenceClassification, get_scheduler

LIB = pathlib.Path(__file__).resolve().parents[2] / "lib"
torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


def rounded(*shape, scale=1.0):
    """Normal numbers that float32 holds exactly, so that both sides start from the same."""
    return (torch.randn(*shape) * scale).to(torch.float32).to(torch.float64)


def numbers(tensor):
    return [round(value, 12) for value in tensor.detach().reshape(-1).tolist()]


def adamw():
    """Ten steps of torch.optim.AdamW with clipping; one parameter has no gradient before step 4."""
    names = {"dense.weight": (3, 4), "dense.bias": (4,), "late.weight": (2, 2)}
    parameters = {name: torch.nn.Parameter(rounded(*shape)) for name, shape in names.items()}
    case = {
        "betas": [0.9, 0.98],
        "epsilon": 1e-6,
        "weightDecay": 0.1,
        "clip": 2.0,
        "initial": {name: numbers(p) for name, p in parameters.items()},
        "shapes": {name: list(p.shape) for name, p in parameters.items()},
        "steps": [],
    }
    groups = [
        {"params": [p for n, p in parameters.items() if not n.endswith("bias")], "weight_decay": case["weightDecay"]},
        {"params": [p for n, p in parameters.items() if n.endswith("bias")], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=tuple(case["betas"]), eps=case["epsilon"])
    for step in range(10):
        rate = 0.01 * (step + 1)
        for group in optimizer.param_groups:
            group["lr"] = rate
        gradients = {}
        for name, parameter in parameters.items():
            parameter.grad = None
            if name == "late.weight" and step < 4:
                continue
            parameter.grad = rounded(*parameter.shape, scale=0.2 if step % 3 == 0 else 1.5)
            gradients[name] = numbers(parameter.grad)
        norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), case["clip"])
        optimizer.step()
        case["steps"].append({
            "rate": rate,
            "gradients": gradients,
            "norm": norm.item(),
            "parameters": {name: numbers(p) for name, p in parameters.items()},
        })
    return case


def cross_entropy():
    """Every combination of class weights, label smoothing, ignored labels and weights of examples."""
    cases = []
    for class_weights in (False, True):
        for smoothing in (0.0, 0.1):
            for ignored in (False, True):
                for example_weights in (False, True):
                    logits = rounded(6, 5, scale=2.0).requires_grad_()
                    labels = torch.tensor([0, 3, 1, -100 if ignored else 4, 2, 3])
                    weight = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.25]) if class_weights else None
                    if example_weights:
                        # torch has no weights of examples: the weighted mean, written out
                        w = torch.tensor([1.0, 0.5, 2.0, 1.0, 0.25, 3.0])
                        each = F.cross_entropy(logits, labels, weight=weight, label_smoothing=smoothing, reduction="none")
                        valid = labels != -100
                        of_class = weight[labels.clamp(min=0)] if class_weights else torch.ones(6)
                        loss = (each * w).sum() / (w * of_class)[valid].sum()
                    else:
                        w = None
                        loss = F.cross_entropy(logits, labels, weight=weight, label_smoothing=smoothing)
                    loss.backward()
                    cases.append({
                        "logits": numbers(logits),
                        "labels": labels.tolist(),
                        "classWeights": None if weight is None else weight.tolist(),
                        "exampleWeights": None if w is None else w.tolist(),
                        "labelSmoothing": smoothing,
                        "loss": loss.item(),
                        "gradient": numbers(logits.grad),
                    })
    return cases


def distillation():
    """Targets that are partly a label's, partly a teacher's: torch's cross-entropy by probabilities."""
    cases = []
    for part in (0.3, 1.0):
        for smoothing in (0.0, 0.1) if part < 1 else (0.0,):
            for example_weights in (False, True):
                logits = rounded(4, 5, scale=2.0).requires_grad_()
                labels = torch.tensor([0, 3, 1, 4])
                teacher = torch.softmax(rounded(4, 5), 1).to(torch.float32).to(torch.float64)
                w = torch.tensor([1.0, 0.5, 2.0, 0.25]) if example_weights else torch.ones(4)
                target = (1 - smoothing - part) * F.one_hot(labels, 5) + smoothing / 5 + part * teacher
                each = F.cross_entropy(logits, target, reduction="none")
                loss = (each * w).sum() / w.sum()
                loss.backward()
                cases.append({
                    "logits": numbers(logits),
                    "labels": labels.tolist(),
                    "teacher": numbers(teacher),
                    "distillation": part,
                    "labelSmoothing": smoothing,
                    "exampleWeights": w.tolist() if example_weights else None,
                    "loss": loss.item(),
                    "gradient": numbers(logits.grad),
                })
    return cases


def activations():
    x = torch.tensor([-9.0, -3.5, -2.0, -1.0, -0.25, -1e-3, 1e-3, 0.5, 1.0, 1.75, 3.0, 8.0])
    functions = {
        "gelu": F.gelu,
        "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
        "relu": F.relu,
        "silu": F.silu,
        "tanh": torch.tanh,
    }
    result = {"x": x.tolist(), "functions": {}}
    for name, function in functions.items():
        input = x.clone().requires_grad_()
        output = function(input)
        output.sum().backward()
        result["functions"][name] = {"value": numbers(output), "derivative": numbers(input.grad)}
    return result


def layer_norm():
    x = rounded(5, 6, scale=3.0).requires_grad_()
    weight, bias = rounded(6).requires_grad_(), rounded(6).requires_grad_()
    dy = rounded(5, 6)
    output = F.layer_norm(x, (6,), weight, bias, 1e-12)
    output.backward(dy)
    return {
        "x": numbers(x), "weight": numbers(weight), "bias": numbers(bias), "dy": numbers(dy), "output": numbers(output),
        "gradients": {"x": numbers(x.grad), "weight": numbers(weight.grad), "bias": numbers(bias.grad)},
    }


def attention():
    """Two rows of five tokens, two heads of three; the second row ends in two masked tokens."""
    batch, length, heads, size = 2, 5, 2, 3
    width = heads * size
    qkv = rounded(batch * length, 3 * width).requires_grad_()
    bias = rounded(3 * width).requires_grad_()
    dy = rounded(batch * length, width)
    kept = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()
    q, k, v = (qkv + bias).reshape(batch, length, 3, heads, size).permute(2, 0, 3, 1, 4)
    context = F.scaled_dot_product_attention(q, k, v, attn_mask=kept[:, None, None, :])
    output = context.permute(0, 2, 1, 3).reshape(batch * length, width)
    output.backward(dy)
    return {
        "batch": batch, "length": length, "heads": heads, "kept": kept.int().reshape(-1).tolist(),
        "qkv": numbers(qkv), "bias": numbers(bias), "dy": numbers(dy), "output": numbers(output),
        "gradients": {"qkv": numbers(qkv.grad), "bias": numbers(bias.grad)},
    }


def schedules():
    cases = []
    for name, hugging_face in {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}.items():
        for total, warmup in ((20, 5), (20, 0), (7, 1), (3, 3)):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            scheduler = get_scheduler(hugging_face, optimizer, num_warmup_steps=warmup, num_training_steps=total)
            factors = []
            for _ in range(total):
                factors.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                scheduler.step()
            cases.append({"schedule": name, "total": total, "warmup": warmup, "factors": factors})
    return cases


def tiny_checkpoint(folder):
    """A BERT of 2 layers, 16 wide, as save_pretrained writes it, and its logits for two rows, one of them padded."""
    torch.manual_seed(12)
    torch.set_default_dtype(torch.float32)
    config = BertConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32, num_labels=3, initializer_range=0.3, pad_token_id=0,
        id2label={0: "발라드", 1: "댄스", 2: "랩/힙합"},
    )
    model = BertForSequenceClassification(config).eval()
    model.save_pretrained(folder)
    input_ids = torch.tensor([[2, 7, 19, 33, 11, 3], [2, 25, 8, 3, 0, 0]])
    attention_mask = (input_ids != 0).long()
    with torch.no_grad():
        logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
    write(folder / "expected.json", {
        "inputIds": input_ids.reshape(-1).tolist(),
        "attentionMask": attention_mask.reshape(-1).tolist(),
        "logits": logits.reshape(-1).tolist(),
    })


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


write(LIB / "engine/testdata/torch.json", {
    "adamw": adamw(),
    "crossEntropy": cross_entropy(),
    "activations": activations(),
    "layerNorm": layer_norm(),
    "attention": attention(),
    "distillation": distillation(),
})
write(LIB / "training/testdata/schedules.json", schedules())
tiny_checkpoint(LIB / "training/testdata/tiny")
