# SPDX-License-Identifier: MIT
"""Writes a fitted scikit-learn pipeline with a linear model as a penstock model file.

    python3 export_sklearn.py model.joblib model.json --golden rows.csv

or, in the program that trains:

    from export_sklearn import to_model_file
    open("model.json", "w").write(to_model_file(pipeline, golden=frame.head(10)))

Unpickling runs code: load only files that you trust. What the file has no words for is a ValueError that names it."""
import argparse
import json
import math

FORMAT = {"format": "penstock-linear-model", "version": 1}

# Whose predict is X @ coef_ + intercept_, and whose decision_function is; others have a coef_ and a link behind it.
REGRESSORS = {"ARDRegression", "BayesianRidge", "ElasticNet", "ElasticNetCV", "HuberRegressor", "Lars", "LarsCV", "Lasso",
              "LassoCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "LinearRegression", "LinearSVR", "NuSVR",
              "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "PassiveAggressiveRegressor",
              "QuantileRegressor", "Ridge", "RidgeCV", "SGDRegressor", "SVR", "TheilSenRegressor"}
CLASSIFIERS = {"LinearDiscriminantAnalysis", "LinearSVC", "LogisticRegression", "LogisticRegressionCV", "NuSVC",
               "PassiveAggressiveClassifier", "Perceptron", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "SVC"}


class Column:
    """(value - mean) / scale; the value is a number, or what each category of a text is turned into."""

    def __init__(self, source, mean=0.0, scale=1.0, fill=None, texts=None, values=None):
        self.source, self.mean, self.scale, self.fill = source, mean, scale, fill
        self.texts, self.values = texts, values  # of a text that has been encoded

    def mapped(self, mean, scale):
        """Behind this comes (value - mean) / scale."""
        mean, scale = float(mean), float(scale)
        return Column(self.source, self.mean + mean * self.scale, self.scale * scale, self.fill, self.texts, self.values)

    def filled(self, fill):
        """Behind this comes an imputer, in whose input the fill is."""
        if self.texts is not None:
            raise ValueError(f"an imputer behind the encoder of column {self.source!r}")
        text = isinstance(fill, str)
        return Column(self.source, self.mean, self.scale, fill if text else float(fill) * self.scale + self.mean)


class Texts:
    """A categorical feature of the file: the places are categories, others, missing."""

    def __init__(self, source, categories, unseen, missing):
        self.source, self.categories, self.unseen, self.missing = source, categories, unseen, missing

    def size(self):
        return len(self.categories) + (self.unseen == "other") + (self.missing == "category")


