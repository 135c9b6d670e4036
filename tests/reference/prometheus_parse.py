# SPDX-License-Identifier: MIT
# Reads a scrape as Prometheus' own Python client does (Debian: python3-prometheus-client) and prints each sample:
#   prometheus_parse.py text|openmetrics FILE
# One line a sample, fields by tabs, labels sorted: TYPE NAME label=repr... VALUE [exemplar]. Any fault ends it with 1.
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

text = open(sys.argv[2], encoding="utf-8").read()
parse = openmetrics.text_string_to_metric_families if sys.argv[1] == "openmetrics" else text_string_to_metric_families
for family in parse(text):
    for sample in family.samples:
        labels = [f"{name}={value!r}" for name, value in sorted(sample.labels.items())]
        exemplar = getattr(sample, "exemplar", None)
        when = exemplar and exemplar.timestamp is not None and float(exemplar.timestamp)
        more = [f"# {exemplar.labels} {float(exemplar.value)} {when or None}"] if exemplar else []
        print("\t".join([family.type, sample.name, *labels, repr(float(sample.value)), *more]))
