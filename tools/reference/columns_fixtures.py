"""Reference numbers for lib/trials (all columns together, stacking) and lib/evaluation (t quantiles), made with
scikit-learn and scipy.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/columns_fixtures.py

Writes lib/trials/testdata/columns.json. All data is made up here from fixed seeds.
"""

import json
import pathlib
import unicodedata

import numpy as np
import scipy
import sklearn
from scipy import sparse, stats
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, StandardScaler

OUT = pathlib.Path(__file__).parents[2] / "lib" / "trials" / "testdata" / "columns.json"
GENRES = ["댄스", "발라드", "트로트"]
WORDS = {
    "댄스": "춤 춰 party tonight 불빛 리듬 baby move 여름 밤 hey".split(),
    "발라드": "눈물 이별 그대 추억 비 가을 기억 사랑 안녕 멀리 밤".split(),
    "트로트": "고향 어머니 님 인생 정 세월 사랑 항구 나그네 비 café".split(),
}


def songs(random):
    """Songs of made-up artists; some have two genres, no album, no year, a text without letters."""
    rows = []
    for i in range(72):
        genre = random.choice(GENRES, p=[.4, .4, .2])
        genres = [genre] if i % 9 else sorted({genre, str(random.choice(GENRES))})
        lines = [" ".join(random.choice(WORDS[genre] + WORDS[str(random.choice(GENRES))], 5)) for _ in range(3)]
        home = GENRES.index(genre) * 4
        artists = [f"가수{random.integers(home, home + 5)}" for _ in range(1 if i % 7 else 2)]
        rows.append({
            "id": str(i), "genres": [str(g) for g in genres], "artists": sorted(set(artists)),
            "albumId": None if i % 11 == 3 else f"앨범{random.integers(home, home + 7)}",
            "year": None if i % 13 == 5 else int(random.integers(1995, 2024)),
            "lyrics": "1 2 3!" if i == 20 else "\n".join(lines),
        })
    return rows


def latin_share(text):
    letters = [c for c in text if c.isalpha()]
    return sum("LATIN" in unicodedata.name(c) for c in letters) / len(letters) if letters else 0.


def dense_scaled(train, test, value):
    column = lambda rows: np.array([[np.nan if value(r) is None else value(r)] for r in rows], float)
    scaler = StandardScaler().fit(column(train))
    return [np.nan_to_num(scaler.transform(column(rows))) for rows in (train, test)]


def blocks(train, test):
    texts = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True)
    lyrics = [texts.fit_transform([r["lyrics"] for r in train]), texts.transform([r["lyrics"] for r in test])]

    def one_hot(names):
        known = sorted({n for r in train for n in names(r)})
        encoder = MultiLabelBinarizer(classes=known).fit([known])
        return [encoder.transform([[n for n in names(r) if n in known] for r in rows]).astype(float)
                for rows in (train, test)]

    period = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    five = lambda rows: np.array([[r["year"] - r["year"] % 5 if r["year"] else 0] for r in rows])
    period.fit(np.array([v for v in five(train) if v != 0]))
    year = dense_scaled(train, test, lambda r: r["year"])
    return {
        "lyrics": lyrics,
        "artist": [2 * m for m in one_hot(lambda r: r["artists"])],
        "album": one_hot(lambda r: [r["albumId"]] if r["albumId"] else []),
        "year": [np.hstack([year[k], period.transform(five(rows))]) for k, rows in enumerate((train, test))],
        "length": dense_scaled(train, test, lambda r: np.log1p(len(r["lyrics"]))),
        "latin": dense_scaled(train, test, lambda r: latin_share(r["lyrics"])),
    }


def exact(X, y, weights, C):
    """The minimum itself: Newton steps, where lbfgs would stop at its tolerance."""
    return LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=200).fit(X, y, sample_weight=weights)


def columns():
    random = np.random.default_rng(11)
    rows = songs(random)
    train, test = rows[:54], rows[54:]
    parts = blocks(train, test)
    examples = [(i, g, 1 / len(r["genres"])) for i, r in enumerate(train) for g in r["genres"]]
    index, y, weights = ([e[k] for e in examples] for k in range(3))
    models = []
    for names in [list(parts), ["lyrics", "artist"], [p for p in parts if p != "lyrics"], ["year"]]:
        X, Z = (sparse.hstack([sparse.csr_matrix(parts[n][k]) for n in names]).tocsr() for k in (0, 1))
        model = exact(X[index].toarray(), y, weights, 3.)
        models.append({"parts": names, "probabilities": model.predict_proba(Z)})
    # rows do not depend on the order of one-hot columns in these sums
    sums = {name: [np.asarray(m.sum(1)).ravel() for m in pair] for name, pair in parts.items()}
    squares = {name: [np.asarray(sparse.csr_matrix(m).power(2).sum(1)).ravel() for m in pair]
               for name, pair in parts.items()}
    return {"songs": rows, "trainCount": 54, "labels": GENRES, "C": 3, "rowSums": sums, "rowSquares": squares,
            "widths": {name: pair[0].shape[1] for name, pair in parts.items()}, "models": models}


def stacking():
    random = np.random.default_rng(12)
    truth = random.integers(0, 3, 60)
    rows = lambda noise, y: scipy.special.softmax(np.eye(3)[y] * 2 + random.normal(size=(len(y), 3)) * noise, axis=1)
    test_truth = random.integers(0, 3, 9)
    members = {"words": [rows(1.5, truth), rows(1.5, test_truth)], "artist": [rows(2.5, truth), rows(2.5, test_truth)]}
    members["words"][0][0] = [1, 0, 0]

    def features(k):
        logs = [np.log(np.maximum(m[k], 1e-4)) for m in members.values()]
        return np.hstack([log - log.mean(1, keepdims=True) for log in logs])

    fits = [{"C": C, "probabilities": exact(features(0), truth, None, C).predict_proba(features(1))}
            for C in (.01, .3)]
    return {"truth": truth, "members": {n: {"validation": a, "test": b} for n, (a, b) in members.items()},
            "fits": fits}


def paired():
    values = np.array([.012, .031, -.004, .02, .017])
    return {
        "quantiles": [[p, d, stats.t.ppf(p, d)] for d in (1, 2, 3, 4, 7, 30) for p in (.01, .5, .9, .975, .9995)],
        "values": values,
        "interval": stats.t.interval(.95, 4, values.mean(), values.std(ddof=1) / 5**.5),
    }


if __name__ == "__main__":
    content = {
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "columns": columns(), "stacking": stacking(), "paired": paired(),
    }
    plain = lambda value: value.tolist() if isinstance(value, np.ndarray) else value.item()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=plain) + "\n", encoding="utf-8")
    print(OUT.name, OUT.stat().st_size, "bytes")
