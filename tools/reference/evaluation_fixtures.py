"""Reference numbers for lib/evaluation, made with scikit-learn and scipy.

    OMP_NUM_THREADS=1 .venv-reference/bin/python tools/reference/evaluation_fixtures.py

Writes lib/evaluation/testdata/{labels,probabilities,multilabel,text}.json. All data is made up here from fixed seeds.
`evaluate`'s accuracy is scikit-learn's accuracy_score, which it calls.
"""

import json
import pathlib
import warnings

import numpy as np
import scipy
import sklearn
from scipy import optimize, special, stats
from sklearn import metrics
from sklearn.calibration import _TemperatureScaling, calibration_curve
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

warnings.filterwarnings("ignore")
OUT = pathlib.Path(__file__).parents[2] / "lib" / "evaluation" / "testdata"
VERSIONS = {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__}


def write(name, content):
    def plain(value):
        if isinstance(value, np.ndarray):
            return value.tolist()
        if isinstance(value, np.generic):
            return value.item()
        raise TypeError(type(value))

    path = OUT / f"{name}.json"
    text = json.dumps({"versions": VERSIONS, **content}, ensure_ascii=False, separators=(",", ":"), default=plain)
    path.write_text(text + "\n", encoding="utf-8")
    print(path.name, path.stat().st_size, "bytes")


# Labels -------------------------------------------------------------------------------------------------------------

def label_case(name, truth, predictions, labels=None):
    prf = lambda average: metrics.precision_recall_fscore_support(
        truth, predictions, labels=labels, average=average, zero_division=0)
    report = metrics.classification_report(
        truth, predictions, labels=labels, output_dict=True, zero_division=0)
    # the project's macro average: over the labels that some example has
    present = [label for label in (labels or sorted(set(truth) | set(predictions))) if label in set(truth)]
    macro = metrics.precision_recall_fscore_support(
        truth, predictions, labels=present, average="macro", zero_division=0)
    return {
        "name": name, "truth": truth, "predictions": predictions, "labels": labels,
        "accuracy": metrics.accuracy_score(truth, predictions),
        "confusion": metrics.confusion_matrix(truth, predictions, labels=labels),
        "perLabel": [list(row) for row in zip(*prf(None))],
        "micro": prf("micro")[:3], "macro": macro[:3], "weighted": prf("weighted")[:3],
        "absent": sum(line[3] == 0 for line in zip(*prf(None))),
        "reportAccuracy": report.get("accuracy"),
        "support": report["macro avg"]["support"],
    }


def labels():
    random = np.random.default_rng(1)
    genres = ["발라드", "댄스", "랩/힙합", "R&B/Soul", "록/메탈"]
    truth = random.choice(5, 200, p=[.45, .25, .15, .1, .05])
    wrong = random.random(200) < .35
    predictions = np.where(wrong, random.integers(0, 5, 200), truth)
    names = lambda indices: [genres[i] for i in indices]
    weights = random.random(200).round(3)
    cases = [
        label_case("indices", truth.tolist(), predictions.tolist()),
        label_case("names, sorted by code point", names(truth), names(predictions)),
        label_case("labels in a given order", names(truth), names(predictions), labels=genres),
        label_case("a label that never occurs", truth.tolist(), predictions.tolist(), labels=[0, 1, 2, 3, 4, 5]),
        label_case("some labels left out", truth.tolist(), predictions.tolist(), labels=[0, 2]),
        label_case("only a predicted label left out", [0, 0, 0], [0, 1, 0], labels=[0]),
        label_case("never predicted", [0, 0, 1, 2, 2], [0, 0, 0, 2, 0]),
        label_case("never true", [0, 0, 1, 1], [0, 2, 1, 2]),
        label_case("all right, of a third of the labels", [0] * 6, [0] * 6, labels=[0, 1, 2]),
        label_case("single class", [1, 1, 1], [1, 1, 1]),
        label_case("all wrong", ["가", "나", "다"], ["나", "다", "가"]),
        label_case("one example", ["가"], ["나"]),
        label_case("emoji and full-width names", ["😀", "Ａ", "가", "😀"], ["Ａ", "Ａ", "😀", "😀"]),
    ]
    values = np.sort(random.normal(size=37))
    shares = [0, .025, .1, .5, .777, .975, 1]
    pairs = [(0, 0), (0, 1), (3, 3), (1, 9), (10, 25), (40, 41), (120, 70), (5, 0), (700, 610), (2000, 1000)]
    write("labels", {
        "cases": cases,
        "percentiles": {"values": values, "shares": shares, "expected": np.percentile(values, np.array(shares) * 100)},
        "mcNemar": [{
            "onlyFirst": b, "onlySecond": c,
            "exactP": stats.binomtest(b, b + c).pvalue if b + c else 1.0,
        } for b, c in pairs],
        "wilson": [[k, n, *stats.binomtest(k, n).proportion_ci(method="wilson")]
                   for k, n in [(0, 1), (1, 1), (0, 9), (5, 9), (9, 10), (77, 154), (154, 154), (6123, 8116)]],
        "majority": [{
            "labels": y, "weights": w,
            "label": DummyClassifier(strategy="most_frequent").fit(np.zeros((len(y), 1)), y, w).predict([[0]])[0],
            "shares": DummyClassifier(strategy="prior").fit(np.zeros((len(y), 1)), y, w).predict_proba([[0]])[0],
        } for y, w in [(names(truth), None), (["나", "가", "나", "가"], None), ([2, 1, 1], [5., 1., 1.])]],
    })


