"""The house rules that a machine can hold.

Each rule is a function from a Tree to Violations. tests/house/house_test.py
runs them on the repository, tests/house/house_rules_test.py plants one
violation of each and sees it found.
"""

import ast
import pathlib
import re
from dataclasses import dataclass

import source_text

# Who may include whom (docs/architecture.md). Everybody may include
# include/relais and lib/base; base itself and match, which speaks slots and
# class ids and no word of the domain, are stricter: see PUBLIC_HEADERS_OF.
ROOM_MAY_INCLUDE = {
    "base": set(),
    "domain": {"base"},
    "match": {"base"},
    "policy": {"base", "domain"},
    "skillgraph": {"base", "domain"},
    "journal": {"base", "domain"},
    "stats": {"base", "domain"},
    "planning": {"base"},
    "engine": {"base", "domain", "match", "policy", "skillgraph"},
    "runtime": {"base", "engine", "journal"},
    "simulation": {"base", "engine", "planning", "stats"},
}
# Public headers these rooms may see; all others may see every one.
PUBLIC_HEADERS_OF = {"base": set(), "match": {"relais/limits.h"}}

# Third parties that have their places: pattern of the include, prefixes of
# the paths that may have it, and what to say.
THIRD_PARTIES = [
    (re.compile(r"^boost/asio"), ("lib/runtime/", "server/"),
     "Boost.Asio belongs to lib/runtime and server"),
    (re.compile(r"^boost/graph"), ("lib/skillgraph/",),
     "Boost.Graph belongs to lib/skillgraph"),
    (re.compile(r"^(grpc|grpcpp|relais/v1)/"),
     ("server/", "bench/", "tests/", "examples/"),
     "gRPC stays outside the library"),
    (re.compile(r"^google/protobuf/"),
     ("lib/journal/", "server/", "bench/", "tests/", "examples/"),
     "of the library only the journal encodes with Protobuf"),
    (re.compile(r"^(rocksdb|openssl)/"),
     ("lib/journal/", "bench/", "tests/"),
     "the journal alone knows its database"),
    (re.compile(r"^yaml-cpp/"), ("server/", "bench/", "tests/"),
     "YAML is read by programs, not by the library"),
    (re.compile(r"^(gtest|gmock)/"), ("tests/",),
     "GoogleTest belongs to tests"),
    (re.compile(r"^(iostream|fstream|filesystem)$"),
     ("lib/runtime/", "lib/journal/", "server/", "bench/", "tests/",
      "examples/"), "the library reads no files and prints nothing"),
]
NOT_IN_PUBLIC_HEADERS = re.compile(
    r"^(boost|google/protobuf|grpc|grpcpp|yaml-cpp|relais/v1|lib|server|"
    r"bench|tests)/")

# Words of code with their places, as THIRD_PARTIES.
CODE_WORDS = [
    (re.compile(r"\b(system_clock|steady_clock|high_resolution_clock|"
                r"clock_gettime|gettimeofday|absl::Now|GetCurrentTimeNanos|"
                r"timespec_get|localtime(_r)?|gmtime(_r)?|std::time)\b"),
     ("include/", "lib/"), ("lib/runtime/",),
     "time is a parameter: only lib/runtime and programs read a clock"),
    (re.compile(r"(\.|->)(WaitFor|wait_for|wait_until)\s*\("),
     ("include/", "lib/"), ("lib/runtime/", "lib/base/mutex.h"),
     "a wait with a timeout reads a clock"),
    (re.compile(r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep|"
                r"sleep)\s*\("),
     ("include/", "lib/", "tests/"), ("lib/runtime/",),
     "no sleeping: wait for what you need to have happened"),
    (re.compile(r"\b(random_device|absl::BitGen|s?rand\s*\(|drand48)"),
     ("include/", "lib/", "tests/", "bench/"), (),
     "randomness is seeded: lib/base/random.h"),
    (re.compile(r"\batomic_thread_fence\b"), ("include/", "lib/"), (),
     "the thread sanitizer does not understand fences"),
    (re.compile(r"\bspin_?lock\b|\batomic_flag\b", re.IGNORECASE),
     ("include/", "lib/"), (), "no spinlocks"),
]

