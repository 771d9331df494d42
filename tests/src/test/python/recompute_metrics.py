#!/usr/bin/env python3
"""Recomputes the figures of an evaluation from its predictions alone.

    recompute_metrics.py PREDICTIONS [--stage STAGE]

Reads a Parquet file, or every one of a folder (pyarrow), takes the rows of one stage (default: fuse, else the
last stage by name that has probabilities or maps) and prints one JSON object with auroc_macro,
auroc_micro, accuracy (scikit-learn), cc_mean, kl_mean, sim_mean (numpy, from the two maps, float64).
A figure that the predictions cannot give is null. Nothing is shared with CoGaze's own code.

Needs numpy, pyarrow and scikit-learn.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import accuracy_score, roc_auc_score

SMALLEST_FLOAT32 = float(np.finfo(np.float32).smallest_subnormal)
COLUMNS = ["stage", "example_id", "label", "probabilities", "saliency_map", "target_map"]


def rows_of(folder, stage):
    path = pathlib.Path(folder)
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    if not files:
        sys.exit(f"{folder} holds no Parquet file")
    rows = []
    for file in files:
        rows.extend(pq.read_table(file, columns=COLUMNS).to_pylist())
    stages = sorted({row["stage"] for row in rows})
    chosen = stage or ("fuse" if "fuse" in stages else stages[-1])
    if chosen not in stages:
        sys.exit(f"{folder} holds no stage {chosen}, only {', '.join(stages)}")
    rows = [row for row in rows if row["stage"] == chosen]
    ids = [row["example_id"] for row in rows]
    if len(set(ids)) != len(ids):
        sys.exit(f"{folder} holds an example of stage {chosen} twice")
    return sorted(rows, key=lambda row: row["example_id"])


def class_figures(rows):
    known = [r for r in rows if r["label"] is not None and r["probabilities"] is not None]
    if not known:
        return {"auroc_macro": None, "auroc_micro": None, "accuracy": None}
    labels = np.array([r["label"] for r in known])
    scores = np.array([r["probabilities"] for r in known], dtype=np.float64)
    truth = np.eye(scores.shape[1])[labels]
    complete = truth.any(axis=0).all() and not truth.all(axis=0).any()
    per_class = (
        [roc_auc_score(truth[:, c], scores[:, c]) for c in range(scores.shape[1])]
        if complete
        else None
    )
    return {
        "auroc_macro": float(np.mean(per_class)) if complete else None,
        "auroc_micro": float(roc_auc_score(truth.ravel(), scores.ravel())),
        "accuracy": float(accuracy_score(labels, scores.argmax(axis=1))),
    }


def correlation(p, g):
    if p.max() == p.min() or g.max() == g.min():
        return 0.0
    return float(np.corrcoef(p, g)[0, 1])


def divergence(p, g):
    p, g = p / p.sum(), g / g.sum()
    seen = g > 0
    p = np.where(p > 0, p, SMALLEST_FLOAT32)
    return float(np.sum(g[seen] * np.log(g[seen] / p[seen])))


def similarity(p, g):
    def scaled(m):
        span = m.max() - m.min()
        m = (m - m.min()) / span if span > 0 else np.ones_like(m)
        return m / m.sum()

    return float(np.minimum(scaled(p), scaled(g)).sum())


def map_figures(rows):
    pairs = [
        (np.array(r["saliency_map"], dtype=np.float64), np.array(r["target_map"], dtype=np.float64))
        for r in rows
        if r["saliency_map"] is not None and r["target_map"] is not None
    ]
    if not pairs:
        return {"cc_mean": None, "kl_mean": None, "sim_mean": None}
    return {
        "cc_mean": float(np.mean([correlation(p, g) for p, g in pairs])),
        "kl_mean": float(np.mean([divergence(p, g) for p, g in pairs])),
        "sim_mean": float(np.mean([similarity(p, g) for p, g in pairs])),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("predictions")
    parser.add_argument("--stage")
    arguments = parser.parse_args()
    rows = rows_of(arguments.predictions, arguments.stage)
    print(json.dumps({**class_figures(rows), **map_figures(rows), "examples": len(rows)}))


if __name__ == "__main__":
    main()
