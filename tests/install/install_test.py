#!/usr/bin/env python3
"""Goal: what is installed is enough for an embedder. Method: the build is
installed to an empty prefix; a project outside the source tree finds the
package there and nowhere else, links relais::relais and routes a contact; a
version that is too new is refused; no header of the rooms is installed.

Usage: install_test.py --cmake CMAKE --build DIRECTORY --compiler COMPILER
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"


class Failed(Exception):
    pass


def run(*command, fails=False):
    """Runs a command that must succeed, or must fail; returns its output."""
    result = subprocess.run([str(word) for word in command],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    if (result.returncode != 0) != fails:
        expected = "a failure" if fails else "success"
        raise Failed(f"{' '.join(map(str, command))}\n{result.stdout}\n"
                     f"exit code {result.returncode}, expected {expected}")
    return result.stdout


def check_installed_files(prefix):
    headers = sorted(path.relative_to(prefix / "include").as_posix()
                     for path in (prefix / "include").rglob("*.h"))
    if "relais/router.h" not in headers:
        raise Failed(f"relais/router.h is not among {headers}")
    foreign = [name for name in headers if not name.startswith("relais/")]
    if foreign:
        raise Failed(f"headers that are not public: {foreign}")
    for package in prefix.rglob("relaisTargets*.cmake"):
        text = package.read_text(encoding="utf-8")
        for word in ("boost", "grpc", "protobuf", "yaml"):
            if word in text.lower():
                raise Failed(f"{package.name} asks embedders for {word}")


def check_consumer(arguments, prefix, directory):
    source, build = directory / "consumer", directory / "build"
    shutil.copytree(CONSUMER, source)
    configure = [arguments.cmake, "-G", "Ninja", "-S", source, "-B", build,
                 f"-DCMAKE_CXX_COMPILER={arguments.compiler}",
                 f"-DCMAKE_PREFIX_PATH={prefix}",
                 "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF"]
    run(*configure)
    run(arguments.cmake, "--build", build)
    output = run(build / "consumer")
    expected = "contact call-1 is offered to agent ada\n"
    if output != expected:
        raise Failed(f"the consumer printed {output!r}, not {expected!r}")
    refused = run(*configure, "-DWANTED_VERSION=99.0", fails=True)
    if "99.0" not in refused:
        raise Failed(f"version 99.0 was refused for another reason:\n{refused}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("--cmake", "--build", "--compiler"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        prefix = directory / "prefix"
        try:
            run(arguments.cmake, "--install", arguments.build, "--prefix",
                prefix, "--component", "library")
            check_installed_files(prefix)
            check_consumer(arguments, prefix, directory)
        except Failed as failed:
            print(failed)
            return 1
    print("an embedder can find, build and run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
