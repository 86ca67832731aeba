#!/usr/bin/env python3
"""Goal: relais-bench prints one line a goal, explains wrong command lines and
says by its exit code which of both it was. Method: the real program, measured
as shortly as it can."""

import json
import os
import re
import subprocess
import tempfile
import unittest

BENCH = os.environ["RELAIS_BENCH"]
GOAL = re.compile(r"goal \d+ \S+ median \S+ min \S+ max \S+ target [<>]?=\S+ "
                  r"(PASS|MISS)$")


def run(*arguments):
    return subprocess.run([BENCH, *arguments], text=True, timeout=100,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class CommandLine(unittest.TestCase):

    def refused(self, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 2, result)
        self.assertEqual(result.stdout, "")
        return result.stderr

    def test_wrong_goals_and_flags_are_explained(self):
        self.assertIn('"11" is not one of 1, 2,', self.refused("11"))
        self.assertIn('"two"', self.refused("two"))
        self.assertIn("unknown flag --secnds", self.refused("--secnds", "1"))
        self.assertIn("--seconds", self.refused("--seconds", "soon"))
        self.assertIn("--seconds: more than 0", self.refused("--seconds=0"))
        self.assertIn("--repetitions: 1 to", self.refused("--repetitions=0"))
        self.assertIn("--decisions: 0 to", self.refused("--decisions=-1"))
        self.assertIn("--seed", self.refused("--seed"))
        self.assertIn("--json: cannot write",
                      self.refused("--json=/nowhere/figures.json", "16"))

    def test_help_names_units(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        for unit in ("decisions/s", "(ns)", "bytes", "seconds"):
            self.assertIn(unit, result.stdout)

    def test_a_line_a_goal_and_all_figures_in_the_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "figures.json")
            result = run("--seconds=0.02", "--repetitions=1", f"--json={path}",
                         "1", "9", "8")
            self.assertEqual(result.returncode, 0, result)
            with open(path, encoding="utf-8") as file:
                figures = json.load(file)
        lines = [line for line in result.stdout.splitlines()
                 if not line.startswith("  ")]
        for line in lines:
            self.assertRegex(line, GOAL)
        self.assertEqual([line.split()[1] for line in lines], ["1", "9", "8"])
        self.assertEqual([goal["goal"] for goal in figures["goals"]],
                         [1, 9, 8])
        self.assertEqual(figures["failures"], [])
        self.assertIn("ns CPU per decision",
                      {figure["unit"] for figure in figures["figures"]})


if __name__ == "__main__":
    unittest.main()
