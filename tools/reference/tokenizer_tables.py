"""Writes lib/tokenizer/tokenizers_tables.ts: the character classes of Hugging Face `tokenizers`, found by asking it.

The Rust library carries tables of several old Unicode versions, which neither a JavaScript engine nor Python has.
Run with the reference venv: python tools/reference/tokenizer_tables.py
"""

import pathlib

import tokenizers
from tokenizers import normalizers, pre_tokenizers


def bert(**on):
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return normalizers.BertNormalizer(**{name: on.get(name, False) for name in names})


CLEAN, ACCENTS, LOWER = bert(clean_text=True), bert(strip_accents=True), bert(lowercase=True)
CHINESE = bert(handle_chinese_chars=True)
NFD, NFKD, STRIP = normalizers.NFD(), normalizers.NFKD(), normalizers.StripAccents()
BERT = pre_tokenizers.BertPreTokenizer()

CLASSES = {
    "removed": ("What `clean_text` takes out.", lambda c: CLEAN.normalize_str(f"a{c}b") == "ab"),
    "space": ("What `clean_text` makes a space.", lambda c: CLEAN.normalize_str(f"a{c}b") == "a b"),
    "mark": (
        "What `strip_accents` drops after NFD.",
        lambda c: ACCENTS.normalize_str(c) == "" and NFD.normalize_str(c) != "",
    ),
    "combining": (
        "What NFD sorts by its combining class.",
        lambda c: c == "\u0345" or not NFD.normalize_str(f"\u0345{c}").startswith("\u0345"),
    ),
    "decomposed": ("What NFD takes apart.", lambda c: NFD.normalize_str(c) != c),
    "compatible": ("What NFKD takes apart.", lambda c: NFKD.normalize_str(c) != c),
    "accent": ("What StripAccents drops.", lambda c: STRIP.normalize_str(c) == ""),
    "lowercased": ("What `lowercase` changes.", lambda c: LOWER.normalize_str(c) != c),
    "whiteSpace": (
        "What BertPreTokenizer splits at and drops.",
        lambda c: [piece for piece, _ in BERT.pre_tokenize_str(f"a{c}b")] == ["a", "b"],
    ),
    "chinese": (
        "What `handle_chinese_chars` sets between spaces.",
        lambda c: CHINESE.normalize_str(c) == f" {c} ",
    ),
    "punctuation": (
        "What BertPreTokenizer makes a word of its own.",
        lambda c: [piece for piece, _ in BERT.pre_tokenize_str(f"a{c}b")] == ["a", c, "b"],
    ),
}

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number):
    text = ""
    while number or not text:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def ranges(belongs):
    """Pairs (gap since the last range, length), in base 36."""
    pairs, at, start = [], 0, None
    for code in range(0x110001):
        inside = code < 0x110000 and not 0xD800 <= code <= 0xDFFF and belongs(chr(code))
        if inside and start is None:
            start = code
        if not inside and start is not None:
            pairs.append((start - at, code - start))
            at, start = code, None
    return " ".join(base36(gap) if length == 1 else f"{base36(gap)}+{base36(length)}" for gap, length in pairs)


def lines(text, width=106):
    rows = [""]
    for word in text.split(" "):
        if len(rows[-1]) + 1 + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}" if rows[-1] else word
    return rows


def main():
    out = [
        "/**",
        " * Character classes of Hugging Face `tokenizers` " + tokenizers.__version__ + ", found by asking it for every",
        " * code point. Written by tools/reference/tokenizer_tables.py; not to be edited.",
        " *",
        " * A word is a range: the gap since the last one's end and, after a plus, its length where it is not 1, base 36.",
        " */",
        "",
        "// deno-fmt-ignore-file",
        "",
    ]
    for name, (what, belongs) in CLASSES.items():
        rows = lines(ranges(belongs))
        out += [f"/** {what} */", f"export const {name} ="]
        out += [f'  "{row} " +' for row in rows[:-1]] + [f'  "{rows[-1]}";', ""]
    newer = {c: LOWER.normalize_str(c) for c in map(chr, range(0x110000)) if not 0xD800 <= ord(c) <= 0xDFFF and c.lower() == c}
    pairs = " ".join(f"{ord(c):x}>{ord(lower):x}" for c, lower in newer.items() if lower != c)
    out += ["/** Small letters of capitals that Unicode 14 does not know: capital>small, hexadecimal. */"]
    rows = lines(pairs)
    out += ["export const newerLowercase ="] + [f'  "{row} " +' for row in rows[:-1]] + [f'  "{rows[-1]}";', ""]
    path = pathlib.Path(__file__).parents[2] / "lib/tokenizer/tokenizers_tables.ts"
    path.write_text("\n".join(out), encoding="utf-8")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
