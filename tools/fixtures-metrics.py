"""Writes test/metrics/fixtures.json: what scikit-learn says of a few classifications.

    python3 -m venv out/venv && out/venv/bin/pip install scikit-learn==1.9.1
    out/venv/bin/python tools/fixtures-metrics.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")
rng = np.random.default_rng(0)


def scores(target, predicted, labels, average, zero):
    p, r, f, _ = metrics.precision_recall_fscore_support(
        target, predicted, labels=labels, average=average, zero_division=zero
    )
    return [np.asarray(x).tolist() for x in (p, r, f)]


def case(name, target, predicted, classes=None):
    labels = None if classes is None else list(range(classes))
    results = []
    for average in ["macro", "micro", "weighted", "none"]:
        for zero in [0, 1, float("nan")]:
            p, r, f = scores(target, predicted, labels, None if average == "none" else average, zero)
            results.append(
                {
                    "average": average,
                    "zeroDivision": "NaN" if np.isnan(zero) else zero,
                    "precision": p,
                    "recall": r,
                    "f1": f,
                }
            )
    return {
        "name": name,
        "target": list(map(int, target)),
        "predicted": list(map(int, predicted)),
        "numClasses": classes,
        "accuracy": metrics.accuracy_score(target, predicted),
        "confusion": metrics.confusion_matrix(target, predicted, labels=labels).tolist(),
        "report": metrics.classification_report(target, predicted, labels=labels, digits=3),
        "scores": results,
    }


def top_k():
    target = rng.integers(0, 5, 40)
    table = np.round(rng.normal(size=(40, 5)), 2)
    return {
        "target": target.tolist(),
        "scores": table.tolist(),
        "accuracy": [
            metrics.top_k_accuracy_score(target, table, k=k, labels=range(5)) for k in range(1, 5)
        ],
    }


mixed = rng.integers(0, 4, 60)
cases = [
    case("mixed", mixed, np.where(rng.random(60) < 0.6, mixed, rng.integers(0, 4, 60))),
    case("perfect", [0, 1, 2, 2], [0, 1, 2, 2]),
    case("never predicted", [0, 0, 1, 2], [0, 0, 1, 1]),
    case("absent classes", [1, 1, 3], [1, 3, 3], 5),
    case("gaps between classes", [10, 20, 20, 70], [10, 20, 70, 70]),
]


def no_nan(value):
    if isinstance(value, dict):
        return {k: no_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [no_nan(v) for v in value]
    return "NaN" if isinstance(value, float) and np.isnan(value) else value


out = {"source": f"scikit-learn {sklearn.__version__}", "cases": cases, "topK": top_k()}
path = Path(__file__).parent.parent / "test" / "metrics" / "fixtures.json"
path.write_text(json.dumps(no_nan(out)) + "\n")
print(path, path.stat().st_size)
