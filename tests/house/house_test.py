#!/usr/bin/env python3
"""Holds the house rules on the repository: prints each violation.

Usage: house_test.py [root]
"""

import sys

import house_rules


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    tree = house_rules.Tree(root)
    rooms = {house_rules.room_of(path) for path, _ in tree.cpp()}
    if "base" not in rooms:
        print(f"{root} is not the repository: lib/base is missing")
        return 2
    found = list(house_rules.violations(tree))
    for violation in found:
        print(violation)
    print(f"{len(tree.files)} files, {len(house_rules.RULES)} rules, "
          f"{len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
