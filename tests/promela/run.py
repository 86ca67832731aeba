#!/usr/bin/env python3
"""Goal: the lane protocol gives no contact twice, loses no match, keeps every
waiting contact in one lane and lets no later contact pass an earlier one,
whatever the order of the callers' steps and of their store buffers. Method:
spin explores every state of each configuration of lane.pml, and must find an
error in each mutation of it. README.md says what is modelled.

Usage: run.py [--large] [--only NAME ...] [--list] [--seconds N]
  --large        also the configurations that are too large for every build
  --only NAME    only these configurations and mutations
  --list         print the names and end
  --seconds N    give up on one run after N seconds (default 240)

The exit code is 0 only if every configuration is clean and complete and every
mutation fails with the property that it is there for.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
MEGABYTES = 3500
DEPTH = 1_000_000

# As in lane.pml.
PROPERTIES = {
    1: "double claim",
    2: "inversion",
    3: "lost match",
    4: "not in exactly one lane",
    5: "front above a published entry",
    6: "claimed by an agent that may not serve it",
    7: "agent left claimed",
    8: "bound of the model",
}


@dataclass(frozen=True)
class Run:
    name: str
    config: str
    flags: tuple = ()
    # The property that must fail; 0: none may.
    fails: int = 0
    # With many states the compiler's time is well spent, otherwise it is most
    # of the whole.
    optimise: bool = False
    large: bool = False


def mutation(name, config, fails, *flags):
    # ONLY: the mutation is caught by what it breaks, not by a stricter check
    # that comes before.
    return Run(name.lower(), config, (f"M_{name}", f"ONLY={fails}", *flags),
               fails)


CONFIGURATIONS = [
    Run("submit_ready", "submit_ready"),
    Run("submit_ready_early", "submit_ready", ("EARLY_LOOK",)),
    Run("submit_submit_ready", "submit_submit_ready", optimise=True),
    Run("front_cancelled", "front_cancelled"),
    Run("front_cancelled_unlink", "front_cancelled", ("UNLINK",)),
    Run("return_ready_submit", "return_ready_submit", optimise=True),
    Run("move_ready", "move_ready", optimise=True),
    Run("move_away", "move_away", optimise=True),
    Run("front_dead", "front_dead", optimise=True),
    Run("two_ready", "two_ready"),
    Run("two_lanes", "two_lanes"),
    Run("two_agents", "two_agents", optimise=True, large=True),
    Run("hand_over", "hand_over", optimise=True, large=True),
]

# -DM_<name>, where, and the property that must fail.
MUTATIONS = [
    mutation("LINK_STORED", "submit_submit_ready", 4),
    mutation("FRONT_STORED", "submit_ready", 3),
    mutation("AGENT_STORED", "two_agents", 3),
    mutation("NO_SECOND_LOOK", "submit_ready", 3),
    mutation("CONTACT_LOOKS_ONLY_FIRST", "submit_ready", 3, "EARLY_LOOK"),
    mutation("RAISE_WITHOUT_VERSION", "front_cancelled", 3),
    mutation("CLAIM_WITHOUT_VERSION", "move_away", 6),
    mutation("CLAIM_STORED", "two_ready", 1),
    mutation("KEYS_COMPARED_ONCE", "two_lanes", 2),
    mutation("COVERED_IF_LIVE", "front_dead", 5),
    mutation("COVERED_IF_CONFIRMED", "front_cancelled", 3),
    mutation("NEVER_LOWERED", "submit_ready", 3),
    mutation("LOWERED_ONLY_IF_ABOVE", "front_cancelled", 3),
    mutation("NEXT_BEFORE_WORD", "front_cancelled", 3),
    mutation("UNLINK_NOT_YET", "return_ready_submit", 4),
    mutation("WORD_BEFORE_NODE", "return_ready_submit", 4),
    mutation("WORD_STORED", "move_away", 1),
    mutation("INSERT_COVERED", "return_ready_submit", 5),
]


class Failed(Exception):
    pass


def need(program, package):
    if shutil.which(program) is None:
        raise Failed(f"{program} is not installed: it comes with the Debian "
                     f"package {package} (apt-get install {package})")


def call(command, directory, seconds):
    try:
        done = subprocess.run(command, cwd=directory, timeout=seconds,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{command[0]} did not end within {seconds} s") from error
    return done.returncode, done.stdout


def explore(run, directory, seconds):
    """Returns (errors, states, property, what pan said of an error)."""
    source = HERE / "config" / f"{run.config}.pml"
    flags = [f"-D{flag}" for flag in run.flags]
    code, said = call(["spin", *flags, "-a", str(source)], directory, seconds)
    if code != 0 or "rror:" in said:
        raise Failed(f"spin refused {source.name}:\n{said}")
    code, said = call(["gcc", "-O1" if run.optimise else "-O0", "-w",
                       "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}",
                       "-o", "pan", "pan.c"], directory, seconds)
    if code != 0:
        raise Failed(f"gcc refused spin's program:\n{said}")
    _, said = call(["./pan", f"-m{DEPTH}"], directory, seconds)
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+) states, stored", said)
    stated = states or re.search(r"(\S+) states, stored", said)
    if errors is None or stated is None:
        raise Failed(f"pan gave no result:\n{said[-2000:]}")
    first = re.search(r"^pan:\d+: (.*)$", said, re.MULTILINE)
    what = first.group(1) if first else ""
    count = int(float(stated.group(1)))
    if int(errors.group(1)) == 0:
        # A search that was cut short proves nothing.
        for word in ("max search depth too small", "out of memory",
                     "reached -DMEMLIM", "Search not completed"):
            if word in said:
                raise Failed(f"pan did not see all states: {word}")
        return 0, count, 0, ""
    failed = re.search(r"property\s*!=\s*(\d+)", what)
    return (int(errors.group(1)), count,
            int(failed.group(1)) if failed else 0, what)


def judge(run, errors, failed, what):
    """What is wrong with the result, or nothing."""
    named = PROPERTIES.get(failed, what)
    if run.fails == 0:
        return f"fails: {named}" if errors else ""
    wanted = PROPERTIES[run.fails]
    if not errors:
        return f"nothing failed, although it should: {wanted}"
    if failed != run.fails:
        return f"failed: {named}; it should have been: {wanted}"
    return ""


def perform(run, seconds):
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="promela-") as directory:
        errors, states, failed, what = explore(run, directory, seconds)
    wrong = judge(run, errors, failed, what)
    result = wrong or (f"caught: {PROPERTIES[failed]}" if errors else "holds")
    print(f"{run.name:32s} {states:9d} states "
          f"{time.monotonic() - begin:6.1f} s  {result}", flush=True)
    return not wrong


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=int, default=240, metavar="N")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    runs = CONFIGURATIONS + MUTATIONS
    unknown = set(arguments.only) - {run.name for run in runs}
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; --list names all")
        return 2
    chosen = [run for run in runs
              if run.name in arguments.only or
              (not arguments.only and (arguments.large or not run.large))]
    if arguments.list:
        print("\n".join(run.name for run in runs))
        return 0
    failures = 0
    try:
        need("spin", "spin")
        need("gcc", "gcc")
    except Failed as error:
        print(error)
        return 1
    for run in chosen:
        try:
            good = perform(run, arguments.seconds)
        except Failed as error:
            print(f"{run.name:32s} {error}", flush=True)
            good = False
        failures += not good
    print(f"{len(chosen) - failures} as they should be, {failures} not")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
