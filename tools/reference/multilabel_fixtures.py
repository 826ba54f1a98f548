"""Makes lib/engine/testdata/multilabel.json, torch's BCEWithLogitsLoss in float64, and
lib/models/testdata/multilabel/, a tiny multi-label classifier with loss and gradients as transformers gives them.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/multilabel_fixtures.py
"""

import json
import pathlib

import torch
from transformers import BertConfig, BertForSequenceClassification

LIB = pathlib.Path(__file__).resolve().parents[2] / "lib"


def rounded(*shape, scale=1.0):
    """Normal numbers that float32 holds exactly, so that both sides start from the same."""
    return (torch.randn(*shape) * scale).to(torch.float32).to(torch.float64)


def numbers(tensor):
    return [round(value, 12) for value in tensor.detach().reshape(-1).tolist()]


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def losses():
    """Every combination of weights of examples and of classes; soft targets in every other case."""
    torch.manual_seed(21)
    cases = []
    for soft in (False, True):
        for weighted in (False, True):
            for positive in (False, True):
                logits = rounded(5, 4, scale=3.0).requires_grad_()
                targets = (torch.rand(5, 4) < 0.4).double()
                if soft:
                    targets = (0.9 * targets + 0.05).to(torch.float32).double()
                p = torch.tensor([0.5, 1.0, 2.0, 7.5], dtype=torch.float64) if positive else None
                if weighted:
                    # torch's mean divides by the number of terms: the weighted mean, written out
                    w = torch.tensor([1.0, 0.5, 2.0, 0.25, 3.0], dtype=torch.float64)
                    each = torch.nn.BCEWithLogitsLoss(weight=w[:, None], pos_weight=p, reduction="none")(logits, targets)
                    loss = each.sum() / (w.sum() * 4)
                else:
                    w = None
                    loss = torch.nn.BCEWithLogitsLoss(pos_weight=p)(logits, targets)
                loss.backward()
                cases.append({
                    "examples": 5, "classes": 4, "logits": numbers(logits), "targets": numbers(targets),
                    "exampleWeights": None if w is None else w.tolist(),
                    "positiveWeights": None if p is None else p.tolist(),
                    "loss": loss.item(), "gradient": numbers(logits.grad),
                })
    return cases


def tiny(folder):
    """A BERT of 2 layers, 16 wide, for four genres of which a song may have several."""
    torch.manual_seed(22)
    config = BertConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, initializer_range=0.3, pad_token_id=0,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        id2label={0: "발라드", 1: "댄스", 2: "랩/힙합", 3: "R&B/Soul"},
        problem_type="multi_label_classification",
    )
    model = BertForSequenceClassification(config)
    model.save_pretrained(folder)
    input_ids = torch.tensor([[2, 7, 19, 33, 11, 3], [2, 25, 8, 3, 0, 0], [2, 14, 3, 0, 0, 0]])
    attention_mask = (input_ids != 0).long()
    targets = torch.tensor([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]])
    # the same weights in float64, so that the numbers are the model's and not float32's rounding
    exact = model.double()
    output = exact(input_ids=input_ids, attention_mask=attention_mask, labels=targets.double())
    output.loss.backward()
    names = [
        "bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight",
        "bert.encoder.layer.1.output.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias",
    ]
    parameters = dict(exact.named_parameters())
    write(folder / "expected.json", {
        "rows": 3, "length": 6, "inputIds": input_ids.reshape(-1).tolist(),
        "attentionMask": attention_mask.reshape(-1).tolist(), "targets": targets.reshape(-1).tolist(),
        "logits": numbers(output.logits), "loss": output.loss.item(),
        "gradients": {name: numbers(parameters[name].grad) for name in names},
    })


write(LIB / "engine/testdata/multilabel.json", losses())
tiny(LIB / "models/testdata/multilabel")
