# SPDX-License-Identifier: MIT
"""Makes sgd_fit.txt: what scikit-learn 1.2.1 has learnt after fit, on the table of sgd_partial_fit.txt. A case a line: its
options, n_iter_, t_, and the hash of coef_ and intercept_ (see sgd_partial_fit.py, also for how to run it). Then the
learners that are presets of SGD, after fit and after calls of partial_fit.
"""
import os
import random
import warnings

import numpy as np
from sklearn.linear_model import PassiveAggressiveClassifier, PassiveAggressiveRegressor, Perceptron, SGDClassifier, SGDRegressor

from sgd_partial_fit import CLASSES, FNV, N, RATES, REGRESSION, X, fnv, target, three, two, weight

warnings.filterwarnings("ignore")
pick = random.Random(2)


def hashed(model):
    return f"{fnv(fnv(FNV, model.coef_.ravel()), np.atleast_1d(model.intercept_)):016x}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "sgd_fit.txt"), "w") as out:
        for _ in range(600):
            kind = pick.choice(["regressor", "binary", "multiclass"])
            y = {"regressor": target, "binary": two, "multiclass": three}[kind]
            o = dict(loss=pick.choice(REGRESSION if kind == "regressor" else CLASSES),
                     penalty=pick.choice(["l2", "l1", "elasticnet", None]), alpha=pick.choice([1e-4, 0.01, 0.1]),
                     learning_rate=pick.choice(RATES[:4]), eta0=pick.choice([0.01, 0.05]), average=pick.choice([0, 0, 1, 100]),
                     shuffle=pick.random() < 0.7, random_state=pick.choice([0, 7, 123]), max_iter=pick.choice([3, 40, 200]),
                     tol=pick.choice([1e-3, 0.02, None]), early_stopping=pick.random() < 0.5,
                     validation_fraction=pick.choice([0.1, 0.25]), n_iter_no_change=pick.choice([2, 5]),
                     fit_intercept=pick.random() < 0.8)
            weighted, balanced = pick.random() < 0.3, kind != "regressor" and pick.random() < 0.3
            model = SGDRegressor(**o) if kind == "regressor" else SGDClassifier(class_weight="balanced" if balanced else None, **o)
            try:
                model.fit(X, y, sample_weight=weight if weighted else None)
            except ValueError as error:
                assert "under-/overflow" in str(error), error
                continue
            print(kind, o["loss"], o["penalty"] or "none", o["alpha"], o["learning_rate"], o["eta0"], o["average"],
                  int(o["shuffle"]), o["random_state"], o["max_iter"], "none" if o["tol"] is None else o["tol"],
                  int(o["early_stopping"]), o["validation_fraction"], o["n_iter_no_change"], int(o["fit_intercept"]),
                  int(weighted), int(balanced), int(model.n_iter_), int(model.t_), hashed(model), file=out)
        for name in ["pa_regressor", "pa_classifier", "perceptron"]:
            for c, squared, shuffle, calls in [(1.0, 0, 0, 0), (0.1, 0, 1, 0), (0.1, 1, 0, 0), (1.0, 1, 1, 0),
                                               (1.0, 0, 0, 3), (0.1, 0, 1, 3), (0.1, 1, 0, 3), (1.0, 1, 1, 3)]:
                common = dict(shuffle=bool(shuffle), random_state=3, max_iter=20, tol=None)
                if name == "pa_regressor":
                    loss = "squared_epsilon_insensitive" if squared else "epsilon_insensitive"
                    model, y = PassiveAggressiveRegressor(C=c, loss=loss, **common), target
                elif name == "pa_classifier":
                    model, y = PassiveAggressiveClassifier(C=c, loss="squared_hinge" if squared else "hinge", **common), three
                else:
                    model, y = Perceptron(penalty="l2" if squared else None, eta0=c, **common), two
                if calls == 0:
                    model.fit(X, y)
                for first in range(0, N if calls else 0, N // 3):
                    part = slice(first, first + N // 3)
                    model.partial_fit(X[part], y[part], **({} if name == "pa_regressor" else {"classes": np.unique(y)}))
                print(name, c, squared, shuffle, calls, hashed(model), file=out)


if __name__ == "__main__":
    main()
