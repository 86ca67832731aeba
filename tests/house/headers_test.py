#!/usr/bin/env python3
"""Compiles alone each header that no source of its own shows to do so.

Usage: headers_test.py --compiler g++ [--include directory]... [root]
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys

import house_rules


def compile_alone(compiler, directories, root, header):
    """The compiler's complaint, or an empty string."""
    command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror",
               "-Wno-pragma-once-outside-header", "-fsyntax-only",
               "-I.", "-Iinclude"]
    for directory in directories:
        command += ["-isystem", directory]
    command += ["-x", "c++", "-"]
    name = header.removeprefix("include/")
    # Twice: the guard must hold.
    source = f'#include "{name}"\n' * 2
    result = subprocess.run(command, input=source, capture_output=True,
                            text=True, cwd=root, check=False)
    return result.stderr if result.returncode else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("root", nargs="?", default=".")
    arguments = parser.parse_args()
    headers = house_rules.headers_without_source(
        house_rules.Tree(arguments.root))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = pool.map(
            lambda header: compile_alone(arguments.compiler,
                                         arguments.include, arguments.root,
                                         header), headers)
        for header, complaint in zip(headers, complaints):
            if complaint:
                failed += 1
                print(f"{header} does not compile alone:\n{complaint}")
    print(f"{len(headers)} headers compiled alone, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
