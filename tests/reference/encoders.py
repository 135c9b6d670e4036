# SPDX-License-Identifier: MIT
"""Makes encoders.txt: what scikit-learn 1.2.1's OneHotEncoder and OrdinalEncoder make of a small table, with its
categories in the order in which they come. First the rows (city, level; NA where there is none), then for each case its
name, the names of the columns, and the numbers row by row.

    /usr/bin/python3 encoders.py
"""
import os
import random

import numpy as np
import sklearn
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

assert sklearn.__version__ == "1.2.1", sklearn.__version__

random.seed(11)
ROWS = 40
cities = ["Paris", "Lyon", "St Malo", "Nice", "Orly", "Brest"]
table = [[random.choice(cities), random.choice(["low", "high", "mid"])] for _ in range(ROWS)]
for i in (5, 6, 19):
    table[i][0] = np.nan
table[9][1] = np.nan


def in_order(column):
    seen = []
    for row in table:
        value = row[column]
        if not any(value is s or value == s for s in seen):
            seen.append(value)
    return seen


def move_nan_last(values):
    return [v for v in values if v == v] + [v for v in values if v != v]


X = np.array(table, dtype=object)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "encoders.txt"), "w") as out:
    print(ROWS, file=out)
    for row in table:
        print("\t".join("NA" if v != v else v for v in row), file=out)

    def case(name, names, numbers):
        print(name, file=out)
        print("\t".join(names), file=out)
        for row in numbers:
            print(" ".join("nan" if v != v else str(int(v)) for v in row), file=out)

    categories = [move_nan_last(in_order(0)), move_nan_last(in_order(1))]
    for drop in (None, "first"):
        encoder = OneHotEncoder(categories=categories, drop=drop, sparse_output=False, handle_unknown="ignore")
        numbers = encoder.fit_transform(X)
        case("one_hot drop=" + (drop or "none"), encoder.get_feature_names_out(["city", "level"]), numbers)
    few = [["Lyon", "Nice"], ["low"]]
    encoder = OneHotEncoder(categories=few, sparse_output=False, handle_unknown="ignore")
    case("one_hot given", encoder.fit(np.array([["Lyon", "low"]], dtype=object)).get_feature_names_out(["city", "level"]),
         encoder.transform(X))
    encoder = OrdinalEncoder(categories=categories, encoded_missing_value=np.nan)
    case("ordinal", ["city", "level"], encoder.fit_transform(X))
    encoder = OrdinalEncoder(categories=few, handle_unknown="use_encoded_value", unknown_value=-1)
    case("ordinal given", ["city", "level"], encoder.fit(np.array([["Lyon", "low"]], dtype=object)).transform(X))
