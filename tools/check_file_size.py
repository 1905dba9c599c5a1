#!/usr/bin/env python3
"""Refuses files nobody reads whole: 500 lines, tests 800, what is generated any number."""
import subprocess
import sys

LONGEST = 500
LONGEST_TEST = 800
GENERATED = {"web/src/protocol.ts"}
SUFFIXES = (".cpp", ".h", ".ts", ".tsx", ".py", ".sh", ".css", ".sql")


def limit_of(path):
    if path in GENERATED:
        return None
    is_test = "_test." in path or ".test." in path or path.startswith("tests/") or "/contract/" in path
    return LONGEST_TEST if is_test else LONGEST


def problems(sizes):
    for path, lines in sizes:
        limit = limit_of(path)
        if limit is not None and lines > limit:
            yield f"{path}: {lines} lines, at most {limit}: divide it by topic"


def tracked_sizes():
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True)
    for path in listed.stdout.splitlines():
        if path.endswith(SUFFIXES):
            try:
                with open(path, "rb") as file:
                    yield path, sum(1 for _ in file)
            except FileNotFoundError:
                pass  # removed in the work tree


def self_test():
    planted = [("a.cpp", 501), ("b.cpp", 500), ("c_test.cpp", 800), ("d_test.cpp", 801),
               ("web/src/protocol.ts", 9000)]
    found = [line.split(":")[0] for line in problems(planted)]
    assert found == ["a.cpp", "d_test.cpp"], found


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
        sys.exit(0)
    wrong = list(problems(tracked_sizes()))
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
