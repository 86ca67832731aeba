#!/usr/bin/env python3
"""Goal: each house rule is seen to fail. Method: a tiny clean tree gives no
violation; then one violation at a time is planted, and exactly it is found,
at its line."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock

import headers_test
import house_rules
import source_text

CLEAN = {
    "include/relais/limits.h": """\
// Limits. Thread safety: constants.
#ifndef RELAIS_LIMITS_H_
#define RELAIS_LIMITS_H_
#include <cstdint>
#endif  // RELAIS_LIMITS_H_
""",
    "include/relais/contact.h": """\
// A contact. Thread safety: plain values.
#ifndef RELAIS_CONTACT_H_
#define RELAIS_CONTACT_H_
#include "absl/status/status.h"
#include "relais/limits.h"
#endif  // RELAIS_CONTACT_H_
""",
    "lib/match/lane.h": """\
#ifndef RELAIS_LIB_MATCH_LANE_H_
#define RELAIS_LIB_MATCH_LANE_H_
#include "lib/base/assert.h"
#include "relais/limits.h"
#endif
""",
    "lib/engine/router.h": """\
#ifndef RELAIS_LIB_ENGINE_ROUTER_H_
#define RELAIS_LIB_ENGINE_ROUTER_H_
#include "lib/match/lane.h"
#endif
""",
    "lib/engine/router.cc": """\
