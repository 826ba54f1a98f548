"""Makes lib/tokenizer/testdata/: small tokenizers trained on lines of our own, and what Python makes of hostile texts.

    OMP_NUM_THREADS=1 RAYON_NUM_THREADS=1 python tools/reference/tokenizer_fixtures.py

Needs `sentencepiece`, `tokenizers` and `transformers` (versions in requirements.txt). The texts leave out characters that Unicode 14
(Python 3.11) does not know, so that newer Pythons give the same.
"""

import collections
import contextlib
import inspect
import io
import json
import pathlib
import random
import tempfile
import unicodedata

import sentencepiece as spm
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.tokenization_utils_base import generate_merges

OUT = pathlib.Path(__file__).parents[2] / "lib/tokenizer/testdata"

# ---------------------------------------------------------------------------------------------------------------------
# Lines to train on, written for this purpose.

WHO = "나는 너는 그대는 우리는 바람은 달빛은 강물은 별들은 어머니는 고양이는".split()
WHEN = "아침에 저녁에 봄날에 가을밤에 오늘도 어제처럼 언젠가 다시 2000년에 10월의".split()
WHERE = "창가에서 골목길에서 바다에서 서울역에서 언덕에서 교실에서 꿈속에서 강가에서".split()
WHAT = "노래를 이름을 편지를 약속을 사진을 우산을 커피를 시간을 1,000원을 영화를".split()
DOES = "부르네 기억해 잊었어 찾는다 보낸다 기다려요 그립니다 사랑했지 놓쳤다 외운다".split()
AFTER = ["", "", ".", "...", "!", "?", ", 그래도 괜찮아", " ㅋㅋ", " oh yeah", " (x2)", ", 1, 2, 3"]


def lines(count=3000):
    rng = random.Random(7)
    rows = []
    for _ in range(count):
        words = [rng.choice(WHO), rng.choice(WHEN), rng.choice(WHERE), rng.choice(WHAT), rng.choice(DOES)]
        if rng.random() < 0.3:
            words.insert(rng.randrange(5), f"{rng.randrange(100)},{rng.randrange(1000):03d}번")
        if rng.random() < 0.2:
            words.insert(rng.randrange(5), f"{rng.randrange(30)},")
        if rng.random() < 0.1:
            words.insert(rng.randrange(5), rng.choice(["love", "the Rain", "café", "baby,", "No.7", "漢江"]))
        rows.append(" ".join(words) + rng.choice(AFTER))
    return rows


# ---------------------------------------------------------------------------------------------------------------------
# Texts that go wrong easily.

