"""Makes lib/models/testdata/lora/: adapters as PEFT saves them, to models of lib/models/testdata/parity/, with what PyTorch,
transformers and PEFT compute with them, in the form of make_parity.py.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/make_lora.py [CASE ...]

A and B and the modules that are saved as a whole are random: a B of zero would hide the gradient of A.
"""

import json
import os
import sys

import numpy
import peft
import torch
import transformers

import make_parity
import make_parity_decoders

FOLDER = make_parity.FOLDER.parent / "lora"
BASES = make_parity.CASES | make_parity_decoders.CASES

CASES = {
    # the head is saved as a whole without being asked for; every layer has a rank and an alpha of its own
    "bert-classifier": {
        "task_type": "SEQ_CLS",
        "r": 4,
        "lora_alpha": 6,
        "target_modules": ["query", "value", "output.dense"],
        "exclude_modules": ["attention.output.dense"],
        "rank_pattern": {"layer.1.attention.self.query": 2, r"layer\.0.*value": 3},
        "alpha_pattern": {"output.dense": 5},
    },
    "electra-classifier": {
        "task_type": "SEQ_CLS",
        "r": 3,
        "lora_alpha": 3,
        "target_modules": r".*\.layer\.\d+\.(attention\.self\.(key|value)|intermediate\.dense)|electra\.embeddings_project",
    },
    # of XLNet's attention nothing is a linear layer to PyTorch
    "xlnet-classifier": {
        "task_type": "SEQ_CLS",
        "r": 2,
        "lora_alpha": 8,
        "target_modules": "all-linear",
        "modules_to_save": ["logits_proj"],
    },
    "llama-classifier": {"task_type": "SEQ_CLS", "r": 2, "lora_alpha": 3, "target_modules": "all-linear"},
    # the decoder is the word embeddings, too: its adapter is not
    "llama-lm": {
        "task_type": "CAUSAL_LM",
        "r": 4,
        "lora_alpha": 2,
        "use_rslora": True,
        "target_modules": ["q_proj", "v_proj", "o_proj", "up_proj", "down_proj", "lm_head"],
    },
}


def own_names(model):
    """Parameters without what PEFT puts around their names; of a module that is trained as a whole, the trained copy."""
    for name, parameter in model.named_parameters():
        if ".original_module." in name:
            continue
        name = name.removeprefix("base_model.model.").replace(".base_layer", "")
        yield name.replace(".modules_to_save.default", "").replace(".default", ""), parameter


def randomise(model, generator):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))


def make(name, fields, seed):
    case, folder = BASES[name], FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    base = f"../../parity/{name}"
    os.chdir(folder)  # the base is found from beside the adapter

    def load_base():
        return getattr(transformers, case["class"]).from_pretrained(base, attn_implementation="eager")

    model = peft.get_peft_model(load_base(), peft.LoraConfig(**fields))
    randomise(model, torch.Generator().manual_seed(seed))
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    # PEFT keeps names as a set, whose order is another at every run
    path = folder / "adapter_config.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    for key, value in saved.items():
        if isinstance(value, list):
            saved[key] = sorted(value)
    path.write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def make_model():
        return peft.PeftModel.from_pretrained(load_base(), folder, is_trainable=True)

    make_parity.write_expected(
        folder / "expected.json", case, load_base().config, seed, numpy.random.default_rng(seed), make_model, named=own_names
    )


def main():
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    make_parity_decoders.in_own_precision()
    for name in sys.argv[1:] or list(CASES):
        make(name, CASES[name], 8300 + list(CASES).index(name))


if __name__ == "__main__":
    main()
