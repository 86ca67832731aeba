#!/usr/bin/env python3
"""Counts the cases of one ctest run.

Usage: summarise.py JUNIT REPORTS COUNTS

JUNIT is what `ctest --output-junit` wrote. REPORTS is a directory with the
reports of the GoogleTest binaries (GTEST_OUTPUT=xml:REPORTS/), each named
after its test: their cases are counted. A test without such a report, a
script or a binary that crashed, counts as one. Names failures and skipped
cases, and writes "passed failed skipped" to the file COUNTS.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def cases_of(report):
    """(name, outcome, message) of each case in a GoogleTest report."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.get("status") == "notrun":
            continue  # left out by a filter or DISABLED_
        failure = case.find("failure")
        skipped = case.find("skipped")
        if failure is not None:
            yield name, "failed", failure.get("message", "")
        elif skipped is not None:
            yield name, "skipped", skipped.get("message", "")
        else:
            yield name, "passed", ""


def outcomes_of(test, reports):
    """The outcomes of one ctest, by cases where it has them."""
    name = test.get("name")
    # A test that could not be started ("notrun") has failed.
    status = {"run": "passed", "disabled": "skipped"}.get(test.get("status"),
                                                          "failed")
    report = reports / f"{name}.xml"
    if not report.exists():
        message = test.findtext("system-out", "").strip().splitlines()
        yield name, status, message[-1] if message else test.get("status")
        return
    outcomes = [(f"{name}: {case}", outcome, message)
                for case, outcome, message in cases_of(report)]
    yield from outcomes
    if status == "failed" and all(o != "failed" for _, o, _ in outcomes):
        yield name, "failed", "every case passed, but the program failed"


def main():
    junit, reports, counts = map(pathlib.Path, sys.argv[1:4])
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for test in ElementTree.parse(junit).getroot().iter("testcase"):
        for name, outcome, message in outcomes_of(test, reports):
            total[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {name}: {message.strip()[:400]}")
    counts.write_text("{passed} {failed} {skipped}\n".format(**total))


if __name__ == "__main__":
    main()