EDGE = [
    "", " ", "   ", "\n", "\t\r\n", "a", "가", "한국어 모델을 공유합니다.", "  앞뒤  빈칸  ", "줄\n바꿈\r\n과\t탭", "너무....", "...", "....", ".....",
    "▁", "▁▁", " ▁가▁ ", "a▁b", "가\u200b나", "\ufeff머리", "끝\ufeff", "\ufffd깨짐\ufffd", "가\u200d나\u200c다", "왼\u200e오\u200f른",
    "가\u00a0나\u3000다\u2003라", "가\u0085나\u2028다\u2029라", "가\u000b나\u000c다\u001c라\u001f마", "\x00", "가\x00나", "\x01\x02\x7f\x9f",
    "각\u11a8", "\u1100\u1161\u11a8", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "ㄱㅏㄱ", "ㄳㄵㅀ", "ㅋㅋㅋㅎㅎㅠㅠ", "\ua960\ud7b0", "ﾡﾢￂ", "㈀㈎㉠㉮", "한\u302e국\u302f",
    "e\u0301", "é", "É", "e\u0323\u0301", "e\u0301\u0323", "ṩ", "q\u0307\u0323", "\u0301", "\u0301\u0301가", "가\u0301", "Ångström Å Å", "naïve Ünïcode",
    "ﬁ ﬂ ﬃ", "①②③ ⑩ ⒈ ⑴", "Ⅳ ⅳ", "½ ¼ ²₃", "㎏ ㏂ ㍿", "ＡＢＣ ａｂｃ １２３", "～ ~ 〜 ∼", "“따옴표” ‘작은’ „낮은‟", "``a'' ''b``", "```", "''' '", "' ' ` `",
    "1,000원", "1,", "12, 34,", "9,가", " 9,", "①,", "²,", "५,", "10,10,10", "가1,", "0.5,", "3,\n", ",,,", "a,", "1 ,", "2000,2001",
    "don't won't I'm he's we've", "hello , world !", "a.b?c!d", "#해시 ##다시 [UNK] [unk]", "[CLS] [SEP] [MASK] [PAD]", "가[MASK]나", "가 [MASK] 나", "[MASK",
    "[CLS][CLS]", " [SEP]", "<s></s><unk><pad>", "<0x41>", "<b>굵게</b>", "İstanbul", "ΑΣ Σ ς ΣΑΣ", "ǅ ǆ Ǆ", "ẞ ß", "Ω Ω K K",
    "中文字 漢江 한漢글", "日本語カナｶﾅ", "русский ещё", "עִבְרִית", "العَرَبِيَّة", "हिन्दी क्षि", "ไทย", "தமிழ்", "ᠮᠣᠩᠭᠣᠯ",
    "👩\u200d❤\ufe0f\u200d💋\u200d👨", "🏳\ufe0f\u200d🌈", "🇰🇷🇯🇵", "👍🏽", "❤ ❤\ufe0f ❤\ufe0e", "😀😀 😀", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚", "𠀀𪛖 丽", "\U0001d15e", "\U000e0001\U000e0020",
    "\U0010ffff", "\ue000", "\ufdd0", "\u202e뒤집힘\u202c", "\u2066격리\u2069", "a\u034fb", "ـ", "ᆞ", "〮〯", "゙゚か゛", "\u0345\u0334\u0315", "\u302e\u0301\u302f\u0345",
    "a" * 100, "a" * 101, "가" * 101, "나는" * 130, "ㅋ" * 40, "." * 33, " " * 50 + "끝", "x " * 9, "\u0301" * 20, "😀" * 20,
    "나는 봄날에 창가에서 편지를 기다려요, 1, 2, 3", "바람은 언젠가 12,345번 꿈속에서 노래를 부르네...", "the Rain café baby, No.7 漢江",
    "나는아침에창가에서노래를부르네", "ㄴㅏ는 ㅇㅏ침에", "oh yeah (x2) ㅋㅋㅋ!!!???",
]


def known(character):
    return unicodedata.category(character) not in ("Cn", "Cs")


def hostile(count=60):
    rng = random.Random(11)
    ranges = [
        (0x00, 0x20), (0x20, 0x7F), (0x80, 0x250), (0x300, 0x370), (0x370, 0x600), (0x600, 0x780), (0x900, 0xE80), (0x1100, 0x1200),
        (0x1E00, 0x2000), (0x2000, 0x2070), (0x2070, 0x2200), (0x2460, 0x2600), (0x3000, 0x3100), (0x3130, 0x3190), (0x3200, 0x3400),
        (0x4E00, 0x9FFF), (0xAC00, 0xD7A4), (0xD7B0, 0xD800), (0xF900, 0xFB00), (0xFE00, 0xFE70), (0xFF00, 0x10000), (0x1D100, 0x1D800),
        (0x1F300, 0x1F700), (0x20000, 0x2A6D0),
    ]  # fmt: skip
    often = list(" \n\u3000\u200b\u200d\ufeff\u0301\u0323▁ㄱㅏㅋ～…,.10`'-[]") + ["나는", " 봄날에", "편지를 ", "2,", "[MASK]", "..."]
    out = []
    for _ in range(count):
        text = ""
        for _ in range(rng.randrange(2, 14)):
            r = rng.random()
            if r < 0.4:
                text += rng.choice([c for c in (chr(rng.randrange(*rng.choice(ranges))) for _ in range(9)) if known(c)] or ["가"])
            elif r < 0.75:
                text += rng.choice(often)
            else:
                text += chr(rng.randrange(0xAC00, 0xD7A4))
        out.append(text)
    return out


# ---------------------------------------------------------------------------------------------------------------------
# SentencePiece.


