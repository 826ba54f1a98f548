"""Makes lib/training/testdata/kobert_small.json: what transformers' AutoModelForMaskedLM says of masked words of some sentences, by the
weights and the tokenizer in data/kobert-small, and the SHA-256 of these weights. Run it anew when they are others.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/kobert_small.py
"""

import hashlib
import json
import pathlib

import torch
import transformers

PROJECT = pathlib.Path(__file__).resolve().parents[2]
MODEL = PROJECT / "data/kobert-small"
SENTENCES = [
    "이 영화는 정말 재미있었다. 배우들의 연기도 좋았다.",
    "비가 오는 밤 너를 기다리며 노래를 부른다",
    "국민 여러분의 안전을 위해 노력하겠습니다.",
]
COLUMNS = 5


def main():
    transformers.logging.set_verbosity_error()
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model, info = transformers.AutoModelForMaskedLM.from_pretrained(
        MODEL, output_loading_info=True, dtype=torch.float32, attn_implementation="eager"
    )
    assert not any(info.values()), info
    cases = []
    for sentence in SENTENCES:
        ids = tokenizer(sentence)["input_ids"]
        masked = list(range(2, len(ids) - 1, 3))
        given = [tokenizer.mask_token_id if i in masked else token for i, token in enumerate(ids)]
        with torch.no_grad():
            logits = model.eval()(input_ids=torch.tensor([given])).logits[0, masked]
        best = logits.topk(COLUMNS)
        cases.append({
            "text": sentence,
            "ids": ids,
            "masked": masked,
            "best": best.indices.tolist(),
            "logits": [[round(value, 5) for value in row] for row in best.values.tolist()],
            "logsumexp": [round(value, 5) for value in logits.logsumexp(-1).tolist()],
        })
    fixture = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "weights": hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest(),
        "cases": cases,
    }
    path = PROJECT / "lib/training/testdata/kobert_small.json"
    path.write_text(json.dumps(fixture, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
