"""Weakens memory orders of the core, and plants defects in copies of it.

Used by scripts/weaken-orders, which has the options. The interleaving tests
replace the order at one place when RELAIS_WEAKEN names it
(tests/interleaving/sites.h), so a weakened order needs no compilation; a
planted defect (mutations.toml) is compiled against a copy of lib/match.
"""

import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "interleaving"
BINARIES = ("interleaving_records_test", "interleaving_lanes_test",
            "interleaving_pairs_test", "interleaving_pulls_test",
            "interleaving_drains_test", "interleaving_interruptions_test",
            "interleaving_triples_test", "interleaving_reserves_test")
SOURCES = ("lib/match", "lib/base/free_stack.h", "lib/base/stamped_cells.h")
# Smaller than those of the tests, so that an order that nobody misses costs
# seconds; the guarding test of orders.txt is run with its own.
QUICK = {
    "interleaving_records_test": {},
    "interleaving_lanes_test": {},
    "interleaving_pairs_test": {"RELAIS_INTERLEAVING_PREEMPTIONS": "2",
                                "RELAIS_INTERLEAVING_WEAK": "1"},
    "interleaving_pulls_test": {"RELAIS_INTERLEAVING_PREEMPTIONS": "2",
                                "RELAIS_INTERLEAVING_WEAK": "1"},
    "interleaving_drains_test": {"RELAIS_INTERLEAVING_PREEMPTIONS": "2",
                                 "RELAIS_INTERLEAVING_WEAK": "1"},
    "interleaving_interruptions_test": {
        "RELAIS_INTERLEAVING_PREEMPTIONS": "2",
        "RELAIS_INTERLEAVING_WEAK": "1"},
    "interleaving_triples_test": {"RELAIS_INTERLEAVING_PREEMPTIONS": "2",
                                  "RELAIS_INTERLEAVING_WEAK": "1"},
    "interleaving_reserves_test": {"RELAIS_INTERLEAVING_PREEMPTIONS": "2",
                                   "RELAIS_INTERLEAVING_WEAK": "1"},
}
METHODS = re.compile(
    r"[.>](load|store|exchange|fetch_\w+|compare_exchange_\w+)\s*\(")

# What each order may be weakened to, by what the access does.
WEAKER = {
    "load": {"seq_cst": ["acquire"], "acquire": ["relaxed"]},
    "store": {"seq_cst": ["release"], "release": ["relaxed"]},
    "modify": {"seq_cst": ["acq_rel"], "acq_rel": ["acquire", "release"],
               "acquire": ["relaxed"], "release": ["relaxed"]},
}
WEAKER["CAS"] = WEAKER["modify"]


@dataclasses.dataclass
class Site:
    file: str       # from the root
    line: int
    column: int
    operation: str  # load, store, CAS, modify
    order: str
    failure: str
    name: str = ""  # function, expression and method: survives other lines


@dataclasses.dataclass
class Weakening:
    site: Site
    which: str      # order or failure
    weaker: str

    @property
    def before(self):
        return self.site.failure if self.which == "failure" else self.site.order

    @property
    def key(self):
        which = " on failure" if self.which == "failure" else ""
        return f"{self.site.name}{which}: {self.before} -> {self.weaker}"

    @property
    def variable(self):
        site = self.site
        return f"{site.file}:{site.line}:{site.column}:{self.which}:{self.weaker}"


def run_test(binary, environment, test_filter="*", timeout=600):
    """(failed test or None, first line of why) of one run."""
    command = [str(binary), "--gtest_fail_fast", "--gtest_brief=1",
               f"--gtest_filter={test_filter}"]
    try:
        done = subprocess.run(
            command, text=True, capture_output=True, timeout=timeout, cwd=ROOT,
            env=os.environ | {"RELAIS_INTERLEAVING_UNCOUNTED": "1"}
            | environment)
    except subprocess.TimeoutExpired:
        return binary.name, f"did not end in {timeout} s"
    if done.returncode == 0:
        if not re.search(r"\[  PASSED  \] [1-9]", done.stdout):
            raise SystemExit(f"{binary.name}: no test is named {test_filter}")
        return None, ""
    failed = re.search(r"\[  FAILED  \] (\S+?),? ", done.stdout)
    why = re.search(r'Which is: "(.*)"', done.stdout)
    name = failed.group(1).rsplit("/", 1)[-1] if failed else binary.name
    tail = (done.stderr.strip().splitlines() or ["it crashed"])[-1]
    return name, why.group(1) if why else tail


def expression_before(text, end):
    """What stands before the '(' at `end`: `free_.load`, `a[b].next.store`."""
    start = end
    while start > 0:
        c = text[start - 1]
        if c in "])":
            depth = 0
            while start > 0:
                start -= 1
                depth += (text[start] in "])") - (text[start] in "[(")
                if depth == 0:
                    break
        elif c.isalnum() or c in "_.":
            start -= 1
        elif text[start - 2:start] == "->":
            start -= 2
        elif c.isspace() and re.match(r"\s*(\.|->)", text[start:]):
            start -= 1
        else:
            break
    return re.sub(r"\s+", "", text[start:end])


def function_around(text, end):
    """The name of the function whose body has the place."""
    for line in reversed(text[:end].splitlines()):
        found = re.match(r"(?: {2})?(?! )[\w:~<>*&, ]*?(\w+)\(", line)
        if found and not line.rstrip().endswith(";") and not re.match(
                r"\s*(return|if|for|while|switch)\b", line):
            return found.group(1)
    return "?"