def small_rules():
    """A part of nmt_nfkc as rules, found by asking SentencePiece (the whole map would be 240 kB)."""
    normalizer = spm.SentencePieceNormalizer(rule_name="nmt_nfkc", add_dummy_prefix=False, escape_whitespaces=False,
                                             remove_extra_whitespaces=False)  # fmt: skip
    spans = [
        (0x00, 0x20), (0x7F, 0x100), (0x2000, 0x2070), (0x2081, 0x2084), (0x2150, 0x2170), (0x2460, 0x2490), (0x2581, 0x2582),
        (0x3000, 0x3001), (0x3130, 0x3190), (0x3200, 0x3210), (0x3380, 0x33A0), (0xFB00, 0xFB03), (0xFEFF, 0xFF00), (0xFF01, 0xFF5F),
        (0xFFA1, 0xFFC3), (0xFFFD, 0xFFFE), (0x1D538, 0x1D552),
    ]  # fmt: skip
    sources = [chr(code) for first, last in spans for code in range(first, last) if code]
    sources += [base + mark for base in "aeiouAEcnq" for mark in "\u0300\u0301\u0302\u0303\u0308\u0323"]
    sources += ["a\u0323\u0302", "e\u0323\u0302", "e\u0323\u0301"]
    # KoBERT's classes take Hangul apart and leave it to the map to put it together again.
    syllables = {c for line in lines() for c in line if "가" <= c <= "힣"}
    for syllable in sorted(syllables | set("한국어모델을공유합니각힣")):
        jamo = unicodedata.normalize("NFD", syllable)
        sources += [jamo[:n] for n in range(2, len(jamo) + 1)]
    rules = []
    for source in dict.fromkeys(sources):
        target = normalizer.normalize(source)
        if target != source:
            rules.append("\t".join(" ".join(f"{ord(c):X}" for c in text) for text in (source, target)))
    return "\n".join(rules) + "\n"


def train(name, **options):
    # The model keeps the rules' path: a relative one, so that it is the same everywhere.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        pathlib.Path("rules.tsv").write_text(small_rules(), encoding="utf-8")
        if options.pop("rules", False):
            options["normalization_rule_tsv"] = "rules.tsv"
        model = io.BytesIO()
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(lines()), model_writer=model, num_threads=1, minloglevel=2, character_coverage=0.995,
            input_sentence_size=0, shuffle_input_sentence=False, **options,
        )  # fmt: skip
    (OUT / f"{name}.model").write_bytes(model.getvalue())
    return spm.SentencePieceProcessor(model_proto=model.getvalue())


SPECIAL = dict(unk_id=0, unk_piece="[UNK]", pad_id=1, pad_piece="[PAD]", bos_id=2, bos_piece="[CLS]", eos_id=3, eos_piece="[SEP]",
               control_symbols=["[MASK]"])  # fmt: skip

MODELS = {
    # Pieces such as "10," come from not splitting at digits and marks.
    "songs": dict(vocab_size=420, rules=True, split_by_number=False, split_by_unicode_script=False, **SPECIAL),
    "bytes": dict(vocab_size=480, byte_fallback=True, normalization_rule_name="identity", split_by_whitespace=False,
                  remove_extra_whitespaces=False, user_defined_symbols=["[MASK]", "영화", "<b>", " x ", "😀"]),
    "suffix": dict(vocab_size=220, treat_whitespace_as_suffix=True, rules=True),
    "bare": dict(vocab_size=220, add_dummy_prefix=False, normalization_rule_name="identity"),
}  # fmt: skip

# As XLNet and Llama 2 were made; "kept" has pieces that are never joined with others.
OTHER_MODELS = {
    "xlnet": dict(vocab_size=400, rules=True, split_by_number=False, split_by_unicode_script=False, unk_id=0, bos_id=1, eos_id=2, pad_id=-1,
                  control_symbols=["<cls>", "<sep>", "<pad>", "<mask>", "<eod>"], user_defined_symbols=["<eop>"]),
    "llama": dict(model_type="bpe", vocab_size=620, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                  split_digits=True, allow_whitespace_only_pieces=True),
    "kept": dict(model_type="bpe", vocab_size=420, rules=True, user_defined_symbols=["편지", "<b>", "ㅋㅋ"]),
}  # fmt: skip


def flat(offsets):
    return [place for offset in offsets for place in offset]


def sentencepiece_reference(texts):
    out, processors = {}, {}
    for name, options in MODELS.items():
        processor = processors[name] = train(name, **options)
        rows = []
        for text in texts:
            ids = processor.encode(text)
            row = {"ids": ids, "offsets": flat(processor.encode(text, out_type="offset_mapping")["offsets"])}
            if name == "songs":
                row["pieces"] = processor.encode(text, out_type=str)
            row["decoded"] = processor.decode(ids)
            rows.append(row)
        out[name] = rows
    return out, processors


# ---------------------------------------------------------------------------------------------------------------------
# KoBERT's Hugging Face tokenizers, after their public behaviour: text preparation, the SentencePiece model, a second
# split of pieces that end in a digit and a comma, special tokens cut out of the text first.