#include "lib/engine/router.h"
// A comment may say system_clock, "quote it" and sleep_for(1).
/* #include "server/relaisd.h" */
const char* kText = "steady_clock";
int Kept(int x) { return 1'000 * x; }
""",
    "lib/engine/CMakeLists.txt":
        "relais_library(NAME engine DEPS relais_base relais::match)\n",
    "lib/runtime/loop.cc":
        "#include <utility>\n#include <boost/asio.hpp>\n"
        "auto n() { return std::chrono::steady_clock::now(); }\n",
    "server/main.cc":
        '#include "lib/engine/router.h"\n'
        '#include "relais/v1/contact.pb.h"\n#include <grpcpp/grpcpp.h>\n',
}

LONG_BODY = "  x = x + 1;\n" * 70


class Planted(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        # The repository's own exceptions are not of this tree.
        exceptions = unittest.mock.patch.dict(house_rules.LONGER, clear=True)
        exceptions.start()
        self.addCleanup(exceptions.stop)
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def found(self):
        return list(house_rules.violations(house_rules.Tree(self.root)))

    def expect(self, path, line, rule, part):
        found = self.found()
        self.assertEqual(
            [(v.path, v.line, v.rule) for v in found], [(path, line, rule)],
            "\n".join(map(str, found)))
        self.assertIn(part, found[0].message)

    def append(self, path, text):
        """Appends and returns the line where `text` starts."""
        self.write(path, CLEAN[path] + text)
        return CLEAN[path].count("\n") + 1

    def test_clean_tree_has_none(self):
        self.assertEqual(self.found(), [])

    def test_room_includes_a_room_it_may_not(self):
        for path, name, part in [
                ("lib/match/lane.h", "lib/domain/names.h",
                 "lib/match may not include lib/domain"),
                ("lib/match/lane.h", "relais/contact.h",
                 "lib/match may not include relais/contact.h"),
                ("lib/engine/router.cc", "lib/runtime/loop.h",
                 "lib/engine may not include lib/runtime"),
                ("lib/engine/router.cc", "lib/stats/fold.h",
                 "lib/engine may not include lib/stats"),
                ("lib/engine/router.cc", "server/convert.h",
                 "the library may not include server/convert.h"),
                ("include/relais/contact.h", "lib/base/assert.h",
                 "a public header may not include")]:
            with self.subTest(path=path, name=name):
                line = self.append(path, f'#include "{name}"\n')
                self.expect(path, line, "layers", part)
                self.write(path, CLEAN[path])

    def test_every_pair_of_the_table_is_held(self):
        for room, allowed in house_rules.ROOM_MAY_INCLUDE.items():
            for other in house_rules.ROOM_MAY_INCLUDE:
                if other == room:
                    continue
                path = f"lib/{room}/x.cc"
                self.write(path, f'#include "lib/{other}/y.h"\n')
                found = [v for v in self.found() if v.path == path]
                self.assertEqual(bool(found), other not in allowed,
                                 f"{room} including {other}")
                (self.root / path).unlink()

    def test_unknown_room(self):
        self.write("lib/novel/x.cc", "#include <vector>\n")
        self.expect("lib/novel/x.cc", 1, "layers", "not in the table")

    def test_third_parties_out_of_place(self):
        for path, name, part in [
                ("lib/engine/router.cc", "boost/asio/post.hpp", "Boost.Asio"),
                ("server/main.cc", "boost/graph/x.hpp", "Boost.Graph"),
                ("server/main.cc", "rocksdb/db.h", "knows its database"),
                ("lib/engine/router.cc", "grpcpp/grpcpp.h", "gRPC"),
                ("lib/runtime/loop.cc", "google/protobuf/message.h",
                 "journal encodes"),
                ("lib/engine/router.cc", "yaml-cpp/yaml.h", "YAML"),
                ("lib/engine/router.cc", "gtest/gtest.h", "GoogleTest"),
                ("lib/engine/router.cc", "iostream", "reads no files"),
                ("include/relais/contact.h", "boost/optional.hpp",
                 "a public header may not include")]:
            with self.subTest(path=path, name=name):
                line = self.append(path, f"#include <{name}>\n")
                self.expect(path, line, "layers", part)
                self.write(path, CLEAN[path])

    def test_proto_in_the_library(self):
        line = self.append("lib/engine/router.cc",
                           '#include "relais/v1/contact.pb.h"\n')
        self.expect("lib/engine/router.cc", line, "layers", "gRPC")

    def test_style_of_includes(self):
        line = self.append("lib/engine/router.cc", '#include "names.h"\n')
        self.expect("lib/engine/router.cc", line, "layers", "start at the root")
        line = self.append("lib/engine/router.cc",
                           "#include <relais/contact.h>\n")
        self.expect("lib/engine/router.cc", line, "layers", "quotes")

    def test_dependency_in_the_build(self):
        path = "lib/engine/CMakeLists.txt"
        line = self.append(path, "target_link_libraries(x relais::runtime)\n")
        self.expect(path, line, "layers", "may not depend on lib/runtime")

    def test_words_of_code(self):
        for path, text, part in [
                ("lib/engine/router.cc",
                 "auto t = std::chrono::system_clock::now();\n", "clock"),
                ("lib/engine/router.cc", "auto t = absl::Now();\n", "clock"),
                ("lib/engine/router.cc", "clock_gettime(0, &t);\n", "clock"),
                ("lib/engine/router.cc", "c.WaitFor(mutex, t);\n", "clock"),
                ("lib/engine/router.cc", "absl::SleepFor(t);\n", "sleeping"),
                ("lib/engine/router.cc", "std::random_device d;\n", "seeded"),
                ("lib/engine/router.cc",
                 "std::atomic_thread_fence(o);\n", "fences"),
                ("lib/match/lane.h", "std::atomic_flag f;\n", "spinlocks")]:
            with self.subTest(text=text):
                line = self.append(path, text)
                self.expect(path, line, "words", part)
                self.write(path, CLEAN[path])

    def test_sleep_in_a_test(self):
        self.write("tests/engine/x_test.cc",
                   "\nstd::this_thread::sleep_for(t);\n")
        self.expect("tests/engine/x_test.cc", 2, "words", "sleeping")

    def test_words_of_text(self):
        for text in ["see /ho" + "me/me/x\n", "// TO" + "DO: later\n"]:
            with self.subTest(text=text):
                self.write("docs/x.md", "fine\n" + text)
                self.expect("docs/x.md", 2, "words", ":")

    def test_long_file(self):
        self.write("lib/base/x.cc", "int a;\n" * 600)
        self.assertEqual(self.found(), [])
        self.write("lib/base/x.cc", "int a;\n" * 601)
        self.expect("lib/base/x.cc", 1, "lengths", "601 lines")

    def test_long_functions(self):
        for head in ["void Run(int x) {\n", "int C::Run(int x) const {\n",
                     "struct S {\n void Run(int x) {\n",
                     "TEST(Run, X) {\n",
                     "namespace a {\nC::C(int x) : x(x) {\n"]:
            with self.subTest(head=head):
                opened = head.count("{")
                self.write("lib/base/x.cc",
                           "int a;\n" + head + LONG_BODY + "}\n" * opened)
                self.expect("lib/base/x.cc", 1 + opened, "lengths", "72 lines")

    def test_long_but_no_function(self):
        self.write("lib/base/x.cc",
                   "struct alignas(64) S {\n" + "int a;\n" * 80 + "};\n"
                   "const int k[] = {\n" + "1,\n" * 80 + "};\n"
                   "#if defined(X)\n" + "#define Y(x) \\\n  {\n#endif\n"
                   "namespace a {\n" + "int b();\n" * 80 + "}\n")
        self.assertEqual(self.found(), [])

    def test_exceptions_are_used_or_removed(self):
        with unittest.mock.patch.dict(house_rules.LONGER,
                                      {"lib/base/x.cc": "a table"}):
            self.expect("lib/base/x.cc", 1, "lengths", "remove its exception")
            self.write("lib/base/x.cc", "int a;\n" * 601)
            self.assertEqual(self.found(), [])

    def test_long_python_function(self):
        self.write("tests/house/x.py", "def run():\n" + "    a = 1\n" * 70)
        self.expect("tests/house/x.py", 1, "lengths", "run has 71 lines")

    def test_guard(self):
        self.write("lib/base/x.h", "#ifndef X_H\n#define X_H\n#endif\n")
        self.expect("lib/base/x.h", 1, "guards", "RELAIS_LIB_BASE_X_H_")

    def test_contract(self):
        self.write("include/relais/x.h",
                   "#ifndef RELAIS_X_H_\n#define RELAIS_X_H_\n#endif\n")
        self.expect("include/relais/x.h", 1, "contracts", "Thread safety")

    def test_own_header_first(self):
        self.write("lib/engine/router.cc",
                   "#include <vector>\n" + CLEAN["lib/engine/router.cc"])
        self.expect("lib/engine/router.cc", 1, "headers", "first")

    def test_links(self):
        self.write("docs/x.md", "[a](../lib/match/lane.h) [b](#here)\n"
                   "[c](https://example.org/x) [d](gone.md#part)\n")
        self.expect("docs/x.md", 2, "links", "gone.md does not exist")

    def test_headers_alone(self):
        tree = house_rules.Tree(self.root)
        self.assertEqual(house_rules.headers_without_source(tree),
                         ["include/relais/contact.h",
                          "include/relais/limits.h", "lib/match/lane.h"])
        self.write("lib/base/good.h", "#ifndef A\n#define A\n#include "
                   "<string>\nstd::string f();\n#endif\n")
        self.write("lib/base/bad.h", "std::string f();\n")
        self.write("lib/base/open.h", "struct Twice {};\n")
        compile_alone = lambda name: headers_test.compile_alone(
            "g++", [], self.root, name)
        self.assertEqual(compile_alone("lib/base/good.h"), "")
        self.assertIn("string", compile_alone("lib/base/bad.h"))
        self.assertIn("redefinition", compile_alone("lib/base/open.h"))


class Blanking(unittest.TestCase):

    def test_literals_and_comments(self):
        text = ('a("b // c", \'"\', R"x(d "e" )x"); // f\n'
                "/* g\nh */ i = 1'000'000 + j('k');\n")
        code = source_text.blank(text)
        self.assertEqual(len(code), len(text))
        self.assertEqual(code.count("\n"), text.count("\n"))
        self.assertEqual(code.split(),
                         ["a(", ",", ",", ");", "i", "=", "1'000'000", "+",
                          "j(", ");"])


@unittest.skipUnless(shutil.which("clang++-16"), "clang++-16 is missing")
class LockAnalysis(unittest.TestCase):
    """clang's analysis sees an unguarded access through our annotations."""

    SOURCE = """
        #include "lib/base/mutex.h"
        struct Waiting {
          relais::Mutex mutex;
          int count RELAIS_GUARDED_BY(mutex) = 0;
          void Add() { %s ++count; }
        };
        """

    def complaint(self, lock):
        root = pathlib.Path(__file__).resolve().parents[2]
        return subprocess.run(
            ["clang++-16", "-std=c++20", "-Wthread-safety", "-Werror",
             "-fsyntax-only", f"-I{root}", "-x", "c++", "-"],
            input=self.SOURCE % lock, capture_output=True, text=True,
            check=False).stderr

    def test_access_with_and_without_the_lock(self):
        self.assertEqual(self.complaint("relais::MutexLock lock(mutex);"), "")
        self.assertIn("requires holding mutex 'mutex'", self.complaint(""))


if __name__ == "__main__":
    unittest.main()
