#!/usr/bin/env python3
"""Opens what CoGaze wrote with readers that share nothing with it, and prints what it found as JSON.

    read_outputs.py dicom DATA | csv DATA | shards SHARDS | evaluation RUN/evaluation/SPLIT
    | stage RUN/stages/STAGE

Needs duckdb, numpy, pandas, pyarrow and pydicom.
"""

import json
import pathlib
import sys

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pydicom


def dicom(folder):
    files = sorted((folder / "mimic-cxr/2.0.0/files").rglob("*.dcm"))
    pictures = [(file, pydicom.dcmread(file)) for file in files]
    return {
        "files": len(files),
        "bits_allocated": sorted({int(p.BitsAllocated) for _, p in pictures}),
        "photometric": sorted({str(p.PhotometricInterpretation) for _, p in pictures}),
        "portrait": sum(p.Rows > p.Columns for _, p in pictures),
        "landscape": sum(p.Rows < p.Columns for _, p in pictures),
        "sizes": len({(p.Rows, p.Columns) for _, p in pictures}),
        "constant_pictures": sum(int(p.pixel_array.min() == p.pixel_array.max()) for _, p in pictures),
        "patient_unlike_path": sum(
            "p" + str(p.PatientID).removeprefix("p") != file.parts[-3] for file, p in pictures
        ),
    }


def csv(folder):
    tables = folder / "egd-cxr/1.0.0"
    frames = {
        name: pd.read_csv(tables / f"{name}.csv")
        for name in ["master_sheet", "eye_gaze", "fixations", "bounding_boxes"]
    }
    found = {
        name: {"rows": len(frame), "columns": len(frame.columns)} for name, frame in frames.items()
    }
    master, gaze = frames["master_sheet"], frames["eye_gaze"]
    found["patients"] = int(master["patient_id"].nunique())
    texts = master.select_dtypes("object")
    found["several_lines"] = int(
        texts.apply(lambda column: column.astype(str).str.contains("\n")).any(axis=1).sum()
    )
    found["strange_gaze"] = int((~gaze["DICOM_ID"].isin(master["dicom_id"])).sum())
    found["blinks"] = int((gaze["FPOGV"] == 0).sum())
    return found


def parquet(folder, name):
    return pd.concat(
        [pq.read_table(file).to_pandas() for file in sorted((folder / name).rglob("*.parquet"))],
        ignore_index=True,
    )


def shards(folder):
    rows = parquet(folder, "data")
    sums = [
        float(np.frombuffer(gaze, dtype="<u2").astype(np.float64).sum() * scale)
        for gaze, scale in zip(rows["gaze"], rows["gaze_scale"])
        if gaze is not None
    ]
    query = f"select split, count(*) from read_parquet('{folder}/data/*.parquet') group by split"
    fingerprint = next(folder.glob("fingerprint*.parquet"))
    return {
        "pandas": {key: int(n) for key, n in rows["split"].value_counts().items()},
        "duckdb": dict(duckdb.sql(query).fetchall()),
        "pixel_bytes": int(rows["pixels"].map(len).unique().item()),
        "smallest_gaze_sum": min(sums),
        "largest_gaze_sum": max(sums),
        "patients_in_two_splits": int((rows.groupby("patient_key")["split"].nunique() > 1).sum()),
        "index_rows": len(parquet(folder, "index")),
        "fingerprint_rows": pq.read_metadata(fingerprint).num_rows,
        "raw_patient_ids": int(rows["patient_key"].str.fullmatch(r"p?\d+").sum()),
    }


def evaluation(folder):
    predictions = parquet(folder, "predictions")
    fuse = predictions[predictions["stage"] == "fuse"]
    metrics = parquet(folder, "metrics")
    macro = duckdb.sql(
        f"select value from read_parquet('{folder}/metrics/*.parquet')"
        " where stage = 'fuse' and metric = 'auroc_macro'"
    ).fetchone()[0]
    maps = [np.asarray(m, dtype=np.float64).sum() for m in predictions["saliency_map"].dropna()]
    return {
        "rows_of_fuse": len(fuse),
        "worst_probability_sum": float(
            max(abs(np.asarray(p, dtype=np.float64).sum() - 1) for p in fuse["probabilities"])
        ),
        "worst_map_sum": float(max(abs(np.array(maps) - 1))),
        "metric_columns": list(metrics.columns),
        "auroc_macro_of_fuse": macro,
        "classes_of_fuse": sorted(set(metrics[metrics["stage"] == "fuse"]["class"])),
    }


def stage(folder):
    rounds = parquet(folder, "rounds")
    parts = rounds[
        ["seconds_" + part for part in "compute read_wait serialise aggregate broadcast idle".split()]
    ]
    memory = parquet(folder, "memory")
    rounds_with_memory = duckdb.sql(
        f"select count(*) from (select distinct epoch, round from read_parquet('{folder}/memory/*.parquet'))"
    ).fetchone()[0]
    return {
        "rounds": len(rounds),
        "epochs": rounds["epoch"].nunique(),
        "examples_of_epochs": [int(n) for n in rounds.groupby("epoch")["examples"].sum()],
        "least_part": float(parts.min().min()),
        "worst_sum": float((parts.sum(axis=1) - rounds["seconds"]).abs().max()),
        "most_speed_up": float(rounds["speed_up"].max()),
        "rounds_with_memory": rounds_with_memory,
        "least_heap": int(memory["heap_used_bytes"].min()),
        "heap_above_max": int((memory["heap_used_bytes"] > memory["heap_max_bytes"]).sum()),
    }


if __name__ == "__main__":
    kinds = {"dicom": dicom, "csv": csv, "shards": shards, "evaluation": evaluation, "stage": stage}
    print(json.dumps(kinds[sys.argv[1]](pathlib.Path(sys.argv[2])), default=int))
