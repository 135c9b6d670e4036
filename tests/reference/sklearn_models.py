# SPDX-License-Identifier: MIT
"""Makes sklearn_models.json: model files that examples/export_sklearn writes of scikit-learn's pipelines, rows, and
scikit-learn's predictions for the rows. A first argument names another file to write. What cannot be written must be
refused, and every model that can be must be linear: else this fails."""
import json
import os
import sys
import warnings

import numpy as np
import pandas as pd
import sklearn.discriminant_analysis
import sklearn.linear_model
import sklearn.svm
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier, SGDClassifier,
                                  SGDRegressor, TweedieRegressor)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler,
                                   StandardScaler)

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "..", "examples", "export_sklearn"))
from export_sklearn import CLASSIFIERS, REGRESSORS, to_model  # noqa: E402

rng = np.random.default_rng(20240229)


def table(rows, gaps):
    frame = pd.DataFrame({
        "minutes": rng.gamma(2, 60, size=rows),
        "country": rng.choice(["US", "NA", "DE", "a \"b\" é"], size=rows),
        "days": rng.integers(0, 300, size=rows).astype(float),
        "device": rng.choice(["web", "phone"], size=rows),
    })
    if gaps:
        frame.loc[rng.random(rows) < 0.2, "minutes"] = np.nan
        frame.loc[rng.random(rows) < 0.2, "country"] = None
    return frame


numbers, texts = ["minutes", "days"], ["country", "device"]
scaled = ColumnTransformer([("n", StandardScaler(), numbers), ("t", OneHotEncoder(handle_unknown="ignore"), texts)])
filled = ColumnTransformer([
    ("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
    ("t", OneHotEncoder(handle_unknown="ignore"), texts),
])
most = ColumnTransformer([
    ("n", make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.5), MinMaxScaler((-1, 2))),
     numbers),
    ("t", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(drop="first",
                                                                                                    sparse_output=False)), ["country"]),
], remainder="drop", sparse_threshold=0)
ordinals = ColumnTransformer([
    ("t", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), texts), ("n", "passthrough", ["days"])])
# Newer versions have no such option, and are as without it for two classes.
multinomial = {"multi_class": "multinomial"} if "multi_class" in LogisticRegression().get_params() else {}
cases = []
for name, pipeline, gaps in [
    ("Ridge", make_pipeline(scaled, Ridge()), False),
    ("LogisticRegression", make_pipeline(scaled, LogisticRegression(max_iter=1000)), False),
    ("LogisticRegression, multinomial", make_pipeline(scaled, LogisticRegression(**multinomial)), False),
    ("SGDRegressor, all scaled", make_pipeline(scaled, StandardScaler(with_mean=False), SGDRegressor(random_state=1)),
     False),
    ("SGDClassifier, log_loss", make_pipeline(scaled, SGDClassifier(loss="log_loss", random_state=1)), False),
    ("SGDClassifier, hinge", make_pipeline(scaled, SGDClassifier(random_state=1, average=True)), False),
    ("RidgeClassifier", make_pipeline(ordinals, RobustScaler(), MaxAbsScaler(), RidgeClassifier()), False),
    ("missing values", make_pipeline(filled, LogisticRegression(max_iter=1000)), True),
    ("missing values, filled late", make_pipeline(most, LogisticRegression(max_iter=1000)), True),
    ("numbers alone", make_pipeline(StandardScaler(), Ridge(fit_intercept=False)), False),
]:
    x, rows = table(300, gaps), table(20, gaps)
    if name == "numbers alone":
        x, rows = x[numbers], rows[numbers]
    else:
        rows.loc[0, "device"] = "watch" if name not in ("missing values, filled late",) else "web"
    y = x["minutes"].fillna(100) / 60 - x["days"] / 200 + (x["country"] == "DE" if "country" in x else 0)
    regression = not hasattr(pipeline[-1], "loss") and type(pipeline[-1]).__name__ == "Ridge" or "Regressor" in name
    pipeline.fit(x, y if regression else np.where(y > 1, "yes", "no"))
    last = pipeline[-1]
    if regression:
        scores = pipeline.predict(rows)
    elif type(last).__name__ == "LogisticRegression" or "log_loss" in name:
        scores = pipeline.predict_proba(rows)[:, 1]
    else:
        scores = pipeline.decision_function(rows)
    cases.append({
        "name": name,
        "model": to_model(pipeline, golden=rows.head(4)),
        "rows": {c: [None if pd.isna(v) else v for v in rows[c]] for c in rows.columns},
        "scores": [float(s) for s in scores],
    })



def check_refusal(pipeline, x, y, words):
    try:
        to_model(pipeline.fit(x, y))
    except ValueError as error:
        assert words in str(error), error
        return
    raise AssertionError(f"{pipeline} was written")


x = table(100, False)
y = np.exp(x["days"] / 300)
check_refusal(make_pipeline(StandardScaler(), PoissonRegressor()), x[numbers], y, "PoissonRegressor cannot be written")
check_refusal(make_pipeline(StandardScaler(), TweedieRegressor(power=1.5)), x[numbers], y, "TweedieRegressor cannot be")
twice = ColumnTransformer([("a", OneHotEncoder(), ["device"]), ("b", OrdinalEncoder(), ["device", "country"])])
check_refusal(make_pipeline(twice, Ridge()), x, y, "column 'device' is encoded twice")
modules = (sklearn.linear_model, sklearn.svm, sklearn.discriminant_analysis)
known = [getattr(m, kind) for m in modules for kind in sorted(REGRESSORS | CLASSIFIERS) if hasattr(m, kind)]
assert len(known) > 25, known
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # models that have not converged are as linear as others
    for kind in known:
        model = kind(kernel="linear") if "kernel" in kind().get_params() else kind()
        model.fit(x[numbers].to_numpy() / 100, y if kind.__name__ in REGRESSORS else y > 1.5)
        file = to_model(model, feature_names=numbers)
        score = x[numbers].to_numpy() / 100 @ file["coefficients"] + file["intercept"]
        if kind.__name__ in REGRESSORS:
            expected = model.predict(x[numbers].to_numpy() / 100)
        else:
            expected = model.decision_function(x[numbers].to_numpy() / 100)
        assert np.allclose(score, expected, rtol=1e-9, atol=1e-9), kind

path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "sklearn_models.json")
with open(path, "w") as out:
    out.write("[" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "]\n")
