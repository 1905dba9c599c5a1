#!/usr/bin/env python3
"""Checks deploy/ without a Docker engine: what it names has to exist, nobody may be root.

  check_deploy.py [FOLDER]     says what is wrong with FOLDER/deploy (this tree)
  check_deploy.py --self-test  breaks copies, and expects a complaint about each
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

# Set by operators for something else than the server.
NOT_OURS = {"PARLEY_": "the prefix", "PARLEY_VERSION": "the compiler"}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
PINNED = re.compile(r"^[\w./-]+:\d[\w.-]*$")
WORKLOADS = ("StatefulSet", "Deployment", "DaemonSet")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    return done.returncode, (done.stdout + done.stderr).strip()


def texts(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_text()


def documents(folder):
    for path, text in texts(folder):
        if path.suffix in (".yml", ".yaml"):
            yield path, [one for one in yaml.safe_load_all(text) if one]


def check_settings(folder, root):
    table = (root / "docs/configuration.md").read_text()
    known = set(re.findall(r"`(PARLEY_\w+)`", table))
    flags = set(re.findall(r"`--([a-z-]+)`", table))
    for path, text in texts(folder):
        for name in sorted(set(re.findall(r"\bPARLEY_\w*", text)) - known - set(NOT_OURS)):
            yield f"{path}: there is no setting {name}"
        for line in re.findall(r"parley serve(.*)", text):
            for flag in re.findall(r"--([a-z-]+)", line):
                if flag not in flags:
                    yield f"{path}: there is no flag --{flag}"
                if flag.endswith("secret") or flag in ("storage", "redis", "rabbitmq"):
                    yield f"{path}: --{flag} is a secret, which others can read in a list of processes"


def check_metrics(folder, root):
    table = (root / "docs/metrics.md").read_text()
    known = {}
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", table, re.M):
        known[name] = kind
    whole = {name for name, kind in known.items() if kind != "histogram"}
    for name in known:
        if known[name] == "histogram":
            whole |= {f"{name}_{end}" for end in ("bucket", "count", "sum")}
    for path, text in texts(folder / "monitoring"):
        if path.suffix == ".json":
            board = json.loads(text)
            text = "\n".join(target["expr"] for panel in board["panels"]
                             for target in panel.get("targets", []))
        for name in sorted(set(re.findall(r"\b(?<!:)(?:parley|process)_[a-z_]+\b", text)) - whole):
            yield f"{path}: there is no metric {name}"
    for path, all_of_it in documents(folder / "kubernetes"):
        for one in all_of_it:
            for metric in (one.get("spec") or {}).get("metrics", []) if "spec" in one else []:
                name = metric.get("pods", {}).get("metric", {}).get("name")
                if name and name not in whole:
                    yield f"{path}: there is no metric {name}"


def check_pods(path, one):
    pod = one["spec"]["template"]["spec"]
    if not (pod.get("securityContext") or {}).get("runAsNonRoot"):
        yield f"{path}: its containers may run as root"
    for container in pod["containers"]:
        if not PINNED.match(container["image"]):
            yield f"{path}: {container['image']} names no version"
        for probe in PROBES:
            asked = container.get(probe, {}).get("httpGet", {}).get("path")
            wanted = "/ready" if probe == "readinessProbe" else "/health"
            if asked != wanted:
                yield f"{path}: {probe} asks {asked}, not {wanted}"


def check_containers(folder):
    for path, all_of_it in documents(folder):
        for one in all_of_it:
            for name, service in (one.get("services") or {}).items():
                if not PINNED.match(service.get("image", "")):
                    yield f"{path}: {name}: {service.get('image')} names no version"
                if str(service.get("user", "root")).split(":")[0] in ("root", "0"):
                    yield f"{path}: {name} runs as root"
            if one.get("kind") in WORKLOADS:
                yield from check_pods(path, one)
            if one.get("kind") == "Secret":
                for key, value in {**one.get("stringData", {}), **one.get("data", {})}.items():
                    if value:
                        yield f"{path}: {key} has a value; a secret does not belong into Git"
    docker = folder / "Dockerfile"
    lines = docker.read_text()
    for image in re.findall(r"^FROM (\S+)", lines, re.M):
        if not PINNED.match(image):
            yield f"{docker}: {image} names no version"
    users = re.findall(r"^USER (\S+)", lines, re.M)
    if not users or not re.match(r"[1-9]\d*", users[-1]):
        yield f"{docker}: it ends as root, or as a user without a number"


def check_libraries(folder, binary):
    """The image installs the package of each library that the binary itself asks for."""
    if not binary.exists() or not shutil.which("dpkg") or not shutil.which("objdump"):
        return
    listed = set(re.findall(r"^    ([a-z0-9.+-]+) \\$", (folder / "Dockerfile").read_text(), re.M))
    paths = dict(re.findall(r"(\S+) => (\S+)", run("ldd", str(binary))[1]))
    for library in re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", str(binary))[1]):
        if library not in paths:
            continue
        owner = run("dpkg", "-S", os.path.realpath(paths[library]))
        package = owner[1].split(":")[0] if owner[0] == 0 else None
        if package and package not in listed | {"libc6", "libgcc-s1"}:
            yield f"{folder}/Dockerfile: {library} needs the package {package}"


def check_tools(folder):
    monitoring = folder / "monitoring"
    for command in (["promtool", "check", "config", "prometheus.yml"],
                    ["promtool", "check", "rules", "parley.rules.yml"],
                    ["promtool", "test", "rules", "parley.rules.test.yml"]):
        code, said = run(*command, cwd=monitoring)
        if code != 0:
            yield f"{' '.join(command)}: {said}"
    yield from check_nginx(folder)
    if shutil.which("systemd-analyze"):
        unit = folder / "systemd/parley.service"
        for line in run("systemd-analyze", "verify", str(unit))[1].splitlines():
            # Only what is said of ours; the binary need not be installed here.
            if "parley.service" in line and "is not executable" not in line:
                yield line


def check_nginx(folder):
    """What compose.scale.yml makes of nginx/parley.conf, tried by nginx itself."""
    with tempfile.TemporaryDirectory() as temp:
        conf = f"{temp}/parley.conf"
        code, said = run("sh", str(folder / "docker/nginx-start.sh"),
                         env={**os.environ, "SOURCE": str(folder / "nginx/parley.conf"), "RENDER": conf})
        if code != 0:
            yield f"nginx-start.sh: {said}"
            return
        text = pathlib.Path(conf).read_text()
        for left in re.findall(r"10\.0\.0\.\d+|chat\.example\.org|/var/log/\S+", text):
            yield f"{folder}/docker/nginx-start.sh leaves {left} in parley.conf"
        text = re.sub(r"listen (\S*?)(80|443)\b", r"listen \g<1>1\2", text)
        text = text.replace("/etc/parley/tls", temp).replace("/dev/stdout", f"{temp}/log")
        pathlib.Path(conf).write_text(re.sub(r"node-\d:", "127.0.0.1:", text))
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-subj", "/CN=localhost", "-keyout", f"{temp}/chat.key", "-out", f"{temp}/chat.pem")
        whole = (folder / "docker/nginx.conf").read_text().replace("/tmp/", f"{temp}/")
        pathlib.Path(f"{temp}/nginx.conf").write_text(whole)
        code, said = run("nginx", "-t", "-c", f"{temp}/nginx.conf",
                         env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        if code != 0:
            yield f"nginx -t: {said}"


def problems(folder, root):
    try:
        yield from check_containers(folder)
    except yaml.YAMLError as wrong:
        yield f"{folder}: {wrong}"
        return
    yield from check_settings(folder, root)
    yield from check_metrics(folder, root)
    yield from check_libraries(folder, root / "build/release/parley")
    yield from check_tools(folder)


# A file, what is replaced in it, by what, and a word of the complaint.
BREAKS = [
    ("compose.yml", "services:", "services: [", "while parsing"),
    ("compose.yml", 'user: "10001:10001"', 'user: "0:0"', "runs as root"),
    ("compose.scale.yml", "postgres:15.13", "postgres:latest", "names no version"),
    ("compose.scale.yml", "PARLEY_ADVERTISE", "PARLEY_ADVERTIZE", "no setting PARLEY_ADVERTIZE"),
    ("Dockerfile", "USER 10001:10001", "USER root", "ends as root"),
    ("Dockerfile", "FROM debian:12-slim\n", "FROM debian\n", "names no version"),
    ("kubernetes/node.yml", "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"),
    ("kubernetes/node.yml", "path: /ready", "path: /readyz", "/readyz"),
    ("kubernetes/autoscaling.yml", "name: parley_connections", "name: parley_sockets", "parley_sockets"),
    ("kubernetes/secret.example.yml", 'PARLEY_TOKEN_SECRET: ""', "PARLEY_TOKEN_SECRET: abc", "has a value"),
    ("systemd/parley.service", "parley serve", "parley serve --token-secret x", "is a secret"),
    ("systemd/parley.service", "parley serve", "parley serve --colour", "no flag --colour"),
    ("monitoring/parley.rules.yml", "parley_redis_up ==", "parley_redis_is_up ==", "parley_redis_is_up"),
    ("monitoring/parley.rules.yml", "for: 1m", "for: never", "promtool"),
    ("monitoring/parley.rules.yml", "parley_store_available == 0", "parley_store_available == 2", "test rules"),
    ("monitoring/parley.dashboard.json", "parley_bus_messages_total", "parley_bus_total", "parley_bus_total"),
    ("nginx/parley.conf", "server_tokens off;", "server_tokens perhaps;", "nginx -t"),
]


def self_test(root):
    missed = 0
    breaks = list(BREAKS)
    if (root / "build/release/parley").exists() and shutil.which("objdump") and shutil.which("dpkg"):
        breaks.append(("Dockerfile", "    libzip4 \\\n", "", "libzip4"))
    for name, old, new, word in breaks:
        with tempfile.TemporaryDirectory() as temp:
            folder = pathlib.Path(temp) / "deploy"
            shutil.copytree(root / "deploy", folder)
            text = (folder / name).read_text()
            if old not in text:
                print(f"check_deploy.py --self-test: {name} has no '{old}'")
                missed += 1
                continue
            (folder / name).write_text(text.replace(old, new))
            if not any(word in line for line in problems(folder, root)):
                print(f"check_deploy.py --self-test: '{new}' in {name} is not noticed")
                missed += 1
    return missed


def main(arguments):
    root = pathlib.Path(__file__).resolve().parent.parent
    if arguments == ["--self-test"]:
        return 1 if self_test(root) else 0
    found = list(problems(pathlib.Path(arguments[0] if arguments else root) / "deploy", root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