class Kobert:
    SPECIAL = ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"]

    def __init__(self, processor, ids, lower=False, squeeze=True, accents=False):
        self.processor, self.ids = processor, ids
        self.lower, self.squeeze, self.accents = lower, squeeze, accents
        self.tokens = {number: token for token, number in ids.items()}

    def prepare(self, text):
        if self.squeeze:
            text = " ".join(text.strip().split())
        text = text.replace("``", '"').replace("''", '"')
        if not self.accents:
            text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        return text.lower() if self.lower else text

    def pieces(self, text):
        out = []
        for piece in self.processor.encode(self.prepare(text), out_type=str):
            if len(piece) > 1 and piece[-1] == "," and piece[-2].isdigit():
                again = self.processor.encode(piece[:-1].replace("▁", ""), out_type=str)
                if piece[0] != "▁" and again[0][0] == "▁":
                    again = again[1:] if len(again[0]) == 1 else [again[0][1:], *again[1:]]
                out += [*again, ","]
            else:
                out.append(piece)
        return out

    def tokenize(self, text):
        if self.lower:  # one character after the other, special tokens left alone
            text = "".join(part if part in self.SPECIAL else "".join(c.lower() for c in part) for part in self.cut(text))
        out = []
        for part in self.cut(text):
            out += [part] if part in self.SPECIAL else self.pieces(part)
        return out

    def cut(self, text):
        parts = [text]
        for token in self.SPECIAL:
            split = []
            for part in parts:
                pieces = [part] if part in self.SPECIAL else part.split(token)
                for i, piece in enumerate(pieces):
                    split += ([token] if i else []) + ([piece] if piece else [])
            parts = split
        return parts

    def number(self, token):
        return self.ids.get(token, self.ids["[UNK]"])

    def encode(self, text):
        return [self.ids["[CLS]"], *map(self.number, self.tokenize(text)), self.ids["[SEP]"]]

    def decode(self, ids):
        special = {self.ids[token] for token in self.SPECIAL}
        return "".join(self.tokens[i] for i in ids if i not in special).replace("▁", " ").strip()

    def pair(self, first, second, length):
        """transformers' own longest_first: one token after the other, from the second of equals."""
        a, b = [list(map(self.number, self.tokenize(text))) for text in (first, second)]
        while len(a) + len(b) > length - 3:
            (a if len(a) > len(b) else b).pop()
        return [self.ids["[CLS]"], *a, self.ids["[SEP]"], *b, self.ids["[SEP]"]], [0] * (len(a) + 2) + [1] * (len(b) + 1)


class XLNet(Kobert):
    """transformers 4's XLNetTokenizer, the class with SentencePiece in it."""

    SPECIAL = ["<s>", "</s>", "<unk>", "<sep>", "<pad>", "<cls>", "<mask>", "<eop>", "<eod>"]

    def cut(self, text):
        # <mask> takes the white space before it along.
        parts = super().cut(text)
        return [part.rstrip() if following == "<mask>" and part not in self.SPECIAL else part
                for part, following in zip(parts, [*parts[1:], None])]  # fmt: skip

    def number(self, token):
        return self.ids.get(token, self.ids["<unk>"])

    def encode(self, text):
        return [*map(self.number, self.tokenize(text)), self.ids["<sep>"], self.ids["<cls>"]]


def random_ids(count, size, rng):
    return [[rng.randrange(size if rng.random() < 0.5 else min(size, 300)) for _ in range(rng.randrange(1, 9))] for _ in range(count)]


