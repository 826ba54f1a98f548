"""The vectors that pretrain_torch.py's objective `teacher` reads: of each text of a text cache's training rows, in their order, what a
sentence encoder makes of it, centred and of length 1.

    python tools/reference/teacher_vectors.py --texts outputs/pretrain/texts --tokenizer outputs/tokenizer \\
        --teacher intfloat/multilingual-e5-small --output vectors.npy

The teacher is a Hub id or a folder; its vector is the mean of a text's tokens, as the E5 models have it (Wang et al. 2024), of at most
128 tokens.
"""
import argparse
import os

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

from pretrain_torch import CLS, FIRST, PAD, read_rows


def texts_of(rows):
    """The ids of each text of the rows, [CLS] and [SEP] left out."""
    for row in rows:
        starts = np.flatnonzero(row == CLS)
        for start, end in zip(starts, [*starts[1:], len(row)]):
            text = row[start:end]
            yield text[(text != PAD) & (text >= FIRST)].tolist()


@torch.inference_mode()
def vectors_of(texts, tokenizer, model, batch):
    """The mean of each text's tokens; texts of similar length are read together."""
    found = np.zeros((len(texts), model.config.hidden_size), np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), batch):
        of = order[start : start + batch]
        read = tokenizer(["query: " + texts[i] for i in of], return_tensors="pt", padding=True, truncation=True, max_length=128)
        read = read.to(model.device)
        real = read["attention_mask"].unsqueeze(-1)
        found[of] = ((model(**read).last_hidden_state * real).sum(1) / real.sum(1)).float().cpu().numpy()
        print(f"{start + len(of)} of {len(texts)} texts", end="\r", flush=True)
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--texts", required=True, help="the texts/ folder that deno task pretrain made")
    p.add_argument("--tokenizer", required=True, help="the folder of the tokenizer (tokenizer.json) that they were read with")
    p.add_argument("--teacher", required=True, help="a sentence encoder: a Hub id, or a folder")
    p.add_argument("--output", required=True)
    p.add_argument("--batch", type=int, default=256)
    o = p.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    own = Tokenizer.from_file(os.path.join(o.tokenizer, "tokenizer.json"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(o.teacher)
    model = transformers.AutoModel.from_pretrained(o.teacher).eval().to(device)
    rows, _ = read_rows(o.texts, [1] * 10**4, 256)
    vectors = vectors_of(own.decode_batch(list(texts_of(rows["train"]))), tokenizer, model, o.batch)
    vectors -= vectors.mean(0)
    np.save(o.output, vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12))


if __name__ == "__main__":
    main()
