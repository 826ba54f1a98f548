"""How hard the bundled songs are, and how much their lines repeat: the figures of data/README.md.

    OMP_NUM_THREADS=1 .venv-reference/bin/python data/measure.py [--songs FILE] [--seeds 8]

For each seed songs are split by their lyrics (repeated lyrics on one side), 80 % to train on, 10 % to test on (the other
10 % is a validation part that nothing here uses). Labels are the first genres.
"""

import argparse
import collections
import csv
import pathlib
import random
import re

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score


def parts(field):
    return [part.strip() for part in field.split(",")]


def lines(lyrics):
    return [line.strip() for line in re.split(r"\n|\\n|<br>", lyrics) if line.strip()]


def split(songs, seed):
    groups = {}
    for song in songs:
        groups.setdefault(song["lyrics"], []).append(song)
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    tenth = len(order) // 10
    return [s for group in order[2 * tenth:] for s in group], [s for group in order[:tenth] for s in group]


def tfidf(train, test, **options):
    vectors = TfidfVectorizer(min_df=2, sublinear_tf=True, **options)
    model = LogisticRegression(C=10, max_iter=300)
    model.fit(vectors.fit_transform([s["lyrics"] for s in train]), [parts(s["genre"])[0] for s in train])
    return list(model.predict(vectors.transform([s["lyrics"] for s in test])))


def by_artist(train, test, majority):
    genres = collections.defaultdict(collections.Counter)
    for song in train:
        for artist in parts(song["artist"]):
            genres[artist][parts(song["genre"])[0]] += 1
    known = [genres.get(parts(song["artist"])[0]) for song in test]
    return [counts.most_common(1)[0][0] if counts else majority for counts in known]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", default=pathlib.Path(__file__).with_name("songs.csv"), type=pathlib.Path)
    parser.add_argument("--seeds", default=8, type=int)
    options = parser.parse_args()
    with open(options.songs, encoding="utf-8", newline="") as file:
        songs = [s for s in csv.DictReader(file) if s["lyrics"] and s["genre"] != "-"]
    print(f"{len(songs)} songs with lyrics and genre;", collections.Counter(parts(s["genre"])[0] for s in songs))

    columns = ["majority", "artist", "tfidf_char", "tfidf_char_f1", "tfidf_word", "tfidf_word_f1", "lines_seen"]
    print("seed  " + "  ".join(columns))
    table = []
    for seed in range(1, options.seeds + 1):
        train, test = split(songs, seed)
        truth = [parts(s["genre"])[0] for s in test]
        right = lambda guesses: sum(a == b for a, b in zip(guesses, truth)) / len(truth)
        macro = lambda guesses: f1_score(truth, guesses, average="macro")
        majority = collections.Counter(parts(s["genre"])[0] for s in train).most_common(1)[0][0]
        char = tfidf(train, test, analyzer="char_wb", ngram_range=(2, 4))
        word = tfidf(train, test)
        known = {line for s in train for line in lines(s["lyrics"])}
        sung = [line for s in test for line in lines(s["lyrics"])]
        table.append([
            right([majority] * len(test)), right(by_artist(train, test, majority)), right(char), macro(char), right(word),
            macro(word), sum(line in known for line in sung) / len(sung),
        ])
        print(f"{seed:4}  " + "  ".join(f"{value:{len(name)}.3f}" for name, value in zip(columns, table[-1])))
    means = [sum(column) / len(column) for column in zip(*table)]
    print("mean  " + "  ".join(f"{value:{len(name)}.3f}" for name, value in zip(columns, means)))


if __name__ == "__main__":
    main()