# Words in any text. In pieces, so that this file does not find itself.
TEXT_WORDS = [
    (re.compile(r"(?<![\w.~-])/(" + "work|root|home" + r")/\w"),
     "a path of one machine"),
    (re.compile(r"(?<![\w.~-])/tmp/" + r"h/"), "a path of one machine"),
    (re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b"),
     "work left undone: do it, or open an issue"),
]

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
# Longer files ("path") and functions ("path:function"), each with its reason.
LONGER = {
    "tests/journal/golden/v2/journal.txt": "recorded bytes",
    "tests/domain/validate_configuration_test.cc:"
    "TEST(ValidateConfiguration, NamesEachMistake)": "a table of mistakes",
    "tests/domain/validate_choice_test.cc:"
    "TEST(ValidateChoice, NamesEachMistake)": "a table of mistakes",
    "tests/reference/choice_test.cc:OrderStories": "a table of stories",
    "tests/reference/choice_test.cc:RankStories": "a table of stories",
    "tests/reference/lifecycle_test.cc:OfferStories": "a table of stories",
    "tests/reference/lifecycle_test.cc:ReturnStories": "a table of stories",
    "tests/reference/lifecycle_test.cc:ConfigurationStories":
        "a table of stories",
    "tests/reference/limits_test.cc:"
    "TEST_P(LimitsTest, BadArgumentsOfOtherCalls)": "a table of arguments",
}

CPP = {".h", ".cc"}
TEXT = CPP | {".py", ".sh", ".cmake", ".txt", ".proto", ".md", ".yaml",
              ".json", ".in", ""}
CODE_ROOTS = ("include", "lib", "server", "bench", "tests", "examples")
SKIPPED = {"build", ".git", ".cache", "__pycache__", ".ccache"}


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Tree:
    """The files of a working tree below `root`, read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = {}
        self._collect(self.root)

    def _collect(self, directory):
        for entry in sorted(directory.iterdir()):
            if entry.name in SKIPPED or entry.is_symlink():
                continue
            if entry.is_dir():
                self._collect(entry)
            elif entry.suffix in TEXT and entry.name != "LICENSE":
                path = entry.relative_to(self.root).as_posix()
                self.files[path] = entry.read_text(encoding="utf-8")

    def cpp(self):
        for path, text in self.files.items():
            if (pathlib.PurePosixPath(path).suffix in CPP
                    and path.split("/")[0] in CODE_ROOTS):
                yield path, text


def room_of(path):
    match = re.match(r"lib/(\w+)/", path)
    return match.group(1) if match else None


def layers(tree):
    """Who includes whom, and which third parties stand where."""
    for path, text in tree.cpp():
        for line, name, quoted in source_text.includes(text):
            for message in _include_problems(path, name, quoted):
                yield Violation(path, line, "layers", message)


def _include_problems(path, name, quoted):
    public = name.startswith("relais/") and not name.startswith("relais/v1/")
    if path.startswith("include/") and NOT_IN_PUBLIC_HEADERS.match(name):
        yield f"a public header may not include {name}"
    for pattern, places, message in THIRD_PARTIES:
        if pattern.match(name) and not path.startswith(places):
            yield f"{name}: {message}"
    ours = public or re.match(r"(lib|server|bench|tests|examples)/", name)
    if bool(ours) != quoted and not name.startswith("relais/v1/"):
        if ours:
            yield f"our own {name} is included with quotes"
        elif not re.match(r"(absl|gtest|gmock|boost|grpcpp|grpc|yaml-cpp|"
                          r"google|benchmark)/", name):
            yield f'"{name}": includes start at the root of the repository'
    room = room_of(path)
    if room is None:
        return
    if room not in ROOM_MAY_INCLUDE:
        yield f"room {room} is not in the table of rooms"
        return
    allowed_public = PUBLIC_HEADERS_OF.get(room)
    if public and allowed_public is not None and name not in allowed_public:
        yield f"lib/{room} may not include {name}"
    if re.match(r"(server|bench|tests|examples)/", name):
        yield f"the library may not include {name}"
    other = room_of(name)
    if other and other != room and other not in ROOM_MAY_INCLUDE[room]:
        yield f"lib/{room} may not include lib/{other}"


def build_layers(tree):
    """The same table in the DEPS of the rooms' CMakeLists.txt."""
    for room, allowed in ROOM_MAY_INCLUDE.items():
        path = f"lib/{room}/CMakeLists.txt"
        text = re.sub(r"#[^\n]*", "", tree.files.get(path, ""))
        for match in re.finditer(r"\brelais(?:_|::)(\w+)", text):
            other = match.group(1)
            if other in ROOM_MAY_INCLUDE and other != room \
                    and other not in allowed:
                yield Violation(path, source_text.line_of(text, match.start()),
                                "layers",
                                f"lib/{room} may not depend on lib/{other}")


