# SPDX-License-Identifier: MIT
"""Makes preprocessing.txt: what scikit-learn's scalers and imputers know after each of three calls of partial_fit (fit for
those that have none), and what they make of all rows then.

    /usr/bin/python3 tests/reference/preprocessing.py        # Debian 12: python3-sklearn 1.2.1

A line is a name, how many numbers, and the numbers in hexadecimal; "nan" where there is none.
"""
import os
import warnings

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

warnings.filterwarnings("ignore")
N, D = 30, 6
CUTS = [(0, 9), (9, 11), (11, N)]
random = np.random.RandomState(4)
X = random.randn(N, D) * [1, 1e-3, 1e4, 5, 1, 2] + [0, 5, -2e4, 1e6, 0, 3]
X[:, 4] = 7.25                                  # does not vary
X[random.rand(N, D) < 0.1] = np.nan
X[:8, 5] = np.nan                               # comes late; with no value at all in the first call, scikit-learn's figures stay NaN
X[8, 5] = 3
X[:, 0] = np.round(X[:, 0], 1)                  # ties


def text(value):
    return "nan" if np.isnan(value) else float(value).hex()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "preprocessing.txt"), "w") as out:
        def put(name, values):
            values = np.ravel(values).astype(float)
            print(name, len(values), *map(text, values), file=out)

        put("rows", X)
        for options in [{}, {"with_mean": False}, {"with_std": False}]:
            scaler = StandardScaler(**options)
            title = "standard" + "".join("_" + key for key in options)
            for call, (first, last) in enumerate(CUTS):
                scaler.partial_fit(X[first:last])
                if not options:
                    put(f"{title}_mean_{call}", scaler.mean_)
                    put(f"{title}_var_{call}", scaler.var_)
                    put(f"{title}_scale_{call}", scaler.scale_)
                    put(f"{title}_seen_{call}", scaler.n_samples_seen_)
            put(f"{title}_transformed", scaler.transform(X))
            if not options:
                put(f"{title}_inverse", scaler.inverse_transform(X))
        for title, options in [("minmax", {}), ("minmax_range", {"feature_range": (-3, 2), "clip": True})]:
            scaler = MinMaxScaler(**options)
            for first, last in CUTS[::2]:
                scaler.partial_fit(X[first:last])
            for name in ["data_min_", "data_max_", "scale_", "min_"]:
                put(f"{title}_{name}", getattr(scaler, name))
            put(f"{title}_transformed", scaler.transform(2 * X))
            put(f"{title}_inverse", scaler.inverse_transform(X))
        scaler = MaxAbsScaler()
        for first, last in CUTS[::2]:
            scaler.partial_fit(X[first:last])
        put("maxabs_scale_", scaler.scale_)
        put("maxabs_transformed", scaler.transform(2 * X))
        put("maxabs_inverse", scaler.inverse_transform(X))
        for title, options in [("robust", {}), ("robust_range", {"quantile_range": (10.0, 85.0)}),
                               ("robust_unit", {"unit_variance": True}), ("robust_centred", {"with_scaling": False}),
                               ("robust_scaled", {"with_centering": False})]:
            scaler = RobustScaler(**options).fit(X)
            put(f"{title}_transformed", scaler.transform(X))
            if title == "robust":
                put(f"{title}_inverse", scaler.inverse_transform(X))
        for strategy in ["mean", "median", "most_frequent", "constant"]:
            imputer = SimpleImputer(strategy=strategy, fill_value=-1.5 if strategy == "constant" else None, add_indicator=True)
            put(f"impute_{strategy}", imputer.fit_transform(X))


if __name__ == "__main__":
    main()
