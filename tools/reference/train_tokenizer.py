"""Trains the bundled tokenizer: a SentencePiece unigram model on the bundled lyrics and NSMC's reviews, with KoBERT's
special tokens. Only the trained files are kept, none of the text.

    .venv-reference/bin/python tools/reference/train_tokenizer.py --nsmc FOLDER [--vocab-size 6000]
    .venv-reference/bin/python tools/reference/train_tokenizer.py --text FILE [FILE ...] --vocab-size 12000 --output FOLDER

FOLDER holds nsmc_train.tsv (id, document, label; from e9t/nsmc, CC0). Writes into data/tokenizer: tokenizer.model (the
model, nmt_nfkc normalisation), vocab.json (token to id) and tokenizer_config.json, and beside them tokenizer_pieces.json:
how the sentencepiece package splits some texts, for a test. With --text the files' lines take the place of both (300,000 of
them where there are more, drawn by a fixed seed), and no samples are written. The same input gives the same files.
"""

import argparse
import csv
import io
import json
import pathlib
import re

import sentencepiece

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
SPECIAL = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
ABOUT = (
    "SentencePiece unigram model, nmt_nfkc, trained by tools/reference/train_tokenizer.py on the bundled lyrics and NSMC's "
    "reviews (CC0); ids of the special tokens as KoBERT's"
)
ABOUT_TEXT = "SentencePiece unigram model, nmt_nfkc, trained by tools/reference/train_tokenizer.py on text files; ids as KoBERT's"
SAMPLES = [
    "막차가 떠난 정류장에서 네 이름을 불러 본다",
    "한국어 모델을 공유합니다.",
    "Stay a little longer, 조금만 더 slow",
    "쌍가락지 나눠 끼던 그날 밤에 얼씨구",
    "ＡＢＣ①②　½ ﾊﾝｸﾞﾙ",
    "ㅋㅋㅋ 진짜 재밌다!!",
    "쀍 뷁 🙂",
]


def lyric_lines(path):
    """Every different line of the songs, in their order."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = [line.strip() for song in csv.DictReader(file) for line in re.split(r"\n|\\n|<br>", song["lyrics"])]
    return [line for line in dict.fromkeys(lines) if line]


def reviews(folder):
    path = pathlib.Path(folder) / "nsmc_train.tsv"
    if not path.exists():
        raise SystemExit(f"{path} is not there: --nsmc takes the folder with NSMC's nsmc_train.tsv")
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["document"].strip() for row in rows if row["document"].strip()]


def text_lines(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    yield line.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--nsmc", help="folder with nsmc_train.tsv")
    source.add_argument("--text", nargs="+", help="text files, a text a line")
    parser.add_argument("--songs", default=DATA / "songs.csv", type=pathlib.Path)
    parser.add_argument("--output", default=DATA / "tokenizer", type=pathlib.Path)
    parser.add_argument("--vocab-size", default=6000, type=int)
    options = parser.parse_args()

    model = io.BytesIO()
    sentencepiece.set_random_generator_seed(7)
    texts = text_lines(options.text) if options.text else iter(lyric_lines(options.songs) + reviews(options.nsmc))
    sampling = {"input_sentence_size": 300_000, "shuffle_input_sentence": True} if options.text else {}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=texts,
        model_writer=model,
        model_type="unigram",
        vocab_size=options.vocab_size,
        normalization_rule_name="nmt_nfkc",
        character_coverage=0.9995 if options.text else 0.9998,
        # KoBERT's ids: [UNK] 0, [PAD] 1, [CLS] 2, [SEP] 3, [MASK] 4
        unk_id=0, unk_piece="[UNK]",
        pad_id=1, pad_piece="[PAD]",
        bos_id=2, bos_piece="[CLS]",
        eos_id=3, eos_piece="[SEP]",
        control_symbols=["[MASK]"],
        num_threads=1,
        minloglevel=1,
        **sampling,
    )
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "tokenizer.model").write_bytes(model.getvalue())

    trained = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = {trained.id_to_piece(index): index for index in range(trained.get_piece_size())}
    assert [ids[token] for token in SPECIAL.values()] == [0, 1, 2, 3, 4], "special tokens must have KoBERT's ids"
    (options.output / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    about = ABOUT_TEXT if options.text else ABOUT
    config = {**SPECIAL, "model_max_length": 512, "padding_side": "right", "about": about}
    (options.output / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    print(f"{len(ids)} tokens in {options.output}")
    if options.text:
        return
    pieces = [[text, trained.encode(text, out_type=str)] for text in SAMPLES]
    samples = options.output.parent / "tokenizer_pieces.json"
    samples.write_text(json.dumps(pieces, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
