"""Goal: relais-crash ends with 2 when its command line is wrong, with 1 when
the server does not do what it should, and its checker finds faults planted in
a real journal and in real logs.
Method: the program itself against a real relaisd, two kills; then copies of
what it left, doctored with Debian's ldb and by hand.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import check_crash
from journal_builder import seal, side

PROGRAM = os.environ["RELAIS_CRASH"]
RELAISD = os.environ["RELAISD"]
CHECKER = str(pathlib.Path(__file__).resolve().parent / "check_crash.py")


def run(*arguments):
    return subprocess.run([PROGRAM, "--relaisd", RELAISD, *arguments],
                          capture_output=True, text=True, timeout=150)


def ldb(directory, family, *words):
    subprocess.run(["ldb", f"--db={directory / 'journal'}",
                    f"--column_family={family}", "--hex", *words],
                   check=True, capture_output=True)


def hexed(data):
    return "0x" + data.hex().upper()


class CommandLineTest(unittest.TestCase):
    def test_wrong_flags(self):
        with tempfile.TemporaryDirectory() as full:
            (pathlib.Path(full) / "something").touch()
            for words, named in [
                    (["--kill=3"], "kill"), (["--kills=0"], "--kills"),
                    (["--clients=0"], "--clients"),
                    (["--clients=65"], "--clients"), (["surplus"], "surplus"),
                    (["--soak=soon"], "--soak"), (["--soak=1s"], "--soak"),
                    (["--relaisd-flags=--x"], "--relaisd-flags"),
                    (["--checker=nowhere.py"], "nowhere.py"),
                    ([f"--directory={full}"], "--directory")]:
                with self.subTest(words=words):
                    result = run(*words)
                    self.assertEqual(result.returncode, 2, result.stderr)
                    self.assertIn(named, result.stderr)

    def test_a_server_that_does_not_start(self):
        result = subprocess.run(
            [PROGRAM, "--relaisd", sys.executable, "--kills=1"],
            capture_output=True, text=True, timeout=100)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("PROBLEM", result.stdout)


class PlantedFaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.sound = pathlib.Path(cls.temporary.name) / "sound"
        result = run("--kills=2", "--seed=7", "--keep",
                     f"--directory={cls.sound}")
        if result.returncode != 0:
            raise AssertionError(result.stdout + result.stderr)
        cls.records = check_crash.Directory(cls.sound).records(None)

    def setUp(self):
        self.copy = pathlib.Path(self.temporary.name) / "copy"
        shutil.copytree(self.sound, self.copy)
        self.addCleanup(shutil.rmtree, self.copy)

    def check(self):
        return subprocess.run([sys.executable, CHECKER, "--most=1000",
                               str(self.copy)],
                              capture_output=True, text=True, timeout=100)

    def expect(self, *words):
        result = self.check()
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stdout)

    def test_nothing_is_planted(self):
        result = self.check()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(", 0 problems", result.stdout)

    def test_a_record_in_the_middle_is_gone(self):
        keys = sorted(self.records)
        key = keys[len(keys) // 2]
        ldb(self.copy, "journal", "delete", hexed(key.to_bytes(8, "big")))
        self.expect("the chain is broken", f"record of event {keys[len(keys) // 2 + 1]}")

    def test_the_last_record_is_gone(self):
        ldb(self.copy, "journal", "delete",
            hexed(max(self.records).to_bytes(8, "big")))
        self.expect("the records end with", "is no longer what it was")

    def test_a_live_record_is_another(self):
        live = check_crash.Directory(self.copy).live()
        key = min(k for k in live if k[:1] == b"q")
        message = bytearray(live[key][4:])
        message[1] ^= 1  # the first total
        ldb(self.copy, "live", "put", hexed(key),
            hexed(seal(key, bytes(message))))
        self.expect(f"live record ('q', {key[1:]!r})")

    def test_a_live_record_is_gone(self):
        live = check_crash.Directory(self.copy).live()
        ldb(self.copy, "live", "delete", hexed(min(
            k for k in live if k[:1] == b"a")))
        self.expect("the meta record counts other")

    def test_the_journal_lacks_what_was_acknowledged(self):
        log = self.copy / "client-1.log"
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        calls = {line["n"]: line for line in lines if "n" in line}
        answer = next(line for line in lines if "answer" in line and
                      calls[line["of"]]["call"] == "SubmitContact")
        asked = calls[answer["of"]]
        asked["n"] = answer["of"] = 1_000_000
        asked["ask"]["contact"]["id"] += "-of-which-nobody-knows"
        with log.open("a") as stream:
            stream.write(f"{json.dumps(asked)}\n{json.dumps(answer)}\n")
        self.expect("client-1.log: life 1: SubmitContact",
                    "the journal has no such submission")

    def test_the_side_file_tells_of_more(self):
        last = max(self.records) + 2000
        (self.copy / "journal" / "committed").write_bytes(side(last))
        self.expect(f"event {last} was acknowledged, the records end with")


if __name__ == "__main__":
    unittest.main()
