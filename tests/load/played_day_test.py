"""Goal: two hours of the shipped day over gRPC keep every promise; with a
planted fault the invariant it breaks is red and the exit code 1. Method: the
real server on a free loopback port, once for each.
"""

import os
import re
import subprocess
import threading
import unittest

LOAD = os.environ["RELAIS_LOAD"]
RELAISD = os.environ["RELAISD"]
SCALE = 1200
DAY = ["--from=10:00", "--until=12:00", "--quiet"]
INVARIANT = re.compile(r"^  (\S.*?\S)\s{2,}(\d+)\s+(\d+)$", re.MULTILINE)


class PlayedDayTest(unittest.TestCase):
    def play(self, fault):
        """The exit code and {invariant: (checks, violations)}."""
        start = subprocess.run(
            [LOAD, "--print-start-time", f"--scale={SCALE}", *DAY],
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout.strip()
        command = [
            RELAISD, f"--time-scale={SCALE}", f"--start-time={start}",
            "--listen=127.0.0.1:0", "--journal=memory",
        ]
        if fault:
            command.append(f"--fault={fault}")
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            port = self.port_of(server)
            drain = threading.Thread(target=server.stderr.read, daemon=True)
            drain.start()
            result = subprocess.run(
                [LOAD, f"--server=127.0.0.1:{port}", *DAY],
                capture_output=True, text=True, timeout=120,
            )
        finally:
            server.terminate()
            server.wait(timeout=30)
        drain.join()
        server.stderr.close()
        found = {
            name: (int(checks), int(violations))
            for name, checks, violations in INVARIANT.findall(result.stdout)
        }
        self.assertEqual(len(found), 11, result.stdout + result.stderr)
        self.output = result.stdout
        return result.returncode, found

    def port_of(self, server):
        log = ""
        for line in server.stderr:
            log += line
            if match := re.search(r"serves on 127\.0\.0\.1:(\d+)", line):
                return match.group(1)
        self.fail(f"relaisd does not serve: {log}")

    def expect_red(self, fault, name_start):
        code, found = self.play(fault)
        self.assertEqual(code, 1, self.output)
        self.assertIn("NOT EVERYTHING HOLDS.", self.output)
        for name, (_, violations) in found.items():
            if name.startswith(name_start):
                self.assertGreater(violations, 0, self.output)
                return
        self.fail(f"no invariant {name_start}: {self.output}")

    def test_without_a_fault_everything_holds(self):
        code, found = self.play(None)
        self.assertEqual(code, 0, self.output)
        for name, (checks, violations) in found.items():
            self.assertEqual(violations, 0, name)
            self.assertGreater(checks, 0, name)
        quiet = [checks for name, (checks, _) in found.items()
                 if name.startswith("no free agent")]
        self.assertGreaterEqual(quiet[0], 150)

    def test_double_offer(self):
        self.expect_red("double-offer", "no agent held two contacts")

    def test_lost_contact(self):
        self.expect_red("lost-contact", "every submitted contact ended")

    def test_skip_oldest(self):
        self.expect_red("skip-oldest", "no inversion")

    def test_idle_beside_waiting(self):
        self.expect_red("idle-beside-waiting", "no free agent")

    def test_gap(self):
        self.expect_red("gap", "event sequence without gaps")


if __name__ == "__main__":
    unittest.main()