def other_models_reference(texts):
    rng = random.Random(9)
    out, own = {}, {}
    for name, options in OTHER_MODELS.items():
        own[name] = train(name, **options)
    for name in ("llama", "kept"):
        sp = own[name]
        rows = [{"ids": sp.encode(t), "offsets": flat(sp.encode(t, out_type="offset_mapping")["offsets"])} for t in texts[:: 1 if name == "llama" else 2]]
        out[name] = {"rows": rows, "decoded": [[ids, sp.decode(ids)] for ids in random_ids(120, sp.get_piece_size(), rng)]}

    ids = {own["xlnet"].id_to_piece(i): i for i in range(own["xlnet"].get_piece_size())}
    out["xlnet"] = {
        "plain": [XLNet(own["xlnet"], ids).encode(t) for t in texts],
        "lower": [XLNet(own["xlnet"], ids, lower=True, squeeze=False, accents=True).encode(t) for t in texts],
    }

    # The text between special tokens is SentencePiece's affair (legacy), or only the beginning gets a space.
    vocab = {own["llama"].id_to_piece(i): i for i in range(own["llama"].get_piece_size())}
    written = [t + u for t, u in zip(texts[::2], ["", "<s>", " <s> 나는", "<unk></s>\n봄"] * len(texts))]
    cut = XLNet(own["llama"], vocab)
    cut.SPECIAL = ["<s>", "</s>", "<unk>"]
    legacy = [[1, *(i for part in cut.cut(t) for i in ([vocab[part]] if part in cut.SPECIAL else own["llama"].encode(part)))] for t in written]
    newer = transformers.LlamaTokenizer(vocab=vocab, merges=generate_merges(vocab), legacy=False, add_bos_token=True, add_eos_token=True)
    pairs = [(rng.choice(texts), rng.choice(texts), rng.randrange(6, 24)) for _ in range(30)]
    decoded = [[ids, newer.decode(ids, skip_special_tokens=True), newer.decode(ids)] for ids in random_ids(200, len(vocab), rng)]
    out["llama"] |= {
        "texts": written,
        "legacy": legacy,
        "newer": [newer(t)["input_ids"] for t in written],
        "pairs": [[a, b, length, newer(a, b, truncation="longest_first", max_length=length)["input_ids"]] for a, b, length in pairs],
        "decode": decoded,
    }
    return out, own


def kobert_reference(texts, processor):
    own = {processor.id_to_piece(i): i for i in range(processor.get_piece_size())}
    # A map in another order than the model, as KoBERT's first files have it.
    names = [*Kobert.SPECIAL, *sorted(token for token in own if token not in Kobert.SPECIAL)]
    mapped = {token: i for i, token in enumerate(names)}
    (OUT / "songs_vocab.json").write_text(json.dumps(mapped, ensure_ascii=False), encoding="utf-8")
    skt = Kobert(processor, own)
    others = {
        "skt_lower": Kobert(processor, own, lower=True),
        "skt_keep": Kobert(processor, own, accents=True, squeeze=False),
        "monologg": Kobert(processor, mapped),
    }
    rng = random.Random(3)
    pairs = [(rng.choice(lines(50)), rng.choice(lines(50)), rng.randrange(4, 30)) for _ in range(40)]
    return {
        "variants": {
            "skt": [{"tokens": skt.tokenize(t), "ids": skt.encode(t), "decoded": skt.decode(skt.encode(t))} for t in texts],
            **{name: [{"ids": variant.encode(t)} for t in texts] for name, variant in others.items()},
        },
        "pairs": [[a, b, length, *skt.pair(a, b, length)] for a, b, length in pairs],
    }


# ---------------------------------------------------------------------------------------------------------------------
# Hugging Face `tokenizers`.


def plain(tokenizer):
    """The tokenizer's JSON without its vocabulary."""
    data = json.loads(tokenizer.to_str())
    data["model"].pop("vocab")
    return data


def rows_of(tokenizer, texts, offsets, decoded):
    rows = []
    for text in texts:
        encoding = tokenizer.encode(text)
        row = {"ids": encoding.ids}
        if offsets:
            row["offsets"] = flat(encoding.offsets)
        if decoded:
            row["decoded"] = tokenizer.decode(encoding.ids)
        rows.append(row)
    return rows


def wordpiece_vocab(size=400):
    """Special tokens, every character, then what occurs most. (The library's trainer breaks ties at random.)"""
    words = [word for line in lines() + ["Σίσυφος naïve hello world don't"] * 30
             for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(line)]  # fmt: skip
    counts = collections.Counter()
    for word in words:
        for start in range(len(word)):
            for end in range(start + 1, min(start + 4, len(word)) + 1):
                counts[("##" if start else "") + word[start:end]] += 1
    single = sorted(token for token in counts if len(token.removeprefix("##")) == 1)
    longer = sorted((token for token in counts if token not in single), key=lambda token: (-counts[token], token))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *single, *longer]
    return {token: i for i, token in enumerate(tokens[:size])}


