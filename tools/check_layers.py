#!/usr/bin/env python3
"""Who may know whom: the DAG of docs/architecture.md, and which folder may use which library."""
import re
import subprocess
import sys

KNOWS = {
    "base": "",
    "model": "base",
    "delivery": "base model",
    "user": "base model delivery",
    "chat": "base model delivery",
    "notification": "base model delivery",
    "media": "base model delivery",
    "processor": "base model delivery user chat media notification",
    "storage": "base model delivery user chat media notification",
    "broker": "base model delivery",
    "senders": "base model delivery notification",
    "gateway": "base model delivery user chat media notification",
    # "app" wires them all and is known by none.
    "app": "base model delivery user chat media notification processor storage broker senders gateway",
}

# A library that only one folder may see, as the beginning of an include.
ONLY = {
    "boost/beast": ("gateway", ".cpp"),
    "sqlite3.h": ("storage", ""),
    "libpq-fe.h": ("storage", ""),
    "simdjson.h": ("gateway", ""),
    "jwt.h": ("user", ".cpp"),
    "crypt.h": ("user", ".cpp"),
    "cbor.h": ("user", ".cpp"),
    "zxcvbn.h": ("user", ".cpp"),
    "curl/": ("senders", ".cpp"),
    "amqp": ("broker", ".cpp"),
    "hiredis/": ("broker", ".cpp"),
    "nghttp2/": ("senders", ""),
    "prometheus/": ("base", ".cpp"),
    "spdlog/": ("base", ".cpp"),
}

WEB_KNOWS = {
    "protocol": "",
    "state": "protocol",
    "ui": "",
    "chat": "ui state protocol",
    "account": "ui state protocol",
    "settings": "ui state protocol account",
    # Being woken in this browser; page and service worker share it.
    "notifications": "state protocol",
    "connection": "notifications state protocol",
    # The service worker: built alone, started by the browser.
    "worker": "connection notifications state protocol",
    # main knows everything
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
LIBRARY = re.compile(r"^parley_library\((\w+)([^)]*)\)", re.M)
IMPORT = re.compile(r"""(?:from\s+|import\s*\(\s*|import\s+)['"](\.[^'"]*)['"]""")


def server_problems(path, text):
    parts = path.split("/")
    folder = parts[2]
    if folder not in KNOWS:
        yield f"{path}: there is no layer '{folder}'"
        return
    for quoted, angled in INCLUDE.findall(text):
        included = quoted or angled
        owned = [only for library, only in ONLY.items() if included.startswith(library)]
        for owner, suffix in owned:
            if folder != owner or not path.endswith(suffix):
                yield f"{path}: {included} is only for {owner}/*{suffix}"
        target = included.split("/")[0]
        if quoted and not owned and target != folder and target not in KNOWS[folder].split():
            yield f"{path}: {folder} must not know {target} ({included})"


def web_layer(path):
    return path.removeprefix("web/src/").split("/")[0].removesuffix(".ts").removesuffix(".tsx")


def web_problems(path, text):
    layer = web_layer(path)
    if layer == "main" or ".test." in path or path.endswith(".d.ts"):
        return
    if layer not in WEB_KNOWS:
        yield f"{path}: there is no layer '{layer}'"
        return
    base = path.split("/")[:-1]
    for target in IMPORT.findall(text):
        parts = list(base)
        for piece in target.split("/"):
            if piece == "..":
                parts.pop()
            elif piece != ".":
                parts.append(piece)
        resolved = "/".join(parts)
        if not resolved.startswith("web/src/"):
            continue
        known = web_layer(resolved)
        if known not in (layer, "styles", "i18n") and known not in WEB_KNOWS[layer].split():
            yield f"{path}: {layer} must not know {known} ({target})"


def cmake_problems(path, text):
    """The libraries must be linked as the table says, or an include could not be trusted."""
    for name, arguments in LIBRARY.findall(text):
        below = arguments.split("LINK")[0].replace("DEPENDS", "").split()
        if name not in KNOWS or set(below) != set(KNOWS[name].split()):
            yield f"{path}: {name} depends on '{' '.join(below)}', not as the table says"


def problems(path, text):
    if path == "CMakeLists.txt":
        yield from cmake_problems(path, text)
    elif path.startswith("server/src/") and path.endswith((".h", ".cpp")):
        yield from server_problems(path, text)
    elif path.startswith("web/src/") and path.endswith((".ts", ".tsx")):
        yield from web_problems(path, text)


def self_test():
    for planted in [
        ("server/src/chat/x.cpp", '#include "user/service.h"\n'),
        ("server/src/base/x.h", '#include "model/ids.h"\n'),
        ("server/src/gateway/x.h", "#include <boost/beast/http.hpp>\n"),
        ("server/src/chat/x.cpp", "#include <sqlite3.h>\n"),
        ("server/src/chat/x.cpp", '#include "sqlite3.h"\n'),
        ("server/src/odd/x.cpp", ""),
        ("CMakeLists.txt", "parley_library(model DEPENDS base chat)\n"),
        ("web/src/odd/x.ts", ""),
        ("web/src/ui/Button.tsx", "import { store } from '../state/store'\n"),
        ("web/src/chat/List.tsx", "import { socket } from '../connection/socket'\n"),
    ]:
        assert list(problems(*planted)), planted
    for fine in [
        ("server/src/chat/x.cpp", '#include "delivery/router.h"\n#include <vector>\n'),
        ("server/src/gateway/x.cpp", "#include <boost/beast/http.hpp>\n"),
        ("web/src/chat/List.tsx", "import { store } from '../state/store'\n"),
        ("web/src/main.tsx", "import { socket } from './connection/socket'\n"),
        ("CMakeLists.txt", "parley_library(chat DEPENDS base model delivery\n  LINK fmt::fmt)\n"),
    ]:
        assert not list(problems(*fine)), fine


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
        sys.exit(0)
    listed = subprocess.run(["git", "ls-files", "server/src", "web/src", "CMakeLists.txt"], check=True,
                            capture_output=True, text=True)
    wrong = []
    for name in listed.stdout.splitlines():
        try:
            with open(name, encoding="utf-8") as file:
                wrong += problems(name, file.read())
        except FileNotFoundError:
            pass  # removed in the work tree
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
