# SPDX-License-Identifier: MIT
"""Makes features.txt: what scikit-learn 1.2.1's FeatureHasher, PolynomialFeatures and VarianceThreshold make of small
tables. Numbers are hex floats; NA is a missing value.

    /usr/bin/python3 features.py
"""
import os
import random

import numpy as np
import sklearn
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_selection import VarianceThreshold
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils import murmurhash3_32

assert sklearn.__version__ == "1.2.1", sklearn.__version__
random.seed(5)
rng = np.random.default_rng(5)


def hexed(values):
    return " ".join("NA" if v != v else float(v).hex() for v in values)


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "features.txt"), "w") as out:
    # hashes of texts of every length and of all bytes of UTF-8
    texts = ["".join(random.choice("abcxyz=_ éßЖ漢🙂") for _ in range(n)) for n in range(24)]
    print("murmur", len(texts), file=out)
    for text in texts:
        print(murmurhash3_32(text, seed=0, positive=True), text, sep="\t", file=out)

    # rows of two texts, a number, an integer and a boolean; some missing, some zero
    rows = []
    for i in range(30):
        row = {}
        if random.random() < 0.9:
            row["city"] = random.choice(["Paris", "Saint-Étienne", "Lyon", "", "漢字"]) + str(random.randrange(40))
        row["device"] = random.choice(["phone", "desk", "tv"])
        if random.random() < 0.8:
            row["minutes"] = random.choice([0.0, rng.normal()])
        row["clicks"] = random.randrange(-2, 3)
        if random.random() < 0.9:
            row["member"] = random.random() < 0.5
        rows.append(row)
    print("hash_rows", len(rows), file=out)
    for row in rows:
        cells = [row.get("city", "NA"), row["device"], hexed([row.get("minutes", np.nan)]), str(row["clicks"]),
                 str(row.get("member", "NA"))]
        print("\t".join(cells), file=out)
    for n_features in (1, 2, 7, 64, 1000, 1 << 20, (1 << 31) - 1):
        for sign in (True, False):
            print("hash", n_features, int(sign), file=out)
            x = FeatureHasher(n_features=n_features, alternate_sign=sign).transform(rows)
            for i in range(len(rows)):
                entries = [(int(j), v) for j, v in zip(x[i].indices, x[i].data) if v != 0]
                print(len(entries), *(f"{j} {float(v).hex()}" for j, v in entries), file=out)

    x = rng.normal(size=(5, 4))
    print("poly_rows", len(x), x.shape[1], file=out)
    for row in x:
        print(hexed(row), file=out)
    cases = [(d, 1, inter, bias) for d in (1, 2, 3, 4) for inter in (0, 1) for bias in (0, 1)]
    cases += [(3, 2, 0, 1), (4, 3, 1, 0), (3, 3, 0, 0)]
    for degree, min_degree, interaction_only, bias in cases:
        poly = PolynomialFeatures((min_degree, degree), interaction_only=bool(interaction_only), include_bias=bool(bias))
        y = poly.fit_transform(x)
        print("poly", degree, min_degree, interaction_only, bias, y.shape[1], file=out)
        print("\t".join(poly.get_feature_names_out()), file=out)
        for row in y:
            print(hexed(row), file=out)

    x = rng.normal(size=(60, 6)) * [1e-3, 0.5, 1, 3, 1e5, 0] + [0, 1e6, -5, 0, 1e9, 0.1]
    x[rng.random(x.shape) < 0.1] = np.nan
    x[:, 5] = 0.1
    print("variance_rows", len(x), x.shape[1], file=out)
    for row in x:
        print(hexed(row), file=out)
    for threshold in (0.0, 0.2, 1.0, 1e8):
        selector = VarianceThreshold(threshold).fit(x)
        print("variance", float(threshold).hex(), file=out)
        print(hexed(selector.variances_), file=out)
        print(" ".join(str(int(k)) for k in selector.get_support()), file=out)