def wordpiece_reference(texts):
    bert = normalizers.BertNormalizer
    vocab = wordpiece_vocab()
    ordered = sorted(vocab, key=vocab.get)
    (OUT / "wordpiece_vocab.txt").write_text("".join(f"{token}\n" for token in ordered), encoding="utf-8")
    cls, sep = ("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])
    template = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
                                             special_tokens=[cls, sep])  # fmt: skip
    variants = {
        "cased": (bert(lowercase=False), template, 100, []),
        "uncased": (bert(lowercase=True), processors.BertProcessing(sep, cls), 100, []),
        "roberta": (bert(lowercase=True, strip_accents=False, handle_chinese_chars=False), processors.RobertaProcessing(sep, cls), 10, []),
        "unclean": (bert(lowercase=False, strip_accents=True, clean_text=False), template, 100, []),
        "added": (bert(lowercase=True), template, 100, [
            AddedToken("편지", normalized=True), AddedToken("CAFÉ", normalized=True), AddedToken("x", single_word=True),
            AddedToken("ㅋㅋ", lstrip=True, rstrip=True, normalized=False), AddedToken("<b>", normalized=False, special=True)]),
    }  # fmt: skip
    out = {}
    rng = random.Random(5)
    for name, (normalizer, processor, longest, added) in variants.items():
        tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=longest))
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor, tokenizer.decoder = processor, decoders.WordPiece()
        tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        tokenizer.add_tokens(added)
        rows = rows_of(tokenizer, texts, offsets=True, decoded=name in ("cased", "added"))
        cases = []
        for _ in range(20):
            first, second = rng.choice(lines(60)), rng.choice([None, *lines(60)[:3]])
            length, side, pad = rng.randrange(6, 36), rng.choice(["left", "right"]), rng.choice(["left", "right"])
            strategy, multiple = rng.choice(["longest_first", "only_first", "only_second"]), rng.choice([1, 8])
            tokenizer.enable_truncation(length, strategy=strategy, direction=side)
            tokenizer.enable_padding(direction=pad, pad_id=vocab["[PAD]"], length=length, pad_to_multiple_of=multiple)
            try:
                e = tokenizer.encode(first, second)
                want = {"ids": e.ids, "types": e.type_ids, "mask": e.attention_mask, "offsets": flat(e.offsets)}
            except Exception as error:
                want = {"error": str(error)}
            cases.append({"first": first, "second": second, "maxLength": length, "truncation": strategy, "truncationSide": side,
                          "paddingSide": pad, "padToMultipleOf": multiple, "want": want})  # fmt: skip
        tokenizer.no_truncation()
        tokenizer.no_padding()
        out[name] = {"json": plain(tokenizer), "rows": rows, "cases": cases}
    return out


def wordpiece_parts_reference(texts):
    """WordPiece behind other parts than BERT's: the quick tour of `tokenizers`, and what else people put together."""
    vocab = wordpiece_vocab()
    n, p = normalizers, pre_tokenizers
    cls, sep = ("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])
    template = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[cls, sep])
    variants = {
        "quick_tour": (n.Sequence([n.NFD(), n.Lowercase(), n.StripAccents()]), p.Whitespace(), decoders.WordPiece(), 100),
        "composed": (n.Sequence([n.NFC(), n.Lowercase()]), p.Whitespace(), decoders.WordPiece(cleanup=False), 100),
        "bert_in_sequences": (n.Sequence([n.BertNormalizer(lowercase=True, strip_accents=False), n.Replace("ㅋㅋ", "ㅋ")]),
                              p.Sequence([p.BertPreTokenizer(), p.Digits(individual_digits=True)]), decoders.WordPiece(), 12),
        "split_by_parts": (None, p.Sequence([p.WhitespaceSplit(), p.Punctuation()]), None, 100),
        "delimiter": (n.Strip(), p.CharDelimiterSplit(" "), decoders.WordPiece(prefix="##"), 100),
    }  # fmt: skip
    out = {}
    for name, (normalizer, words, decoder, longest) in variants.items():
        tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=longest))
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        if decoder is not None:
            tokenizer.decoder = decoder
        tokenizer.pre_tokenizer, tokenizer.post_processor = words, template
        tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        tokenizer.add_tokens([AddedToken("CAFÉ", normalized=True)])
        out[name] = {"json": plain(tokenizer), "rows": rows_of(tokenizer, texts, offsets=False, decoded=True)}
    return out


# Classes that read a tokenizer.json, by their names in transformers 4 and 5.
CLASSES = """
    BertTokenizer BertJapaneseTokenizer DistilBertTokenizer ElectraTokenizer LayoutLMTokenizer LxmertTokenizer MobileBertTokenizer
    RoFormerTokenizer RobertaTokenizer XLMRobertaTokenizer BartTokenizer BarthezTokenizer CamembertTokenizer LEDTokenizer MBartTokenizer
    MvpTokenizer NllbTokenizer MPNetTokenizer FunnelTokenizer AlbertTokenizer FNetTokenizer RemBertTokenizer BigBirdTokenizer
    DebertaTokenizer DebertaV2Tokenizer T5Tokenizer GPT2Tokenizer GPTNeoXTokenizer Qwen2Tokenizer GemmaTokenizer CodeLlamaTokenizer
    LlamaTokenizer XLNetTokenizer
""".split()  # fmt: skip


