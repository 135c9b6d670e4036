# SPDX-License-Identifier: MIT
"""Makes sgd_partial_fit.txt: what scikit-learn 1.2.1's SGDRegressor and SGDClassifier have learnt after calls of
partial_fit, for some thousands of options. The first lines are the table (hex floats: features, target, label of two,
label of three, weight); then a case a line: its options, the lengths of its calls, and the FNV-1a hash of the bits of
coef_ and intercept_ after each call. Run it with Debian 12's python3-sklearn and libblas3, whose daxpy rounds each product;
OpenBLAS fuses them where the machine can, and with it averages differ in their last bits:

    LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/blas /usr/bin/python3 sgd_partial_fit.py
"""
import itertools
import os
import random
import struct
import warnings

import numpy as np
import scipy.sparse
import sklearn
from sklearn.linear_model import SGDClassifier, SGDRegressor

assert sklearn.__version__ == "1.2.1", sklearn.__version__
with open("/proc/self/maps") as maps:
    assert any("/blas/libblas.so" in line for line in maps), "this is not the reference BLAS; see the top"
warnings.filterwarnings("ignore")

N, D = 48, 5
rng = np.random.default_rng(20240229)
X = rng.normal(size=(N, D))
X[rng.random((N, D)) < 0.25] = 0.0
X[7] = 0.0  # a row that pa1 skips
target = X @ rng.normal(size=D) + 0.5 + 0.3 * rng.normal(size=N)
two = (X @ rng.normal(size=D) + 0.3 * rng.normal(size=N) > 0).astype(float)
three = np.digitize(X @ rng.normal(size=D) + 0.3 * rng.normal(size=N), [-0.6, 0.7]).astype(float) * 2 + 1
weight = rng.uniform(0, 2, size=N)
weight[::11] = 0.0

FNV, PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


def fnv(state, values):
    for byte in b"".join(struct.pack("<d", float(v)) for v in values):
        state = ((state ^ byte) * PRIME) & MASK
    return state


def chunks(name):
    return {"all": [N], "three": [16, 16, 16], "uneven": [1, 7, 30, 10], "ones": [1] * N}[name]


pick = random.Random(1)
REGRESSION = ["squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]
CLASSES = ["hinge", "squared_hinge", "perceptron", "log_loss", "modified_huber"]
PENALTIES = ["none", "l2", "l1", "elasticnet"]
RATES = ["constant", "optimal", "invscaling", "adaptive", "pa1", "pa2"]


def run(kind, o, calls):
    """The hash of every call's model; None if scikit-learn gives up."""
    common = dict(loss=o["loss"], penalty=None if o["penalty"] == "none" else o["penalty"], alpha=o["alpha"],
                  l1_ratio=o["l1_ratio"], fit_intercept=o["fit_intercept"], learning_rate=o["rate"], eta0=o["eta0"],
                  power_t=o["power_t"], average=o["average"], shuffle=o["shuffle"], random_state=o["seed"],
                  epsilon=o["epsilon"])
    if kind == "regressor":
        model, y = SGDRegressor(**common), target
    else:
        y = two if kind == "binary" else three
        classes = np.unique(y)
        cw = None
        if o["class_weight"]:
            cw = {c: w for c, w in zip(classes, [0.5, 2.0, 1.25])}
        model = SGDClassifier(class_weight=cw, **common)
    features = scipy.sparse.csr_matrix(X) if o["sparse"] else X
    state, first = FNV, 0
    for count in calls:
        part = slice(first, first + count)
        first += count
        kwargs = {} if kind == "regressor" else {"classes": classes}
        if o["weighted"]:
            kwargs["sample_weight"] = weight[part]
        try:
            model.partial_fit(features[part], y[part], **kwargs)
        except ValueError as error:
            assert "under-/overflow" in str(error), error
            return None
        state = fnv(state, model.coef_.ravel())
        state = fnv(state, np.atleast_1d(model.intercept_))
    return state


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    cases = refused = 0
    with open(os.path.join(here, "sgd_partial_fit.txt"), "w") as out:
        print(N, D, file=out)
        for i in range(N):
            print(*(float(v).hex() for v in [*X[i], target[i], two[i], three[i], weight[i]]), file=out)
        for kind in ["regressor", "binary", "multiclass"]:
            losses = REGRESSION if kind == "regressor" else CLASSES + REGRESSION
            for loss, penalty, rate, average in itertools.product(losses, PENALTIES, RATES, [0, 1, 20]):
                if loss == "squared_epsilon_insensitive" and rate == "pa2" and penalty in ("l1", "elasticnet"):
                    continue  # grows beyond all bounds, and max(0, inf - inf) is 0 there; we refuse the row
                regression_like = loss in REGRESSION and kind != "regressor"
                shapes = [("all", False), ("three", True), (pick.choice(["uneven", "ones"]), pick.random() < 0.5)]
                if kind != "regressor":
                    shapes = [pick.choice(shapes)] if regression_like else [shapes[0], pick.choice(shapes[1:])]
                for call_name, shuffle in shapes:
                    shuffle = shuffle if call_name != "all" else pick.random() < 0.3
                    o = dict(loss=loss, penalty=penalty, rate=rate, average=average, shuffle=shuffle,
                             alpha=pick.choice([1e-4, 0.01, 0.3]), l1_ratio=pick.choice([0.15, 0.5, 1.0]),
                             eta0=pick.choice([0.01, 0.1]), power_t=pick.choice([0.25, 0.5, 0.8]),
                             epsilon=pick.choice([0.1, 0.5]), fit_intercept=pick.random() < 0.8,
                             weighted=pick.random() < 0.4, class_weight=kind != "regressor" and pick.random() < 0.4,
                             seed=pick.choice([0, 7, 123456789]), sparse=pick.random() < 0.2)
                    if pick.random() < 0.08:  # the scale falls below 1e-9 and is settled in mid-call
                        o["alpha"], o["eta0"] = pick.choice([(9.0, 0.1), (20.0, 0.1), (2.0, 0.4)])
                    state = run(kind, o, chunks(call_name))
                    cases += 1
                    refused += state is None
                    print(kind, loss, o["epsilon"], penalty, o["alpha"], o["l1_ratio"], rate, o["eta0"], o["power_t"],
                          average, int(shuffle), o["seed"], int(o["fit_intercept"]), int(o["weighted"]),
                          int(o["class_weight"]), int(o["sparse"]), call_name,
                          "refused" if state is None else f"{state:016x}", file=out)
    print(cases, "cases,", refused, "refused")


if __name__ == "__main__":
    main()
