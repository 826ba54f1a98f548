"""The Python side of tools/commands/bench-tokenizer.ts: times `sentencepiece` and Hugging Face `tokenizers` on one thread.

Reads JSON lines: first {"texts": [...], "model": path or null, "json": path or null}, then one line for every round.
Answers {} to the first, and each round with {way: [seconds, tokens]}.
"""

import json
import os
import sys
import time

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1")

import sentencepiece  # noqa: E402
import tokenizers  # noqa: E402


def timed(encode, count):
    start = time.perf_counter()
    result = encode()
    seconds = time.perf_counter() - start
    return [seconds, sum(map(count, result))]


def main():
    setting = json.loads(sys.stdin.readline())
    texts, ways = setting["texts"], {}
    if setting["model"]:
        processor = sentencepiece.SentencePieceProcessor(model_file=setting["model"])
        name = f"sentencepiece {sentencepiece.__version__}"
        ways[f"{name}, one by one"] = lambda: timed(lambda: [processor.encode(text) for text in texts], len)
        ways[f"{name}, as a list"] = lambda: timed(lambda: processor.encode(texts, num_threads=1), len)
    if setting["json"]:
        tokenizer = tokenizers.Tokenizer.from_file(setting["json"])
        name = f"tokenizers {tokenizers.__version__}"
        ways[f"{name}, one by one"] = lambda: timed(lambda: [tokenizer.encode(text) for text in texts], len)
        ways[f"{name}, as a list"] = lambda: timed(lambda: tokenizer.encode_batch_fast(texts), len)
    print("{}", flush=True)
    for _ in sys.stdin:
        print(json.dumps({name: way() for name, way in ways.items()}), flush=True)


if __name__ == "__main__":
    main()
