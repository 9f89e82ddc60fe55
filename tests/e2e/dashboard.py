#!/usr/bin/env python3
"""Holds docs/grafana.json, and any other file of queries, against the metrics that a daemon has written.

dashboard.py form FILE            is what Grafana's import takes, and what a person can read
dashboard.py names FILE METRICS   each metric, label and value in its queries is in METRICS, and each of METRICS in a query
dashboard.py rules FILE           the queries as a file of rules, for promtool
dashboard.py test RULES METRICS   a test for promtool: each query finds something where METRICS has been growing for a week
FILE is a dashboard, or YAML with `expr:` lines.
"""
import json
import re
import sys

import prometheus

PREFIX = "lambda_warmd_"
# Labels that Prometheus itself gives to what it collects.
COLLECTED = {"instance", "job"}
# Of all colours only those of Okabe and Ito, which people tell apart whatever their eyes.
COLOURS = {"#0072B2", "#E69F00", "#D55E00", "#009E73", "#56B4E9", "#F0E442", "#CC79A7", "#999999"}
VARIABLES = {"$__range_s": "86400", "$__range": "1d", "$__rate_interval": "4m", "$__interval": "1m", "$window": "1h",
             "$instance": ".*", "$endpoint": ".*"}
UNITS = {"percentunit", "short", "none", "s", "currencyUSD"}
WORDS = {"by", "and", "or", "unless", "offset", "sum", "min", "max", "rate", "increase", "time", "histogram_quantile", "absent",
         "le", "bool", "on", "ignoring", "group_left", "label_values"}


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file) if path.endswith(".json") else file.read()


def queries(path):
    """All in the file, with its variables replaced."""
    source = load(path)
    if isinstance(source, str):
        return re.findall(r"^ +expr: (.+)$", source, re.M)
    found = [target["expr"] for panel in source["panels"] for target in panel.get("targets", [])]
    found += [note["expr"] for note in source["annotations"]["list"] if "expr" in note]
    for variable, value in VARIABLES.items():
        found = [query.replace(variable, value) for query in found]
    return found


def variables(path):
    return [each["query"]["query"] for each in load(path)["templating"]["list"] if each["type"] == "query"]


def form(path):
    board = load(path)
    assert 36 <= board["schemaVersion"] <= 39 and board["id"] is None and board["uid"] and board["title"]
    assert board["__inputs"] == [] and board["templating"]["list"][0] == board["templating"]["list"][0] | {
        "name": "datasource", "type": "datasource", "query": "prometheus"}
    names = [variable["name"] for variable in board["templating"]["list"]]
    assert names == ["datasource", "instance", "endpoint", "window"], names
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board["panels"])))
    assert used <= set(names) | {name[1:] for name in VARIABLES}, used
    needed = {part["id"] for part in board["__requires"]}
    ids, taken = set(), {}
    for panel in board["panels"]:
        title, grid = panel["title"], panel["gridPos"]
        assert panel["id"] not in ids, title
        ids.add(panel["id"])
        assert grid["x"] >= 0 and grid["x"] + grid["w"] <= 24 and grid["w"] > 0 and grid["h"] > 0, title
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                assert (x, y) not in taken, f"{title} lies over {taken[x, y]}"
                taken[x, y] = title
        if panel["type"] == "row":
            continue
        assert panel["type"] in needed, panel["type"]
        assert len(panel["description"]) > 40, title
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, title
        refs = [target["refId"] for target in panel["targets"]]
        assert refs and len(set(refs)) == len(refs), title
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"]), title
        if panel["type"] != "heatmap":
            assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, title
    colours = set(re.findall(r'"(?:color|fixedColor|fill)": "([^"]+)"', json.dumps(board["panels"]))) - {"dash"}
    assert colours <= COLOURS, colours - COLOURS


def metrics(path):
    """{name of a sample: {label: values}}, {family}"""
    samples, types = prometheus.parse(load(path))
    labels = {}
    for (name, pairs), _ in samples.items():
        of = labels.setdefault(name, {})
        for label, value in pairs:
            of.setdefault(label, set()).add(value)
    return labels, set(types)


def check_query(query, labels, values):
    names = re.findall(PREFIX + r"\w+", query)
    assert names or "label_values" not in query, query
    for name in names:
        assert name in labels, f"{name} is not written: {query}"
    for name, matchers in re.findall(rf"({PREFIX}\w+)\{{([^}}]*)\}}", query):
        for label, relation, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
            assert label in COLLECTED or label in labels[name], f"{name} has no {label}: {query}"
            if label not in COLLECTED and value != ".*":
                wanted = set(value.split("|")) if "~" in relation else {value}
                assert wanted <= values[label], f"{label} is never {value}: {query}"
    of_query = set().union(*(labels[name] for name in names)) | COLLECTED
    for group in re.findall(r"\b(?:by|on|ignoring) \(([^)]*)\)", query):
        assert set(re.split(", *", group)) <= of_query, f"{group} is no label there: {query}"
    rest = re.sub(r'"[^"]*"|\[[^]]*\]|\{[^}]*\}', "", query)
    words = set(re.findall(r"[a-z_]{2,}", rest)) - WORDS - set(names) - of_query
    assert not words, f"{words}: {query}"


def check_names(path, metrics_path):
    labels, families = metrics(metrics_path)
    values = {}
    for of in labels.values():
        for label, known in of.items():
            values.setdefault(label, set()).update(known)
    found = queries(path)
    assert len(found) >= 5
    for query in found + (variables(path) if path.endswith(".json") else []):
        check_query(query, labels, values)
    if path.endswith(".json"):
        text = " ".join(found)
        unused = [family for family in families if family not in text]
        assert not unused, f"in no panel: {unused}"


def rules(path):
    return {"groups": [{"name": "queries", "rules": [{"record": f"query:{i}", "expr": query}
                                                     for i, query in enumerate(queries(path))]}]}


def growing(path):
    """Each sample of METRICS as a week's series: counters grow, the rest stands still."""
    samples, types = prometheus.parse(load(path))
    counting = {name for name, kind in types.items() if kind != "gauge"}
    series = []
    for (name, pairs), value in samples.items():
        text = ",".join(f'{label}="{of}"' for label, of in (*pairs, ("instance", "warm-a:9100"), ("job", "node")))
        counts = any(name == family or name.startswith(family + "_") for family in counting)
        grows = "0+1x2000" if counts else f"{60000 if 'timestamp' in name else value:.9f}x2000"
        series.append({"series": f"{name}{{{text}}}", "values": grows})
    return series


def promtool_test(rules_path, metrics_path):
    found = [rule["expr"] for rule in load(rules_path)["groups"][0]["rules"] if " offset " not in rule["expr"]]
    return {"rule_files": [rules_path], "evaluation_interval": "1m", "tests": [{
        "interval": "1m", "input_series": growing(metrics_path),
        "promql_expr_test": [{"expr": f"count({query}) > bool 0", "eval_time": "1900m",
                              "exp_samples": [{"labels": "{}", "value": 1}]} for query in found]}]}


def main(arguments):
    command, *paths = arguments
    if command == "form":
        form(*paths)
    elif command == "names":
        check_names(*paths)
    else:
        print(json.dumps(rules(*paths) if command == "rules" else promtool_test(*paths)))


main(sys.argv[1:])