def is_missing(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def check_texts(encoder, column, categories):
    for category in categories:
        if not isinstance(category, str) and not is_missing(category):
            raise ValueError(f"{type(encoder).__name__}: column {column.source!r} has the category {category!r}; a model "
                             "file has categories of texts alone")


def one_hot(encoder, columns):
    if getattr(encoder, "_infrequent_enabled", False) and any(i is not None for i in encoder.infrequent_categories_):
        raise ValueError("OneHotEncoder: infrequent categories cannot be written")
    made = []
    for j, (column, categories) in enumerate(zip(columns, encoder.categories_)):
        categories = list(categories)
        check_texts(encoder, column, categories)
        known = [c for c in categories if not is_missing(c)]
        has_missing = len(known) < len(categories)
        unknown = "error" if encoder.handle_unknown == "error" else "ignore"
        filled = column.fill is not None and not has_missing  # SimpleImputer for NaN leaves None, which comes here then
        texts = Texts(column.source, known, unknown, "category" if has_missing or filled else unknown)
        dropped = encoder.drop_idx_[j] if encoder.drop_idx_ is not None else None
        for k, category in enumerate(categories):
            if k == dropped:
                continue
            values = [0.0] * texts.size()
            values[-1 if is_missing(category) else known.index(category)] = 1.0
            if filled and category == column.fill:
                values[-1] = 1.0
            made.append(Column(column.source, texts=texts, values=values))
    return made


def ordinal(encoder, columns):
    made = []
    for column, categories in zip(columns, encoder.categories_):
        categories = list(categories)
        check_texts(encoder, column, categories)
        known = [c for c in categories if not is_missing(c)]
        other = encoder.handle_unknown == "use_encoded_value" and not is_missing(encoder.unknown_value)
        texts = Texts(column.source, known, "other" if other else "error", "error")
        values = [float(k) for k in range(len(known))] + ([float(encoder.unknown_value)] if other else [])
        if column.fill is not None:
            texts.missing = "category"
            values.append(float(known.index(column.fill)))
        elif len(known) < len(categories) and not is_missing(encoder.encoded_missing_value):
            texts.missing = "category"
            values.append(float(encoder.encoded_missing_value))
        made.append(Column(column.source, texts=texts, values=values))
    return made


def imputed(imputer, columns):
    if imputer.add_indicator:
        raise ValueError("SimpleImputer: add_indicator cannot be written")
    if not is_missing(imputer.missing_values):
        raise ValueError(f"SimpleImputer: missing_values is {imputer.missing_values!r}; NaN is needed")
    return [c.filled(fill) for c, fill in zip(columns, imputer.statistics_) if not is_missing(fill)]


def column_transformer(step, columns):
    made = []
    for name, transformer, _ in step.transformers_:
        chosen = [columns[i] for i in step._transformer_to_input_indices.get(name, [])]
        if name == "remainder" and name not in step._transformer_to_input_indices:
            chosen = [columns[i] for i in step._remainder[2]]
        made += through(transformer, chosen)
    return made


def through(step, columns):
    """What a fitted step makes of the columns."""
    kind = type(step).__name__
    if step is None or step == "passthrough":
        return columns
    if step == "drop" or not columns:
        return []
    if kind == "Pipeline":
        for _, one in step.steps:
            columns = through(one, columns)
        return columns
    if kind == "ColumnTransformer":
        return column_transformer(step, columns)
    if kind == "OneHotEncoder":
        return one_hot(step, columns)
    if kind == "OrdinalEncoder":
        return ordinal(step, columns)
    if kind == "SimpleImputer":
        return imputed(step, columns)
    n = len(columns)
    if kind in ("StandardScaler", "RobustScaler"):
        mean = step.mean_ if kind == "StandardScaler" else step.center_
        use_mean = step.with_mean if kind == "StandardScaler" else step.with_centering
        scale = step.scale_ if step.scale_ is not None else [1.0] * n
        return [c.mapped(mean[j] if use_mean else 0, scale[j]) for j, c in enumerate(columns)]
    if kind == "MinMaxScaler":
        if step.clip:
            raise ValueError("MinMaxScaler: clip cannot be written")
        return [c.mapped(-step.min_[j] / step.scale_[j], 1 / step.scale_[j]) for j, c in enumerate(columns)]
    if kind == "MaxAbsScaler":
        return [c.mapped(0, step.scale_[j]) for j, c in enumerate(columns)]
    raise ValueError(f"{kind} cannot be written as a model file")


def score_of(model):
    """The file's kind, the factor of the coefficients, and the function whose values are the scores."""
    kind = type(model).__name__
    if kind in REGRESSORS:
        return "linear", 1.0, model.predict
    if kind not in CLASSIFIERS:
        raise ValueError(f"{kind} cannot be written: it is not known to be X @ coef_ + intercept_. Known are "
                         + ", ".join(sorted(REGRESSORS | CLASSIFIERS)))
    if len(model.classes_) != 2:
        raise ValueError(f"{kind} has {len(model.classes_)} classes; a model file has 2")
    if kind in ("LogisticRegression", "LogisticRegressionCV"):
        # A multinomial model of two classes has half the coefficients.
        factor = 2.0 if getattr(model, "multi_class", None) == "multinomial" else 1.0
        return "logistic", factor, lambda x: model.predict_proba(x)[:, 1]
    if kind == "SGDClassifier" and model.loss in ("log_loss", "log"):
        return "logistic", 1.0, lambda x: model.predict_proba(x)[:, 1]
    return "linear", 1.0, model.decision_function


def to_model(pipeline, feature_names=None, golden=None):
    """The file as a dictionary. `feature_names` are those of the columns that the pipeline was fitted with, which are
    asked for if it was fitted with arrays; `golden` is a data frame of raw rows whose scores the file shall vouch for.
    The scores are predict_proba of the larger class for logistic models, decision_function for other classifiers,
    predict for regressions."""
    names = feature_names if feature_names is not None else getattr(pipeline, "feature_names_in_", None)
    if names is None:
        raise ValueError("the pipeline was fitted with arrays: feature_names is needed")
    steps = [step for _, step in pipeline.steps] if type(pipeline).__name__ == "Pipeline" else [pipeline]
    model = steps[-1]
    if not hasattr(model, "coef_"):
        raise ValueError(f"{type(model).__name__} is no linear model that has been fitted")
    columns = [Column(str(name)) for name in names]
    for step in steps[:-1]:
        columns = through(step, columns)
    kind, factor, score = score_of(model)
    coef = model.coef_.ravel() * factor
    if len(coef) != len(columns):
        raise ValueError(f"{len(coef)} coefficients for {len(columns)} columns: a model of one output is needed")
    intercept = float(model.intercept_[0] if hasattr(model.intercept_, "__len__") else model.intercept_) * factor

    numeric, number_coef, texts, text_coef = [], [], [], {}
    for column, c in zip(columns, map(float, coef)):
        if column.texts is None:
            feature = {"name": column.source, "mean": column.mean, "scale": column.scale, "missing": "error"}
            if isinstance(column.fill, str):
                raise ValueError(f"column {column.source!r} is a text that no encoder took")
            if column.fill is not None:
                feature.update(missing="value", missing_value=column.fill)
            numeric.append(feature)
            number_coef.append(c)
            continue
        each = c / column.scale
        intercept -= each * column.mean
        if column.source not in text_coef:
            texts.append(column.texts)
            text_coef[column.source] = [0.0] * column.texts.size()
        elif all(column.texts is not one for one in texts):
            raise ValueError(f"column {column.source!r} is encoded twice; a model file has each text column once")
        for k, value in enumerate(column.values):
            text_coef[column.source][k] += each * value
    file = dict(FORMAT, kind=kind, numeric=numeric,
                categorical=[{"name": t.source, "categories": t.categories, "unseen": t.unseen, "missing": t.missing}
                             for t in texts],
                coefficients=number_coef + [c for t in texts for c in text_coef[t.source]], intercept=intercept)
    if golden is not None:
        x = golden
        for step in steps[:-1]:
            x = step.transform(x)
        read = [c.source for c in columns if c.texts is None] + [t.source for t in texts]
        rows = [{name: None if is_missing(v) else v.item() if hasattr(v, "item") else v
                 for name, v in ((name, row[name]) for name in read)}
                for _, row in golden.iterrows()]
        file["golden"] = {"rows": [{"inputs": inputs, "score": float(s)} for inputs, s in zip(rows, score(x))]}
    return file


def to_model_file(pipeline, feature_names=None, golden=None):
    """The text of the file; see to_model."""
    return json.dumps(to_model(pipeline, feature_names, golden), indent=1, allow_nan=False) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a fitted scikit-learn pipeline as a penstock model file.")
    parser.add_argument("pipeline", help="what joblib.dump wrote; it is unpickled, which runs code")
    parser.add_argument("model", help="the file to write")
    parser.add_argument("--golden", help="a CSV file of raw rows whose scores the file shall vouch for")
    arguments = parser.parse_args()

    import joblib
    import pandas

    golden = pandas.read_csv(arguments.golden, keep_default_na=False, na_values=[""]) if arguments.golden else None
    text = to_model_file(joblib.load(arguments.pipeline), golden=golden)
    with open(arguments.model, "w") as out:
        out.write(text)
