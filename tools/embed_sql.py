#!/usr/bin/env python3
"""Writes the migrations of a folder into a C++ source: embed_sql.py FOLDER OUTPUT FUNCTION.

Files are called NNNN_name.sql and numbered without gaps. The checksum lets the server notice that
a migration it has applied was changed afterwards.
"""
import hashlib
import pathlib
import re
import sys


def main() -> None:
    folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    function = sys.argv[3]
    rows = []
    for number, path in enumerate(sorted(folder.glob("*.sql")), start=1):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)", path.stem)
        if not match or int(match[1]) != number:
            sys.exit(f"{path}: expected the name {number:04}_something.sql")
        text = path.read_text()
        if ')sql"' in text:
            sys.exit(f"{path}: the text must not contain )sql\"")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        rows.append(f'    {{{number}, "{match[2]}", "{checksum}",\nR"sql({text})sql"}},\n')
    output.write_text(
        "// Written by tools/embed_sql.py.\n"
        '#include "storage/sql/migration.h"\n\n'
        "namespace parley::storage {\n\n"
        f"std::span<const Migration> {function}() {{\n"
        f"  static constexpr Migration kMigrations[] = {{\n{''.join(rows)}  }};\n"
        "  return kMigrations;\n"
        "}\n\n"
        "}  // namespace parley::storage\n"
    )


main()
