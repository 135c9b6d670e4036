# SPDX-License-Identifier: MIT
"""Makes logistic_regression.csv: data sets, and what scikit-learn's LogisticRegression fits to them.

A line "fit,DATASET,C,INTERCEPT,COEFFICIENTS..." for each fit, then a line "row,DATASET,LABEL,CODE,CODE,NUMBERS..." for
each row. A category's code -1 is a row of zeros.
"""
import os

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(20240229)


def one_hot(codes, columns):
    return (codes[:, None] == np.arange(columns)).astype(float)


def data_set(rows, separable):
    numbers = np.round(rng.normal(size=(rows, 3)) * [1, 5, 0.2] + [0, 2, -1], 6)
    a = rng.integers(-1, 4, size=rows)
    b = np.minimum(rng.geometric(0.4, size=rows) - 1, 6)  # the last ones are rare
    margin = numbers @ [1.0, -0.4, 3.0] + np.array([0.5, -1, 2, 0, 0])[a] + 4
    noise = 0 if separable else rng.logistic(size=rows)
    return numbers, a, b, (margin + noise > 1).astype(int)


here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "logistic_regression.csv"), "w") as out:
    for name, (rows, separable) in enumerate([(300, False), (40, False), (120, True)]):
        numbers, a, b, y = data_set(rows, separable)
        x = np.hstack([numbers, one_hot(a, 4), one_hot(b, 7)])
        for c in (0.01, 1.0, 100.0):
            # Not its default solver, but the same objective, solved to the last digits.
            model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
            fitted = [repr(float(v)) for v in (model.intercept_[0], *model.coef_[0])]
            print("fit", name, c, *fitted, sep=",", file=out)
        for i in range(rows):
            print("row", name, y[i], a[i], b[i], *(repr(float(v)) for v in numbers[i]), sep=",", file=out)
