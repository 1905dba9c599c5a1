#!/usr/bin/env python3
"""Adds to package-lock.json the optional packages of other platforms that npm left out.

npm leaves them out where the registry it spoke to does not have them, and `npm ci` then refuses
the lock file everywhere. Run it after changing dependencies: tools/complete_lock.py web tests
"""
import json
import re
import sys

OS = {"darwin", "linux", "win32", "android", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony"}
CPU = {"x64", "arm64", "arm", "ia32", "ppc64", "s390x", "riscv64", "loong64", "mips64el", "wasm32", "universal"}


def platform_of(name):
    words = re.split(r"[-/@]", name)
    entry = {}
    for word in words:
        if word in OS:
            entry["os"] = [word]
        elif word in CPU and word != "universal":
            entry["cpu"] = [word]
        elif word == "armv7" or word == "armhf":
            entry["cpu"] = ["arm"]
        elif word in ("musl", "musleabihf"):
            entry["libc"] = ["musl"]
        elif word in ("gnu", "gnueabihf"):
            entry["libc"] = ["glibc"]
    return entry


def complete(path):
    with open(path, encoding="utf-8") as file:
        lock = json.load(file)
    packages = lock["packages"]
    added = []
    for where, package in list(packages.items()):
        for name, version in package.get("optionalDependencies", {}).items():
            places = [f"node_modules/{name}", f"{where}/node_modules/{name}"]
            if any(place in packages for place in places) or not re.fullmatch(r"\d[\w.+-]*", version):
                continue
            entry = {"version": version, **platform_of(name), "optional": True}
            if package.get("dev"):
                entry["dev"] = True
            packages[places[0]] = entry
            added.append(name)
    root = packages.pop("")
    lock["packages"] = {"": root, **dict(sorted(packages.items()))}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(lock, file, indent=2, ensure_ascii=False)
        file.write("\n")
    print(f"{path}: {len(added)} added")


for folder in sys.argv[1:] or ["web", "tests"]:
    complete(f"{folder}/package-lock.json")
