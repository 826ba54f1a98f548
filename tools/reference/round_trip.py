"""The Python side of tools/commands/check-round-trip.ts: opens what TypeScript saved, compares, saves it again.

    round_trip.py FOLDER    for each folder in FOLDER/saved: model, tokenizer and expected.json as TypeScript wrote them
"""

import json
import pathlib
import sys

import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

CLASSES = {
    "sequence-classification": transformers.AutoModelForSequenceClassification,
    "masked-lm": transformers.AutoModelForMaskedLM,
    "causal-lm": transformers.AutoModelForCausalLM,
}


def logits_of(model, inputs):
    """A model's logits; of a BERT that classifies by the mean of its tokens as docs/pretraining.md says."""
    if getattr(model.config, "classifier_pooling", "cls") != "mean":
        return model(**inputs).logits
    hidden = model.base_model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    mean = (hidden * mask).sum(1) / mask.sum(1)
    return model.classifier(torch.tanh(model.bert.pooler.dense(mean)))


def check(saved, resaved):
    """What one folder's model and tokenizer say, beside what TypeScript said."""
    expected = json.loads((saved / "expected.json").read_text(encoding="utf-8"))
    model, info = CLASSES[expected["task"]].from_pretrained(
        saved, output_loading_info=True, attn_implementation="eager", dtype=torch.float32
    )
    problems = [f"{kind} {sorted(names)}" for kind, names in info.items() if names]
    with torch.no_grad():
        logits = logits_of(model.eval(), {name: torch.tensor(expected[name]) for name in ["input_ids", "attention_mask"]})
    wanted = torch.tensor(expected["logits"]).reshape(logits.shape)
    off = float((logits - wanted).abs().max())
    if off > 2e-5 * max(1, float(wanted.abs().max())):
        problems.append(f"logits off by {off:.1e}")
    if "labels" in expected and [model.config.id2label[i] for i in range(len(expected["labels"]))] != expected["labels"]:
        problems.append(f"labels {model.config.id2label}")
    texts = expected.get("texts", [])
    if texts:
        tokenizer = transformers.AutoTokenizer.from_pretrained(saved)
        different = [
            text for text, ids in zip(texts, expected["ids"]) if tokenizer(text, max_length=expected["max_length"], truncation=True)["input_ids"] != ids
        ]
        if different:
            text = different[0]
            ids = expected["ids"][texts.index(text)]
            problems.append(f"{len(different)} of {len(texts)} texts have other ids, as {text!r}: "
                            f"{tokenizer(text)['input_ids'][:20]} and {ids[:20]}")
        tokenizer.save_pretrained(resaved)
    model.save_pretrained(resaved)
    print(f"{saved.name:24} {type(model).__name__:36} logits off by {off:.1e}, {len(texts)} texts"
          + "".join(f"\n  PROBLEM: {problem}" for problem in problems), flush=True)
    return len(problems)


folder = pathlib.Path(sys.argv[1])
torch.set_num_threads(1)
sys.exit(1 if sum([check(path, folder / "resaved" / path.name) for path in sorted((folder / "saved").iterdir())]) else 0)
