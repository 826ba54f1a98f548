"""PyTorch's side of tools/commands/check-learning.ts: one training, told by the environment variable LEARNING, its figures on standard output."""

import json
import os
import time

import torch
import transformers
from sklearn.metrics import accuracy_score, f1_score

request = json.loads(os.environ["LEARNING"])
with open(os.path.join(request["folder"], "texts.json"), encoding="utf-8") as file:
    data = json.load(file)
start_from = os.path.join(request["folder"], str(request["seed"]))
with open(os.path.join(start_from, "batches.json"), encoding="utf-8") as file:
    epochs = json.load(file)
batch_size, pad = request["batchSize"], data["vocabulary"]["padId"]
torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.manual_seed(request["seed"])
dropout = {name: request["dropout"] for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")}
model = transformers.BertForSequenceClassification.from_pretrained(start_from, attn_implementation="sdpa", **dropout).train()
plain = ("bias", "LayerNorm.weight")
named = list(model.named_parameters())
optimizer = torch.optim.AdamW(
    [
        {"params": [p for n, p in named if not n.endswith(plain)], "weight_decay": 0.01},
        {"params": [p for n, p in named if n.endswith(plain)], "weight_decay": 0.0},
    ],
    lr=request["learningRate"], fused=True,
)


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=request["precision"] == "bf16")


def padded(texts):
    longest = max(len(text["ids"]) for text in texts)
    ids = [text["ids"] + [pad] * (longest - len(text["ids"])) for text in texts]
    mask = [[1] * len(text["ids"]) + [0] * (longest - len(text["ids"])) for text in texts]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


texts, losses, by_epoch = data["train"], [], []
steps = sum(len(batches) for batches in epochs)
schedule = transformers.get_linear_schedule_with_warmup(optimizer, -(-steps // 10), steps)
start = time.perf_counter()
for batches in epochs:
    total = 0.0
    for batch in batches:
        rows = [texts[i] for i in batch]
        with autocast():
            loss = model(**padded(rows), labels=torch.tensor([row["label"] for row in rows])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(loss.item())
        total += losses[-1] * len(rows)
    by_epoch.append(total / len(texts))
seconds = time.perf_counter() - start

model.eval()
order = sorted(range(len(data["test"])), key=lambda k: -len(data["test"][k]["ids"]))
predicted = [0] * len(order)
with torch.inference_mode(), autocast():
    for i in range(0, len(order), batch_size):
        chosen = order[i : i + batch_size]
        for k, best in zip(chosen, model(**padded([data["test"][k] for k in chosen])).logits.argmax(-1).tolist()):
            predicted[k] = best
truth = [text["label"] for text in data["test"]]
print(json.dumps({"accuracy": accuracy_score(truth, predicted), "macroF1": f1_score(truth, predicted, average="macro"),
                  "seconds": seconds, "losses": losses[: request["keptSteps"]], "epochs": by_epoch}))
