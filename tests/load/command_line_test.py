"""Goal: relais-load ends with 2 and the name of what is wrong when its command
line or a file is wrong, and prints the same to the byte each time in process.
Method: the program itself, on files written here and on examples/bank.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

LOAD = os.environ["RELAIS_LOAD"]
HEADER = (
    "vru_line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,"
    "vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server"
)
ROW = (
    "L1,{id},0,0,PS,2001-05-06,8:00:00,8:{minute:02}:05,5,0:00:00,0:00:00,0,"
    "AGENT,8:{minute:02}:05,8:{minute:02}:35,30,kim"
)


def run(*arguments):
    return subprocess.run(
        [LOAD, *arguments], capture_output=True, text=True, timeout=100
    )


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def file(self, name, text):
        path = pathlib.Path(self.directory.name) / name
        path.write_text(text)
        return str(path)

    def calls(self, header=HEADER):
        rows = [ROW.format(id=i, minute=i) for i in range(10)]
        return self.file("calls.csv", "\r\n".join([header, *rows, ""]))

    def expect_usage_error(self, named, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(named, result.stderr)
        self.assertNotIn("Every invariant holds", result.stdout)

    def test_wrong_flags(self):
        self.expect_usage_error("flag", "--in-proces")
        self.expect_usage_error("seed", "--seed=x")
        self.expect_usage_error("--help", "surplus")
        self.expect_usage_error("--barriers", "--barriers=0", "--in-process")
        self.expect_usage_error("--in-flight", "--in-flight=0", "--in-process")
        self.expect_usage_error("--scale", "--scale=-1")
        self.expect_usage_error("--scale", "--scale=0")
        self.expect_usage_error(
            "--server", "--in-process", "--server=127.0.0.1:7400"
        )
        self.expect_usage_error(
            "--compare-in-process", "--in-process", "--compare-in-process"
        )
        self.expect_usage_error("--from", "--in-process", "--from=8h")
        self.expect_usage_error(
            "--until", "--in-process", "--from=12:00", "--until=11:00"
        )
        self.expect_usage_error("--date goes with", "--date=2001-05-06")

    def test_wrong_files(self):
        self.expect_usage_error("/nowhere.csv", "--calls=/nowhere.csv",
                                "--date=2001-05-06")
        self.expect_usage_error("--date is missing",
                                f"--calls={self.calls()}")
        self.expect_usage_error("\"2001-02-30\" is not a date",
                                f"--calls={self.calls()}", "--date=2001-02-30")
        self.expect_usage_error("no offered call on 2001-05-07",
                                f"--calls={self.calls()}", "--date=2001-05-07")
        self.expect_usage_error(
            "missing columns q_time, server",
            "--calls=" + self.calls(HEADER.replace("q_time", "wait")
                                    .replace("server", "agent")),
            "--date=2001-05-06",
        )
        self.expect_usage_error("/nowhere.yaml", "--in-process",
                                "--center=/nowhere.yaml")
        self.expect_usage_error("/nowhere.yaml", "--in-process",
                                "--day=/nowhere.yaml")
        day = self.file("day.yaml", "date: \"2026-03-02\"\nshaps: []\n")
        self.expect_usage_error(f"{day}:2:1", "--in-process", f"--day={day}")

    def test_a_small_real_day(self):
        result = run(f"--calls={self.calls()}", "--date=2001-05-06",
                     "--in-process", "--quiet")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("Every invariant holds.", result.stdout)
        self.assertIn("10 contacts, 1 agents, 1 queues", result.stdout)

    def test_a_day_of_the_e_branch(self):
        day = ["--in-process", "--center=examples/ebranch/ebranch.yaml",
               "--day=examples/ebranch/day.yaml", "--seed=3"]
        result = run(*day)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("Every invariant holds.", result.stdout)
        self.assertIn("24 agents, 5 queues", result.stdout)
        self.assertEqual(run(*day).stdout, result.stdout)

    def test_a_file_of_events_that_cannot_be_written(self):
        self.expect_usage_error(
            "--events-out: /nowhere/events", f"--calls={self.calls()}",
            "--date=2001-05-06", "--in-process", "--quiet",
            "--events-out=/nowhere/events")
        result = run(f"--calls={self.calls()}", "--date=2001-05-06",
                     "--in-process", "--events-out=/nowhere/events")
        self.assertEqual(result.stdout, "", "the day had begun")

    def test_a_whole_day_needs_quiet_moments(self):
        day = [f"--calls={self.calls()}", "--date=2001-05-06", "--in-process",
               "--quiet", "--barriers=20"]
        result = run(*day)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("TOO FEW QUIET MOMENTS: 2", result.stdout)
        self.assertIn("NOT EVERYTHING HOLDS", result.stdout)
        part = run(*day, "--from=08:00", "--until=09:00")
        self.assertEqual(part.returncode, 0, part.stdout + part.stderr)

    def test_start_time_is_before_the_day(self):
        result = run(f"--calls={self.calls()}", "--date=2001-05-06",
                     "--print-start-time", "--scale=60")
        self.assertEqual(result.returncode, 0, result.stderr)
        # kim's first service, less five seconds at scale 60.
        first = 989107200000 + (8 * 3600 + 5) * 1000
        self.assertEqual(result.stdout, f"{first - 300000}\n")

    def test_nobody_listens(self):
        result = run("--server=127.0.0.1:1", "--from=10:00", "--until=10:05",
                     "--quiet")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("127.0.0.1:1", result.stderr)

    def test_two_runs_are_the_same_to_the_byte(self):
        outputs = []
        for name in ("one", "two"):
            events = pathlib.Path(self.directory.name) / name
            result = run("--in-process", "--seed=4", "--quiet",
                         f"--events-out={events}")
            self.assertEqual(result.returncode, 0, result.stdout)
            outputs.append((result.stdout, events.read_bytes()))
        self.assertEqual(outputs[0], outputs[1])
        self.assertGreater(len(outputs[0][1]), 1000)


if __name__ == "__main__":
    unittest.main()