class Sources:
    """Texts of the code under test, and the places in them."""

    def __init__(self):
        files = [path for source in SOURCES
                 for path in ((ROOT / source).glob("*.h")
                              if (ROOT / source).is_dir()
                              else [ROOT / source])]
        self.texts = {str(path.relative_to(ROOT)): path.read_text()
                      for path in sorted(files)}

    def offset(self, file, line, column):
        lines = self.texts[file].splitlines(keepends=True)
        return sum(map(len, lines[:line - 1])) + column - 1

    def name(self, file, line, column):
        text = self.texts[file]
        end = self.offset(file, line, column)
        return (f"{pathlib.Path(file).name} {function_around(text, end)} "
                f"{expression_before(text, end)}")

    def calls(self):
        """(file, line, column) of every atomic access with an order that is
        not relaxed."""
        for file, text in self.texts.items():
            for found in METHODS.finditer(text):
                end = found.end() - 1
                depth, i = 0, end
                while True:
                    depth += (text[i] == "(") - (text[i] == ")")
                    i += 1
                    if depth == 0:
                        break
                if not re.search(r"memory_order_(?!relaxed)", text[end:i]):
                    continue
                line = text.count("\n", 0, end) + 1
                column = end - (text.rfind("\n", 0, end) + 1) + 1
                yield file, line, column


def reached_sites(directory, sources):
    """The sites of lib/match that the scenarios reach, in source order."""
    sites = {}
    for binary in BINARIES:
        with tempfile.NamedTemporaryFile("r") as out:
            failed, why = run_test(
                directory / binary,
                {"RELAIS_SITES": out.name,
                 "RELAIS_INTERLEAVING_PREEMPTIONS": "1",
                 "RELAIS_INTERLEAVING_WEAK": "0"})
            if failed:
                raise SystemExit(f"{binary}: {failed} fails as it is: {why}")
            for text in out:
                place, operation, order, failure = text.split()
                path, line, column = place.rsplit(":", 2)
                file = path[path.rfind("lib/"):]
                if file in sources.texts:
                    key = (file, int(line), int(column))
                    sites[key] = Site(*key, operation, order, failure)
    counts = {}
    for key in sorted(sites):
        name = sources.name(*key)
        counts[name] = counts.get(name, 0) + 1
        number = f"#{counts[name]}" if counts[name] > 1 else ""
        sites[key].name = name + number
    return [sites[key] for key in sorted(sites)]


def weakenings(sites):
    for site in sites:
        for weaker in WEAKER[site.operation].get(site.order, []):
            yield Weakening(site, "order", weaker)
        if site.operation == "CAS":
            for weaker in WEAKER["load"].get(site.failure, []):
                yield Weakening(site, "failure", weaker)


def judge(directory, weakening, guard):
    """(guarding test or None, why). Tries `guard` first and alone."""
    environment = {"RELAIS_WEAKEN": weakening.variable}
    if guard:
        binary, test = guard.split(".", 1)
        return run_test(directory / binary, environment, f"*/{test}")
    for binary in BINARIES:
        failed, why = run_test(directory / binary,
                               environment | QUICK[binary])
        if failed:
            return f"{binary}.{failed}", why
    return None, ""


def read_orders():
    """Weakening's key -> guarding test, of orders.txt."""
    orders = {}
    for line in (TESTS / "orders.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            key, guard = line.split(" | ")
            orders[key.strip()] = guard.strip()
    return orders


def in_parallel(jobs, work, items):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        yield from zip(items, pool.map(work, items))


# --- Planted defects ----------------------------------------------------------


def compile_test(source, include, output, objects):
    command = [os.environ.get("CXX", "g++"), "-std=c++20", "-O1",
               *(f"-I{path}" for path in include), str(source),
               *map(str, objects), "-lgmock_main", "-lgmock", "-lgtest",
               "-lpthread", "-o", str(output)]
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{source.name} does not compile:\n{done.stderr}")


def plant(mutation, directory):
    """A copy of lib/match with the mutation, below `directory`."""
    copy = directory / "lib" / "match"
    shutil.copytree(ROOT / "lib" / "match", copy)
    for change in mutation["change"]:
        path = copy / change["file"]
        text = path.read_text()
        if text.count(change["old"]) != 1:
            raise SystemExit(f"{mutation['name']}: {change['file']} has its "
                             f"text {text.count(change['old'])} times, not "
                             "once; mutations.toml must follow the source")
        path.write_text(text.replace(change["old"], change["new"]))


def try_mutations(names):
    """Prints a line for each; returns how many were not found."""
    mutations = tomllib.loads((TESTS / "mutations.toml").read_text())
    missed = 0
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        objects = []
        for name in ("arena", "check_failed", "explorer", "sites",
                     "weak_memory"):
            objects.append(work / f"{name}.o")
            subprocess.run(
                [os.environ.get("CXX", "g++"), "-std=c++20", "-O2", "-c",
                 f"-I{ROOT}", str(TESTS / f"{name}.cc"), "-o",
                 str(objects[-1])], check=True)
        for mutation in mutations["mutation"]:
            if names and mutation["name"] not in names:
                continue
            begin = time.monotonic()
            directory = work / mutation["name"].replace(" ", "_")
            plant(mutation, directory)
            binary, test = mutation["test"].split(".", 1)
            output = directory / binary
            source = TESTS / (binary.removeprefix("interleaving_") + ".cc")
            compile_test(source, (directory, ROOT), output, objects)
            failed, why = run_test(output, QUICK[binary], f"*/{test}")
            missed += failed is None
            print(f"{mutation['name']:<44} "
                  f"{f'{failed}: {why}' if failed else 'NOT FOUND'} "
                  f"({time.monotonic() - begin:.0f} s)", flush=True)
    return missed