def class_conventions():
    """What each class takes for granted: the defaults of its special tokens, and its padding side."""
    out = {}
    for name in CLASSES:
        cls = getattr(transformers, name)
        given = inspect.signature(cls.__init__).parameters
        if "unk_token" not in given:
            given = inspect.signature(cls.__mro__[1].__init__).parameters
        roles = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
        names = {role: str(given[f"{role}_token"].default) for role in roles
                 if f"{role}_token" in given and given[f"{role}_token"].default is not None}  # fmt: skip
        out[name] = {"names": names, "paddingSide": cls.padding_side}
    return out


def fnv(texts):
    """FNV-1a over UTF-8, 32 bits."""
    value = 0x811C9DC5
    for byte in "\n".join(texts).encode("utf-8"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value:08x}"


def code_point_digests():
    """What BERT's preparation makes of every code point, in blocks of 4096."""
    bert = normalizers.BertNormalizer
    ways = {
        "uncased": bert(lowercase=True),
        "unclean": bert(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False),
    }
    split = pre_tokenizers.BertPreTokenizer()
    out = {name: [] for name in [*ways, "words"]}
    for block in range(0, 0x110000, 0x1000):
        # The first of a block has other marks before it than in a row of its own: "a" and "b" keep them apart.
        texts = [f"a{chr(code)}b" for code in range(block, block + 0x1000) if not 0xD800 <= code <= 0xDFFF]
        for name, way in ways.items():
            out[name].append(fnv([way.normalize_str(text) for text in texts]))
        out["words"].append(fnv(["|".join(word for word, _ in split.pre_tokenize_str(text)) for text in texts]))
    return out


