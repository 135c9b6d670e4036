# SPDX-License-Identifier: MIT
"""Makes xgboost_models_<major>.json: models as XGBoost saves them, rows, and what XGBoost says of the rows.

    python3 xgboost_models.py          # Debian 12's python3-xgboost 1.7.4 makes xgboost_models_1.json

null is a missing value; rows are doubles, which XGBoost rounds to float."""
import json
import os
import tempfile

import numpy as np
import xgboost as xgb

rng = np.random.default_rng(20240229)
names = ["minutes", "days", "passed", "started"]


def table(rows):
    x = rng.normal(size=(rows, 4))
    x[:, 2] = rng.integers(0, 5, size=rows)
    x[rng.random(x.shape) < 0.15] = np.nan
    return x


cases = []
for name, parameters, rounds in [
    ("squared error", {"objective": "reg:squarederror", "max_depth": 3}, 8),
    ("a base score", {"objective": "reg:squarederror", "base_score": -3.7, "max_depth": 2}, 3),
    ("stumps and bare leaves", {"objective": "reg:squarederror", "max_depth": 1, "gamma": 30}, 4),
    ("pseudo-Huber", {"objective": "reg:pseudohubererror", "max_depth": 2}, 3),
    ("squared log error", {"objective": "reg:squaredlogerror", "max_depth": 2}, 3),
    ("absolute error", {"objective": "reg:absoluteerror", "max_depth": 2}, 3),
    ("probabilities as numbers", {"objective": "reg:logistic", "max_depth": 2, "base_score": 0.2}, 3),
    ("binary", {"objective": "binary:logistic", "max_depth": 3, "scale_pos_weight": 2.5}, 9),
    ("binary, by leaves", {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide",
                           "max_depth": 0, "max_leaves": 13, "base_score": 0.3}, 3),
    ("binary, margins", {"objective": "binary:logitraw", "max_depth": 2, "base_score": 0.3}, 3),
    ("binary, hinge", {"objective": "binary:hinge", "max_depth": 2}, 3),
    ("a random forest", {"objective": "binary:logistic", "num_parallel_tree": 5, "subsample": 0.5, "max_depth": 3,
                         "colsample_bynode": 0.5, "learning_rate": 1, "seed": 1}, 1),
    ("classes", {"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, 4),
    ("classes, forest", {"objective": "multi:softprob", "num_class": 3, "max_depth": 2, "num_parallel_tree": 2}, 2),
    ("classes, labels", {"objective": "multi:softmax", "num_class": 3, "max_depth": 2}, 3),
    ("counts", {"objective": "count:poisson", "max_depth": 2}, 4),
    ("gamma", {"objective": "reg:gamma", "max_depth": 2}, 3),
    ("Tweedie", {"objective": "reg:tweedie", "max_depth": 2, "tweedie_variance_power": 1.3}, 3),
    ("ranks", {"objective": "rank:pairwise", "max_depth": 2}, 3),
]:
    x = table(300)
    filled = np.nan_to_num(x)
    y = filled[:, 0] - filled[:, 1] ** 2 + 0.3 * filled[:, 2] + np.isnan(x[:, 3])
    objective = parameters["objective"]
    if objective.startswith("multi"):
        y = np.digitize(y, [-0.5, 0.6])
    elif objective.startswith("binary") or objective == "reg:logistic":
        y = (y > 0).astype(float)
    elif not objective.startswith("reg:sq") or "log" in objective:
        y = np.abs(y) + 0.1
    train = xgb.DMatrix(x, y, feature_names=names if name != "binary, margins" else None)
    if objective.startswith("rank"):
        train.set_group([100, 100, 100])
    booster = xgb.train({"nthread": 1, **parameters}, train, rounds)
    with tempfile.TemporaryDirectory() as folder:
        booster.save_model(os.path.join(folder, "model.json"))
        model = json.load(open(os.path.join(folder, "model.json")))
    if cases:  # what no prediction needs stays in the first model alone, to keep this file small
        for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
            for member in ["base_weights", "loss_changes", "sum_hessian", "parents"]:
                del tree[member]
    rows = table(41)
    # On a threshold, and beside it by less than a float can tell.
    for i, tree in enumerate(model["learner"]["gradient_booster"]["model"]["trees"][:10]):
        if tree["left_children"][0] != -1:
            threshold = float(np.float32(tree["split_conditions"][0]))
            rows[i, tree["split_indices"][0]] = [threshold, np.nextafter(threshold, -np.inf)][i % 2]
    rows[20] = np.nan
    data = xgb.DMatrix(rows, feature_names=train.feature_names)
    floats = lambda values: [float(v) for v in np.asarray(values, dtype=np.float32).ravel()]
    cases.append({
        "name": name,
        "model": model,
        "rows": [[None if np.isnan(v) else float(v) for v in row] for row in rows],
        "margins": floats(booster.predict(data, output_margin=True)),
        "predictions": floats(booster.predict(data)),
        "first_round": floats(booster.predict(data, output_margin=True, iteration_range=(0, 1))),
    })

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, f"xgboost_models_{xgb.__version__.split('.')[0]}.json"), "w") as out:
    out.write("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]\n")
