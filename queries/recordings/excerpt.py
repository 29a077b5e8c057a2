"""Turns a range vector of the query API into OpenMetrics 1.0 text with timestamps."""

COUNTERS = [
    "model_predictions",
    "model_predictions_correct",
    "model_predictions_errors",
]
HISTOGRAM = "model_inference_duration_seconds"
GAUGES = ["model_queue_length", "up"]
SUFFIXES = ["_bucket", "_count", "_sum"]


def open_metrics(result):
    """`result` is the API's list of series, each with `metric` (labels) and `values`."""
    series = {}
    for entry in result:
        labels = dict(entry["metric"])
        series.setdefault(labels.pop("__name__"), []).append((labels, entry["values"]))
    lines = []
    for family in COUNTERS:
        lines.append(f"# TYPE {family} counter")
        for labels, values in ordered(series.get(f"{family}_total", [])):
            lines += [sample(f"{family}_total", labels, at, value) for at, value in values]
    lines += [f"# TYPE {HISTOGRAM} histogram", f"# UNIT {HISTOGRAM} seconds"]
    lines += histogram(series)
    for family in GAUGES:
        lines.append(f"# TYPE {family} gauge")
        for labels, values in ordered(series.get(family, [])):
            lines += [sample(family, labels, at, value) for at, value in values]
    return "\n".join(lines + ["# EOF", ""])


def histogram(series):
    """All samples of a pod's scrape stand together: its buckets by bound, the count, the sum."""
    points = []
    for rank, suffix in enumerate(SUFFIXES):
        for labels, values in series.get(HISTOGRAM + suffix, []):
            bound = float(labels.get("le", "inf"))
            for at, value in values:
                text = sample(HISTOGRAM + suffix, labels, at, value)
                points.append(((labels["pod"], at, rank, bound), text))
    return [text for _, text in sorted(points)]


def ordered(entries):
    return sorted(entries, key=lambda entry: entry[0]["pod"])


def sample(name, labels, at, value):
    inside = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
    return f"{name}{{{inside}}} {value} {at:.3f}"