def unigram_reference(texts, processor):
    vocab = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]
    trained = Tokenizer(models.Unigram(vocab, unk_id=0, byte_fallback=False))
    trained.add_special_tokens(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"])
    replace, sequence = normalizers.Replace, normalizers.Sequence
    variants = {
        "nfkc": (sequence([normalizers.NFKC(), normalizers.Prepend("▁")]), pre_tokenizers.Metaspace(), decoders.Metaspace()),
        "xlnet": (
            sequence([replace("``", '"'), replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(),
                      replace(Regex(" {2,}"), " ")]),
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")]),
            None,
        ),
        "strip": (
            sequence([normalizers.Strip(), normalizers.NFC()]),
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
            decoders.Metaspace(prepend_scheme="never"),
        ),
    }  # fmt: skip
    out = {"vocab": json.loads(trained.to_str())["model"]["vocab"], "variants": {}}
    for name, (normalizer, words, decoder) in variants.items():
        tokenizer = Tokenizer.from_str(trained.to_str())
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, words
        if decoder is not None:
            tokenizer.decoder = decoder
        out["variants"][name] = {"json": plain(tokenizer), "rows": rows_of(tokenizer, texts, offsets=False, decoded=name in ("nfkc", "strip", "prefix"))}
    return out


LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def bpe_reference(texts):
    byte_level = pre_tokenizers.ByteLevel
    template = processors.TemplateProcessing(single="<|begin|> $A", pair="<|begin|> $A <|begin|>:1 $B:1",
                                             special_tokens=[("<|begin|>", 0)])  # fmt: skip
    variants = {
        "gpt2": (None, byte_level(add_prefix_space=False), processors.ByteLevel(), False),
        "prefix": (normalizers.NFC(), byte_level(add_prefix_space=True), None, False),
        "llama3": (
            None,
            pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), byte_level(False, use_regex=False)]),
            processors.Sequence([processors.ByteLevel(), template]),
            True,
        ),
    }
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = byte_level(add_prefix_space=False)
    trained.train_from_iterator(lines(), trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<|begin|>", "<|end|>"], initial_alphabet=byte_level.alphabet(), show_progress=False))  # fmt: skip
    model = json.loads(trained.to_str())["model"]
    out = {"vocab": model["vocab"], "variants": {}}
    for name, (normalizer, words, processor, ignore) in variants.items():
        data = json.loads(trained.to_str())
        data["model"]["ignore_merges"] = ignore
        tokenizer = Tokenizer.from_str(json.dumps(data))
        tokenizer.pre_tokenizer, tokenizer.decoder = words, decoders.ByteLevel()
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        if processor is not None:
            tokenizer.post_processor = processor
        out["variants"][name] = {"json": plain(tokenizer), "rows": rows_of(tokenizer, texts, offsets=False, decoded=name in ("nfkc", "strip", "prefix"))}
    return out


def spaces_reference(texts, processor):
    """BPE with SentencePiece's spaces: Llama 2's files, Gemma's, and models of characters."""
    vocab = {processor.id_to_piece(i): i for i in range(processor.get_piece_size())}
    merges = generate_merges(vocab)
    replace, sequence = normalizers.Replace, decoders.Sequence
    fallback = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    some = {token: i for i, token in enumerate(token for token in vocab if not token.startswith("<0xE"))}
    bare = {token: i for i, token in enumerate(token for token in vocab if not token.startswith("<0x"))}
    split, digits, marks = pre_tokenizers.Split, pre_tokenizers.Digits, pre_tokenizers.Punctuation
    variants = {
        "llama2": (vocab, True, True, normalizers.Sequence([normalizers.Prepend("▁"), replace(" ", "▁")]), None,
                   sequence([*fallback, decoders.Strip(" ", 1, 0)])),
        "gemma": (vocab, True, True, replace(" ", "▁"), split(" ", "merged_with_previous"), sequence(fallback)),
        "some bytes": (some, True, False, replace(" ", "▁"), split(Regex(r"\p{Nd}++|[^\s\d가-힣]"), "contiguous"), None),
        "characters": (bare, False, False, normalizers.NFKC(),
                       pre_tokenizers.Sequence([pre_tokenizers.Metaspace(prepend_scheme="first"), digits(True), marks("merged_with_next")]),
                       decoders.Metaspace()),
        "words": (bare, False, True, normalizers.Lowercase(), pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), digits(False)]),
                  decoders.BPEDecoder(suffix="는")),
        "no unknown": (bare, None, False, None, pre_tokenizers.WhitespaceSplit(), None),
    }  # fmt: skip
    rng = random.Random(13)
    out = {"vocab": vocab, "merges": merges, "variants": {}}
    for name, (own, byte_fallback, fuse, normalizer, words, decoder) in variants.items():
        pairs = [(a, b) for a, b in merges if a in own and b in own]
        unknown = {} if byte_fallback is None else {"unk_token": "<unk>"}
        tokenizer = Tokenizer(models.BPE(own, pairs, fuse_unk=fuse, byte_fallback=bool(byte_fallback), **unknown))
        for part, value in (("normalizer", normalizer), ("pre_tokenizer", words), ("decoder", decoder)):
            if value is not None:
                setattr(tokenizer, part, value)
        tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
        if name == "llama2":
            tokenizer.add_tokens([AddedToken("Ünï", normalized=True), AddedToken("<b>", normalized=False)])
            tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
        data = plain(tokenizer)
        data["model"].pop("merges")
        decoded = [[ids, tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)]
                   for ids in random_ids(60, tokenizer.get_vocab_size(), rng)]  # fmt: skip
        some_texts = texts if name == "llama2" else texts[len(out["variants"]) % 3 :: 3]
        out["variants"][name] = {"json": data, "without": {"some bytes": "<0xE"}.get(name, "" if own is vocab else "<0x"),
                                 "rows": [{"text": t, "ids": tokenizer.encode(t).ids} for t in some_texts], "decoded": decoded}  # fmt: skip
    return out


def write(name, value):
    path = OUT / name
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{name}: {path.stat().st_size:,} bytes")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    texts = list(collections.OrderedDict.fromkeys(EDGE + hostile()))
    assert all(known(c) or c in "\U0010ffff\ufdd0" for text in texts for c in text)
    write("texts.json", texts)
    reference, processors_ = sentencepiece_reference(texts)
    others, models_ = other_models_reference(texts)
    write("sentencepiece_others.json", others)
    write("spaces.json", spaces_reference(texts, models_["llama"]))
    write("sentencepiece.json", reference)
    write("kobert.json", kobert_reference(texts, processors_["songs"]))
    write("wordpiece.json", wordpiece_reference(texts))
    write("wordpiece_parts.json", wordpiece_parts_reference(texts))
    write("class_conventions.json", class_conventions())
    write("code_points.json", code_point_digests())
    write("unigram.json", unigram_reference(texts, processors_["songs"]))
    write("bpe.json", bpe_reference([*texts, "it's IT'S 'ſ don't'RE", "a\ufeffb \ufeff c\u0085d \u0085 ", "<|begin|>x<|end|>"]))


if __name__ == "__main__":
    main()