def code_words(tree):
    for path, text in tree.cpp():
        code = source_text.blank(text)
        for pattern, roots, places, message in CODE_WORDS:
            if not path.startswith(roots) or path.startswith(places or "\0"):
                continue
            for match in pattern.finditer(code):
                yield Violation(path, source_text.line_of(code, match.start()),
                                "words", f"{match.group(0).strip()}: {message}")


def text_words(tree):
    for path, text in tree.files.items():
        for pattern, message in TEXT_WORDS:
            for match in pattern.finditer(text):
                yield Violation(path, source_text.line_of(text, match.start()),
                                "words", f"{match.group(0)}: {message}")


def lengths(tree):
    unused = set(LONGER)
    for path, text in tree.files.items():
        for key, violation in _too_long(path, text):
            if key in LONGER:
                unused.discard(key)
            else:
                yield violation
    for key in sorted(unused):
        yield Violation(key.split(":")[0], 1, "lengths",
                        f"{key} is no longer too long: remove its exception")


def _too_long(path, text):
    suffix = pathlib.PurePosixPath(path).suffix
    if suffix in (".md", ".json"):
        return
    count = text.count("\n")
    if count > FILE_LINES_MAX:
        yield path, Violation(path, 1, "lengths", f"{count} lines, at most "
                              f"{FILE_LINES_MAX}")
    for line, lines, name in _functions_of(suffix, text):
        if lines > FUNCTION_LINES_MAX:
            yield f"{path}:{name}", Violation(
                path, line, "lengths", f"{name} has {lines} lines, at most "
                f"{FUNCTION_LINES_MAX}")


def _functions_of(suffix, text):
    if suffix in CPP:
        for line, lines, head in source_text.functions(text):
            match = re.search(r"([\w:~]+|operator\S+)\s*\(([^()]*)", head)
            name = match.group(1) if match else head
            if match and re.match(r"(TEST|TEST_F|TEST_P|TYPED_TEST)$", name):
                name = f"{name}({match.group(2)})"
            yield line, lines, name
    elif suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                yield (node.lineno, node.end_lineno - node.lineno + 1,
                       node.name)


def guards(tree):
    """RELAIS_LIB_MATCH_LANE_H_ for lib/match/lane.h; include/ is left out."""
    for path, text in tree.cpp():
        if not path.endswith(".h"):
            continue
        name = path.removeprefix("include/")
        if not name.startswith("relais/"):
            name = "relais/" + name
        guard = re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_"
        if not re.search(rf"^#ifndef {guard}\n#define {guard}$", text, re.M):
            yield Violation(path, 1, "guards", f"the guard is {guard}")


def contracts(tree):
    """A public header opens with what it is and who may call it."""
    for path, text in tree.files.items():
        if not path.startswith("include/relais/"):
            continue
        opening = text.split("#ifndef", 1)[0]
        if not opening.startswith("//") or "Thread safety:" not in opening:
            yield Violation(path, 1, "contracts", "open with a comment that "
                            'says what it is, and "Thread safety:"')


def own_header_first(tree):
    """x.cc includes x.h first, which shows that x.h compiles alone."""
    for path, text in tree.cpp():
        header = re.sub(r"\.cc$", ".h", path)
        if not path.endswith(".cc") or header not in tree.files:
            continue
        names = source_text.includes(text)
        if not names or names[0][1] != header.removeprefix("include/"):
            yield Violation(path, 1, "headers", f"include {header} first")


def links(tree):
    """A page's links to files of the repository lead somewhere."""
    for path, text in tree.files.items():
        if not path.endswith(".md"):
            continue
        for match in re.finditer(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", text):
            target = match.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            if not (tree.root / path).parent.joinpath(target).exists():
                yield Violation(path, source_text.line_of(text, match.start()),
                                "links", f"{target} does not exist")


RULES = [layers, build_layers, code_words, text_words, lengths, guards,
         contracts, own_header_first, links]


def violations(tree):
    for rule in RULES:
        yield from rule(tree)


def headers_without_source(tree):
    """Headers that no source shows to compile alone."""
    shown = {re.sub(r"\.cc$", ".h", path) for path, _ in tree.cpp()
             if path.endswith(".cc")}
    return [path for path, _ in tree.cpp()
            if path.endswith(".h") and path not in shown]
