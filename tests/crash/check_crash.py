#!/usr/bin/env python3
"""Judges what relais-crash left: the journal and the clients' own logs.

Usage: check_crash.py DIRECTORY
       check_crash.py --follow DIRECTORY

DIRECTORY has `journal` (whose server is not running) and the logs `*.log`
(tests/crash/call_log.h). Written from docs/journal-format.md alone; RocksDB's
files are read by Debian's ldb (package rocksdb-tools), which changes nothing.

With --follow each line of standard input is the number of a server's life that
has just ended; the answer is one line of JSON. From check to check only what
is new is read: the last record known must still be there unchanged, each new
one chains to it, all live records and the side file are read each time. What
ended each life is written to `lives.json`; whoever finds it there when it
begins compares those ends with what it reads from the beginning, so that a
record that changed later is found. Exit status 1 if there is any problem.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

from crash_checker import CrashChecker

PAIR = re.compile(r"^0x([0-9A-F]+) : 0x([0-9A-F]*)$")
# A run that goes wrong goes wrong in many places; the first ones tell why.
problems_told_max = 20
SAMPLE = 30


class Unreadable(Exception):
    pass


def scan(directory, family, first=None):
    """Keys and values of a column family, from the key `first` on."""
    command = ["ldb", f"--db={directory}", f"--column_family={family}",
               "scan", "--hex"]
    if first is not None:
        command.append(f"--from=0x{first.hex().upper()}")
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise Unreadable("ldb is not there; install rocksdb-tools") from None
    if result.returncode != 0:
        raise Unreadable(f"{' '.join(command)}: {result.stdout}"
                         f"{result.stderr}")
    pairs = {}
    for line in result.stdout.splitlines():
        match = PAIR.match(line)
        if match is None:
            raise Unreadable(f"ldb says: {line[:200]}")
        pairs[bytes.fromhex(match[1])] = bytes.fromhex(match[2])
    return pairs


class Directory:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.read = {}  # bytes of each log that are read already

    def records(self, first):
        key = None if first is None else first.to_bytes(8, "big")
        return {int.from_bytes(k, "big"): v
                for k, v in scan(self.path / "journal", "journal",
                                 key).items()}

    def live(self):
        return scan(self.path / "journal", "live")

    def side(self):
        file = self.path / "journal" / "committed"
        return file.read_bytes() if file.exists() else b""

    def lines(self):
        """Whole lines that are new, by the log's name."""
        lines = {}
        for file in sorted(self.path.glob("*.log")):
            with file.open("rb") as stream:
                stream.seek(self.read.get(file.name, 0))
                data = stream.read()
            data = data[:data.rfind(b"\n") + 1]
            self.read[file.name] = self.read.get(file.name, 0) + len(data)
            lines[file.name] = data.decode().splitlines()
        return lines


def figures_of(checker, problems):
    journal = checker.journal
    figures = dict(checker.figures)
    figures.update(
        problems=problems[:problems_told_max], events=journal.events,
        records=journal.record_count, last_sequence=journal.last,
        sample=journal.sample(SAMPLE) if journal.replay else [])
    if len(problems) > problems_told_max:
        figures["problems"].append(
            f"and {len(problems) - problems_told_max} more")
    return figures


def check(checker, directory, life):
    try:
        problems = checker.check(
            life, directory.records(checker.journal.key), directory.live(),
            directory.side(), directory.lines())
    except Unreadable as unreadable:
        problems = [str(unreadable)]
    return figures_of(checker, problems)


class Lives:
    """What ended each life, as an earlier check found it."""

    def __init__(self, path):
        self.file = pathlib.Path(path) / "lives.json"
        self.ends = {}  # life -> (last event, SHA-256 of the last record)
        if self.file.exists():
            self.ends = {int(life): tuple(end) for life, end in
                         json.loads(self.file.read_text()).items()}

    def add(self, life, end):
        self.ends[life] = end
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.ends))
        new.replace(self.file)


def follow(path):
    lives = Lives(path)
    checker, directory = CrashChecker(dict(lives.ends)), Directory(path)
    for line in sys.stdin:
        life = int(line)
        figures = check(checker, directory, life)
        lives.add(life, checker.head())
        print(json.dumps(figures), flush=True)


def once(path):
    ends = Lives(path).ends
    figures = check(CrashChecker(ends), Directory(path), max(ends, default=1))
    for problem in figures["problems"]:
        print(problem)
    print(", ".join(f"{value} {name.replace('_', ' ')}"
                    for name, value in figures.items()
                    if isinstance(value, int)) +
          f", {len(figures['problems'])} problems")
    return 1 if figures["problems"] else 0


def main():
    global problems_told_max
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--follow", action="store_true")
    parser.add_argument("--most", type=int, default=problems_told_max,
                        help="how many problems are told (%(default)s)")
    parser.add_argument("directory")
    options = parser.parse_args()
    problems_told_max = options.most
    if not pathlib.Path(options.directory).is_dir():
        parser.error(f"{options.directory}: is no directory")
    if options.follow:
        follow(options.directory)
        return 0
    return once(options.directory)


if __name__ == "__main__":
    sys.exit(main())
