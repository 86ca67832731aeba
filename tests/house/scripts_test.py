#!/usr/bin/env python3
"""Goal: the README's two commands explain mistakes, count honestly and leave
no process behind. Method: the real scripts in a directory of their own, with
stand-ins for the binaries and for the reports of tests."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

RELAISD = """#!/usr/bin/env bash
echo "$$" >"${STATE}/pid"
echo "$@" >"${STATE}/relaisd"
[[ -e "${STATE}/refuse" ]] && { echo "queues[0]: no such skill"; exit 2; }
while (($# > 0)); do [[ "$1" == --port-file ]] && file="$2"; shift; done
[[ -e "${STATE}/stubborn" ]] || trap 'echo yes >"${STATE}/stopped"; exit 0' TERM
echo 4242 >"${file}"
while :; do read -rt 0.05 <>"${STATE}/never" || true; done
"""
LOAD = """#!/usr/bin/env bash
[[ "$1" == --print-start-time ]] && { echo 917900000000; exit; }
echo "$@" >"${STATE}/load"
[[ -e "${STATE}/endless" ]] && exec tail -f /dev/null
exit "$(cat "${STATE}/code")"
"""
NINJA = """rule nothing
  command = true
build relaisd: nothing
build relaisctl: nothing
build relais-load: nothing
"""


class Run(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        # Everything is installed on the machine that runs this test.
        self.executable("scripts/install-deps", "#!/bin/sh\n")
        shutil.copytree(ROOT / "examples", self.root / "examples")
        (self.root / "CMakePresets.json").write_text("{}")
        self.executable("build/release/bin/relaisd", RELAISD)
        self.executable("build/release/bin/relais-load", LOAD)
        ninja = self.root / "build/release/build.ninja"
        ninja.write_text(NINJA)
        newer = time.time() + 10
        os.utime(ninja, (newer, newer))
        self.state = self.root / "state"
        self.state.mkdir()
        subprocess.run(["mkfifo", self.state / "never"], check=True)
        self.say("code", "0")

    def executable(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def say(self, name, text=""):
        (self.state / name).write_text(text)

    def heard(self, name):
        path = self.state / name
        return path.read_text().strip() if path.exists() else None

    def start(self, *arguments):
        process = subprocess.Popen(
            [self.root / "scripts/run", *arguments],
            env={"PATH": "/usr/bin:/bin", "STATE": str(self.state)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def run_script(self, *arguments):
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def expect_stopped(self):
        pid = self.heard("pid")
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(),
                         "relaisd still runs")

    def test_a_day(self):
        code, output = self.run_script("--seed", "7", "--scale", "60")
        self.assertEqual(code, 0, output)
        bank = (self.root / "examples/bank").resolve()
        self.assertIn(f"--config {bank}/bank.yaml", self.heard("relaisd"))
        self.assertIn(f"--center {bank}/bank.yaml --day {bank}/day.yaml",
                      self.heard("load"))
        self.assertIn("--time-scale 60", self.heard("relaisd"))
        self.assertIn("--start-time 917900000000", self.heard("relaisd"))
        self.assertIn("--server 127.0.0.1:4242", self.heard("load"))
        self.assertIn("--seed 7", self.heard("load"))
        self.assertEqual(self.heard("stopped"), "yes")
        self.expect_stopped()

    def test_a_day_of_another_centre(self):
        directory = (self.root / "examples/ebranch").resolve()
        for center in (directory, directory / "ebranch.yaml"):
            code, output = self.run_script("--center", str(center))
            self.assertEqual(code, 0, output)
            self.assertIn(f"--config {directory}/ebranch.yaml",
                          self.heard("relaisd"))
            self.assertIn(
                f"--center {directory}/ebranch.yaml --day {directory}/day.yaml",
                self.heard("load"))
        self.run_script("--center", str(directory), "--day",
                        str(self.root / "examples/bank/day.yaml"))
        self.assertIn("examples/bank/day.yaml", self.heard("load"))

    def test_violated_invariants_are_the_exit_code(self):
        self.say("code", "1")
        code, _ = self.run_script()
        self.assertEqual(code, 1)
        self.assertEqual(self.heard("stopped"), "yes")

    def test_recorded_calls_need_no_configuration(self):
        self.say("calls.csv")
        code, output = self.run_script(
            "--calls", str(self.state / "calls.csv"), "--date", "1999-02-02")
        self.assertEqual(code, 0, output)
        self.assertNotIn("--config", self.heard("relaisd"))
        self.assertIn("--date 1999-02-02", self.heard("load"))

    def test_in_process_starts_no_server(self):
        code, output = self.run_script("--in-process")
        self.assertEqual(code, 0, output)
        self.assertIsNone(self.heard("pid"))
        self.assertIn("--in-process", self.heard("load"))

    def test_refused_configuration(self):
        self.say("refuse")
        code, output = self.run_script()
        self.assertEqual(code, 2)
        self.assertIn("queues[0]: no such skill", output)
        self.assertIsNone(self.heard("load"))

    def test_signals_stop_everything(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                self.say("endless")
                process = self.start()
                while not self.heard("load"):
                    self.assertIsNone(process.poll())
                process.send_signal(number)
                process.communicate(timeout=60)
                self.assertEqual(process.returncode, 128 + number)
                self.assertEqual(self.heard("stopped"), "yes")
                self.expect_stopped()
                (self.state / "load").unlink()
                (self.state / "stopped").unlink()

    def test_mistakes_on_the_command_line(self):
        for arguments, part in [
                (["--sed", "3"], "did you mean --seed?"),
                (["--in-proces"], "did you mean --in-process?"),
                (["bank"], "known are: --center"),
                (["--center", "nowhere"], "--center: cannot read nowhere"),
                (["--center", "/"], "--center: cannot read "),
                (["--day", "nowhere"], "--day: cannot read nowhere"),
                (["--center", "x", "--calls", __file__, "--date",
                  "1999-02-02"], "--center and --day are for a generated"),
                (["--seed"], "--seed needs a value"),
                (["--seed", "x"], '"x" is not a whole number'),
                (["--scale", "0"], "would stop the clock"),
                (["--calls", "gone.csv"], "cannot read gone.csv"),
                (["--date", "1999-02-02"], "--date is for --calls"),
                (["--calls", __file__], "--calls needs --date"),
                (["--calls", __file__, "--date", "2.2.99"],
                 "is not of the form")]:
            with self.subTest(arguments=arguments):
                code, output = self.run_script(*arguments)
                self.assertEqual(code, 2, output)
                self.assertIn(part, output)
                self.assertIsNone(self.heard("load"))


class Test(unittest.TestCase):

    def test_mistakes_on_the_command_line(self):
        result = subprocess.run(
            [ROOT / "scripts/test", "--fats"], capture_output=True, text=True,
            check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("did you mean --fast?", result.stderr)

    def summarise(self, junit, **reports):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            (directory / "ctest.xml").write_text(
                f"<testsuite>{junit}</testsuite>")
            for test, cases in reports.items():
                (directory / f"{test}.xml").write_text(
                    f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
            result = subprocess.run(
                [ROOT / "scripts/lib/summarise.py", directory / "ctest.xml",
                 directory, directory / "counts"],
                capture_output=True, text=True, check=True)
            return (directory / "counts").read_text().split(), result.stdout

    def test_cases_are_counted(self):
        counts, output = self.summarise(
            '<testcase name="a" status="run"/>'
            '<testcase name="b" status="fail"/>'
            '<testcase name="script" status="run"/>',
            a='<testcase classname="A" name="One" status="run"/>'
              '<testcase classname="A" name="Two" status="run">'
              '<skipped message="the trace is absent"/></testcase>'
              '<testcase classname="A" name="DISABLED_X" status="notrun"/>',
            b='<testcase classname="B" name="One" status="run">'
              '<failure message="1 is not 2"/></testcase>')
        self.assertEqual(counts, ["2", "1", "1"])
        self.assertIn("skipped: a: A.Two: the trace is absent", output)
        self.assertIn("failed: b: B.One: 1 is not 2", output)

    def test_a_crash_is_a_failure(self):
        # No report, and a report of cases that all passed before the end.
        counts, _ = self.summarise('<testcase name="a" status="fail"/>')
        self.assertEqual(counts, ["0", "1", "0"])
        counts, output = self.summarise(
            '<testcase name="a" status="fail"/>',
            a='<testcase classname="A" name="One" status="run"/>')
        self.assertEqual(counts, ["1", "1", "0"])
        self.assertIn("the program failed", output)

    def test_what_was_not_run(self):
        counts, _ = self.summarise('<testcase name="a" status="notrun"/>')
        self.assertEqual(counts, ["0", "1", "0"])
        counts, _ = self.summarise('<testcase name="a" status="disabled"/>')
        self.assertEqual(counts, ["0", "0", "1"])


if __name__ == "__main__":
    unittest.main()
