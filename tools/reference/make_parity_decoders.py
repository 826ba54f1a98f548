"""Makes the cases of XLNet and Llama in lib/models/testdata/parity/, in the form of make_parity.py, what Llama generates from
a prompt, in lib/models/testdata/generation/, and config_defaults_decoders.json, every field of their configs.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/make_parity_decoders.py [CASE ...]

transformers computes some of Llama in float32 whatever the model's type (norms, softmax, the loss); here they take the
model's, so that float64 is float64 throughout. In float32 nothing changes.
"""

import json
import sys

import numpy
import torch
import transformers
from transformers.loss import loss_utils
from transformers.models.llama import modeling_llama

import make_parity

XLNET = {"vocab_size": 53, "d_model": 24, "n_layer": 2, "n_head": 3, "d_inner": 40, "dropout": 0.0, "summary_last_dropout": 0.0}
LLAMA = {
    "vocab_size": 53,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "intermediate_size": 40,
    "max_position_embeddings": 64,
}


def randomise(model, generator):
    """As make_parity's: everything has its share of the result."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=generator)
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.15 * values)
            elif "word_embedding" in name or "embed_tokens" in name:
                parameter.copy_(0.3 * values)
            elif name.endswith((".q", ".k", ".r", "q_proj.weight", "k_proj.weight")):
                parameter.copy_(0.3 * values)
            elif name.startswith(("logits_proj", "lm_head", "score")):
                parameter.copy_(0.3 * values)
            else:
                parameter.copy_(0.15 * values)


def make_batch(config, rows, length, padding, token_types, language, rng):
    """One batch: rows of different length, padded as asked; a causal language model's labels are its tokens, in part."""
    pad = config.pad_token_id
    fill = 0 if pad is None else pad
    usable = [i for i in range(config.vocab_size) if i != pad]
    ids = numpy.full((rows, length), fill)
    mask = numpy.zeros((rows, length), dtype=int)
    types = numpy.full((rows, length), 3)
    for row in range(rows):
        count = length if row == 0 else int(rng.integers(max(2, length // 3), length + 1))
        start = 0 if padding == "right" else length - count
        ids[row, start:start + count] = rng.choice(usable, count)
        mask[row, start:start + count] = 1
        types[row, start:start + count] = 0
        cut = start + int(rng.integers(0, count + 1))
        types[row, cut:start + count] = 1
        types[row, start + count - 1] = 2
    if padding == "blank":
        ids[-1], mask[-1], types[-1] = fill, 0, 3
    inputs = {"input_ids": ids.tolist(), "attention_mask": mask.tolist()}
    if token_types:
        inputs["token_type_ids"] = types.tolist()
    if language:
        # no loss on the start of some rows, as on a prompt
        labels = numpy.where(mask == 1, ids, -100)
        labels[1::2, : length // 2] = -100
        return inputs, labels.tolist()
    return inputs, rng.integers(0, config.num_labels, rows).tolist()


DECODER = {"randomise": randomise, "make_batch": make_batch, "token_types": False}
CASES = {
    "xlnet-classifier": DECODER | {
        "config": (
            "XLNetConfig",
            XLNET | {"num_labels": 4, "pad_token_id": 3, "clamp_len": 4, "layer_norm_eps": 1e-5, "ff_activation": "gelu"},
        ),
        "class": "XLNetForSequenceClassification",
        "shapes": [(3, 9), (2, 2), (4, 13), (2, 6)],
        "padding": ["left", "left", "blank", "right"],
        "token_types": True,
    },
    "xlnet-both-ways": DECODER | {
        "config": (
            "XLNetConfig",
            XLNET | {
                "num_labels": 3,
                "bi_data": True,
                "ff_activation": "relu",
                "summary_type": "mean",
                "summary_use_proj": False,
                "n_head": 6,
            },
        ),
        "class": "XLNetForSequenceClassification",
        "shapes": [(4, 7), (2, 5)],
        "padding": ["left", "right"],
        "token_types": True,
    },
    "llama-classifier": DECODER | {
        "config": (
            "LlamaConfig",
            LLAMA | {
                "num_labels": 4,
                "pad_token_id": 1,
                "num_key_value_heads": 3,
                "hidden_act": "gelu",
                "rope_parameters": {"rope_type": "linear", "factor": 2.5, "rope_theta": 500.0},
            },
        ),
        "class": "LlamaForSequenceClassification",
        "shapes": [(4, 9), (3, 5), (4, 12)],
        "padding": ["right", "left", "blank"],
    },
    "llama-lm": DECODER | {
        "config": (
            "LlamaConfig",
            LLAMA | {
                "pad_token_id": 2,
                "num_attention_heads": 4,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "rms_norm_eps": 1e-5,
                "attention_bias": True,
                "mlp_bias": True,
                "tie_word_embeddings": True,
                # the four frequencies of a head lie on both sides of the band and in it
                "rope_parameters": {
                    "rope_type": "llama3",
                    "factor": 8.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 64,
                    "rope_theta": 10000.0,
                },
            },
        ),
        "class": "LlamaForCausalLM",
        "shapes": [(3, 14), (2, 8), (3, 40)],
        "padding": ["right", "left", "right"],
    },
    "llama-lm-untied": DECODER | {
        "config": ("LlamaConfig", LLAMA | {"rope_parameters": {"rope_type": "default", "rope_theta": 50000.0}}),
        "class": "LlamaForCausalLM",
        "shapes": [(2, 7), (3, 6)],
        "padding": ["right", "right"],
    },
}


def in_own_precision():
    """Norms, softmax and loss in the model's float type."""
    def norm(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))

    def attention(module, query, key, value, attention_mask, scaling, dropout=0.0, **_):
        key = modeling_llama.repeat_kv(key, module.num_key_value_groups)
        value = modeling_llama.repeat_kv(value, module.num_key_value_groups)
        scores = query @ key.transpose(2, 3) * scaling
        if attention_mask is not None:
            scores = scores + attention_mask
        weights = torch.nn.functional.softmax(scores, dim=-1)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    def loss(logits, labels, vocab_size, **_):
        return torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, vocab_size), labels[:, 1:].reshape(-1))

    modeling_llama.LlamaRMSNorm.forward = norm
    modeling_llama.eager_attention_forward = attention
    loss_utils.LOSS_MAPPING["ForCausalLM"] = loss


def write_legacy(folder):
    """The config as transformers 4 wrote it."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "llama":
        return
    rope = dict(config.pop("rope_parameters"))
    config["rope_theta"] = rope.pop("rope_theta")
    kind = rope["rope_type"]
    if kind == "linear":
        rope["type"] = rope.pop("rope_type")  # before 4.45
    config["rope_scaling"] = None if kind == "default" else rope
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.44.0"
    (folder / "config.legacy.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_generation(folder, model_folder):
    """Greedy generation from prompts of different length, padded on the left, and the logits after each prompt."""
    model = transformers.LlamaForCausalLM.from_pretrained(model_folder, attn_implementation="eager").eval()
    rng = numpy.random.default_rng(7)
    pad, length = 0, 9
    ids, mask = numpy.full((3, length), pad), numpy.zeros((3, length), dtype=int)
    for row, count in enumerate([9, 4, 6]):
        ids[row, length - count:] = rng.choice(range(3, model.config.vocab_size), count)
        mask[row, length - count:] = 1
    inputs = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
    # the end is a token that some row reaches: which one is looked up first
    free = model.generate(**inputs, max_new_tokens=20, do_sample=False, eos_token_id=None, pad_token_id=pad)[:, length:]
    end = int(free[1, 6])
    ended = model.generate(**inputs, max_new_tokens=20, do_sample=False, eos_token_id=end, pad_token_id=pad)[:, length:]
    with torch.no_grad():
        positions = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        logits = model(**inputs, position_ids=positions).logits[:, -1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "expected.json").write_text(
        json.dumps({
            "input_ids": ids.tolist(),
            "attention_mask": mask.tolist(),
            "free": free.tolist(),
            "end": end,
            "ended": ended.tolist(),
            "next_logits": [[make_parity.short(value) for value in row] for row in logits],
        }) + "\n",
        encoding="utf-8",
    )
    print(f"generation: {free.tolist()}, end {end}: {ended.tolist()}")


def main():
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    wanted = sys.argv[1:] or list(CASES)
    in_own_precision()
    defaults = {}
    for config in (transformers.XLNetConfig(), transformers.LlamaConfig()):
        defaults[config.model_type] = config.to_dict()
        del defaults[config.model_type]["transformers_version"]
    path = make_parity.FOLDER.parent / "config_defaults_decoders.json"
    path.write_text(json.dumps(defaults, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for name in wanted:
        folder = make_parity.FOLDER / name
        make_parity.make(folder, CASES[name], 6200 + list(CASES).index(name))
        write_legacy(folder)
    write_generation(make_parity.FOLDER.parent / "generation", make_parity.FOLDER / "llama-lm-untied")


if __name__ == "__main__":
    main()