# Probabilities ------------------------------------------------------------------------------------------------------

def calibration(truth, probabilities, bins=15):
    """Guo et al.'s error, from scikit-learn's reliability curve of (right, confidence)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    edges = np.linspace(0, 1, bins + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=bins)
    accuracy, mean = calibration_curve(right, confidence, n_bins=bins, pos_label=True)
    gaps = np.abs(accuracy - mean)
    share = counts[counts > 0] / len(truth)
    return {"error": float((gaps * share).sum()), "largestGap": gaps.max(), "counts": counts,
            "accuracy": accuracy, "confidence": mean}


def best_temperature(truth, logits, weights=None):
    w = np.ones(len(truth)) if weights is None else np.array(weights)
    own = logits[np.arange(len(truth)), truth]

    def slope(beta):
        return np.average((special.softmax(beta * logits, axis=1) * logits).sum(1) - own, weights=w)

    beta = optimize.brentq(slope, 1e-2, 1e2, xtol=1e-16, rtol=8.9e-16)
    return {"weights": weights, "temperature": 1 / beta,
            "sklearn": 1 / float(_TemperatureScaling().fit(logits, truth, weights).beta_)}


def probabilities():
    random = np.random.default_rng(2)
    cases = []
    for name, classes, count, scale in [("five classes", 5, 80, 2.), ("two classes", 2, 60, 1.), ("sure", 4, 40, 60.)]:
        logits = random.normal(size=(count, classes)) * scale
        truth = np.array([random.choice(classes, p=special.softmax(row / scale)) for row in logits])
        truth[:classes] = np.arange(classes)
        shares = special.softmax(logits, axis=1)
        weights = random.random(count).round(3)
        every = dict(labels=np.arange(classes))
        cases.append({
            "name": name, "truth": truth, "logits": logits, "weights": weights,
            "logLoss": metrics.log_loss(truth, shares, **every),
            "logLossWeighted": metrics.log_loss(truth, shares, sample_weight=weights, **every),
            "brier": metrics.brier_score_loss(truth, shares, **every),
            "brierWeighted": metrics.brier_score_loss(truth, shares, sample_weight=weights, **every),
            "calibration": calibration(truth, shares),
            "temperatures": [best_temperature(truth, logits), best_temperature(truth, logits, weights.tolist())],
        })
    write("probabilities", {"cases": cases})


# Several genres a song ----------------------------------------------------------------------------------------------

def multilabel():
    random = np.random.default_rng(3)
    cases = []
    for genres, count, share, absent in [(4, 60, .35, []), (3, 20, .1, []), (1, 10, .5, []), (5, 24, .3, [1, 4])]:
        truth = (random.random((count, genres)) < share).astype(int)
        truth[:, absent] = 0
        scores = special.expit(random.normal(size=(count, genres)) + 2 * truth - 1).round(3)
        predictions = (scores >= .5).astype(int)
        prf = lambda average, labels=None: metrics.precision_recall_fscore_support(
            truth, predictions, average=average, labels=labels, zero_division=0)
        present = np.flatnonzero(truth.sum(axis=0))  # the project's macro average is over these
        best = []
        for k in range(genres):
            if truth[:, k].sum() == 0:
                best.append(0)
                continue
            precision, recall, _ = metrics.precision_recall_curve(truth[:, k], scores[:, k])
            best.append(np.nan_to_num(2 * precision * recall / (precision + recall)).max())
        cases.append({
            "truth": truth, "probabilities": scores, "bestF1": best,
            "subsetAccuracy": metrics.accuracy_score(truth, predictions),
            "hammingLoss": metrics.hamming_loss(truth, predictions),
            **({} if genres == 1 else {a: prf(a)[:3] for a in ("micro", "weighted", "samples")}),
            **({} if genres == 1 else {"macro": prf("macro", present)[:3]}),
        })
    write("multilabel", {"cases": cases})


# Text ---------------------------------------------------------------------------------------------------------------

WORDS = {
    "발라드": "그대 눈물 이별 기억 추억 마음 사랑 비가 내리는 창가에 홀로 그리워 다시 한번 잊지 못해",
    "댄스": "춤을 춰 오늘 밤 불빛 아래 move 리듬 흔들어 뜨거운 여름 파티 let's go 모두 함께",
    "트로트": "정든 님아 고향 역 막걸리 한잔 인생 구름 나그네 사랑 눈물 항구 뱃고동",
    "포크": "바람 들판 기타 소리 작은 길 햇살 강물 노을 친구 그대 나무 아래",
}

HOSTILE = [
    "", "   ", "a", "가", "I I I", "Don't STOP, 멈추지마!", "눈_물 눈-물 눈물", "２０２４년 ①②③ ½ Ⅷ 𝟘𝟙",
    "ΟΔΟΣ ΣΑΣ İstanbul ǅ ẞ", "é é n̂o", "가각 각 각", "😀😀 👨‍👩‍👧 x😀y 가😀나",
    "zero\u200bwidth\ufeffbom nbsp\u00a0여기 \u3000전각　공백 sep\u001cunit\u001f끝\u0085다음\u2028줄",
    "줄\n바꿈\r\n탭\t끝", "ｆｕｌｌ ｗｉｄｔｈ ﹏＿﹏ ａ＿ｂ", "हिन्दी ภาษาไทย עִבְרִית العَرَبِيَّة", "\uffee\uffee \U0001f600 \ue000\ue000가", "aa aa aa bb bb 가가 가가",
]


def texts():
    random = np.random.default_rng(4)
    made, genres = [], []
    names = list(WORDS)
    every = " ".join(WORDS.values()).split()
    for _ in range(72):
        genre = names[random.choice(4, p=[.4, .3, .2, .1])]
        own = WORDS[genre].split()
        words = [own[random.integers(len(own))] if random.random() < .45 else every[random.integers(len(every))]
                 for _ in range(random.integers(4, 13))]
        made.append(" ".join(words))
        genres.append(genre)
    return made, genres


def sparse(matrix):
    matrix = matrix.tocsr()
    matrix.sort_indices()
    return {"rowStarts": matrix.indptr, "columnIndices": matrix.indices, "values": matrix.data}


def vectorizers(made):
    sets = [
        (made, {"ngramRange": [2, 4], "minDf": 12, "sublinearTf": True}),
        (made, {"ngramRange": [1, 1], "minDf": 10, "useIdf": False, "norm": "none"}),
        (HOSTILE, {"ngramRange": [1, 3]}), (HOSTILE, {"ngramRange": [3, 5], "minDf": 2}),
    ]
    cases = []
    for source, options in sets:
        vectorizer = TfidfVectorizer(**python_options(options))
        matrix = vectorizer.fit_transform(source)
        cases.append({
            "texts": "made" if source is made else "hostile", "options": options,
            "terms": vectorizer.get_feature_names_out().tolist(),
            "idf": vectorizer.idf_ if options.get("useIdf", True) else None,
            "matrix": sparse(matrix),
            "other": sparse(vectorizer.transform(HOSTILE if source is made else made[:6])),
        })
    return cases


def python_options(options):
    names = {"minDf": "min_df", "sublinearTf": "sublinear_tf", "ngramRange": "ngram_range", "useIdf": "use_idf"}
    result = {"analyzer": "char_wb"} | {names.get(key, key): value for key, value in options.items()}
    if "ngram_range" in result:
        result["ngram_range"] = tuple(result["ngram_range"])
    if result.get("norm") == "none":
        result["norm"] = None
    return result


def exact(model, X, y, weights):
    """The minimum itself: Newton steps, where lbfgs would stop at its tolerance."""
    return model.set_params(solver="newton-cholesky", tol=1e-13, max_iter=200).fit(X, y, sample_weight=weights)


def linear(made, genres):
    random = np.random.default_rng(5)
    options = {"ngramRange": [2, 3], "minDf": 4, "sublinearTf": True}
    vectorizer = TfidfVectorizer(**python_options(options))
    train, test = slice(0, 54), slice(54, None)
    X, Z = vectorizer.fit_transform(made[train]), vectorizer.transform(made[test])
    genres = np.array(genres)
    weights = random.random(54).round(3) + .1
    regressions = []
    for y, settings, w in [
        (genres, {"C": 1.}, None), (genres, {"C": 30.}, None), (genres, {"C": 3.}, weights),
        (np.where(genres == "발라드", 1, 0), {"C": 2.}, None),
    ]:
        model = exact(LogisticRegression(**settings), X, y[train], w)
        regressions.append({
            "labels": y[train], "C": settings["C"], "weights": w,
            "classes": model.classes_, "intercepts": model.intercept_,
            "coefficients": model.coef_[:, ::17], "coefficientStep": 17,
            "probabilities": model.predict_proba(Z),
        })
    counter = TfidfVectorizer(**python_options({**options, "useIdf": False, "norm": "none", "sublinearTf": False}))
    counts, test_counts = counter.fit_transform(made[train]), counter.transform(made[test])
    bayes = []
    for y in [genres, np.where(genres == "댄스", 1, 0)]:
        model = MultinomialNB().fit(counts, y[train])
        bayes.append({
            "matrix": "counts", "labels": y[train], "classes": model.classes_,
            "priors": model.class_log_prior_, "featureLogProbabilities": model.feature_log_prob_[:, ::17],
            "featureStep": 17, "probabilities": model.predict_proba(test_counts),
        })
    return {"options": options, "trainCount": 54, "genres": genres, "regressions": regressions, "bayes": bayes}


def text():
    made, genres = texts()
    write("text", {"texts": {"made": made, "hostile": HOSTILE}, "vectorizers": vectorizers(made),
                   "linear": linear(made, genres)})


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    labels()
    probabilities()
    multilabel()
    text()
