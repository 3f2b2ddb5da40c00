# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Functions fit a screen, files stay small, C++ is formatted, shell scripts pass ShellCheck."""

import ast
import re
import subprocess

from tree import CPP_SUFFIXES, XEN_STYLE_FOLDERS, Problem, scripts

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
CODE_SUFFIXES = (*CPP_SUFFIXES, ".py", ".sh")
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
CONTAINER = re.compile(r"^(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|union|enum|extern\s*(?:\"\")?\s*$|export)\b",
                       re.DOTALL)
SHELL_FUNCTION = re.compile(r"^(?:function\s+)?([\w-]+)\s*\(\)\s*[{(]")


def blank(text):
    """The text without comments, literals and preprocessor lines, every line kept in its place."""
    text = NOISE.sub(lambda m: '""' + "\n" * m.group(0).count("\n"), text)
    kept, continued = [], False
    for line in text.split("\n"):
        directive = continued or line.lstrip().startswith("#")
        continued = directive and line.endswith("\\")
        kept.append("" if directive else line)
    return "\n".join(kept)


def cpp_functions(text):
    """(name, first line, line count) of each function body that braces show; lambdas count with their function."""
    text = blank(text)
    stack, head, line, found = [], "", 1, []
    for char in text:
        if char == "\n":
            line += 1
        inside = any(kind == "function" for kind, *_ in stack)
        if char == "{":
            words = head.strip()
            kind = "other"
            if not inside and CONTAINER.match(words):
                kind = "container"
            elif not inside and "(" in words:
                kind = "function"
            stack.append((kind, words, line - words.count("\n")))
            head = ""
        elif char == "}":
            if stack:
                kind, words, first = stack.pop()
                if kind == "function":
                    name = re.search(r"([\w:~]+)\s*\(", words)
                    found.append((name.group(1) if name else "?", first, line - first + 1))
            head = ""
        elif char == ";":
            head = ""
        else:
            head += char
    return found


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def shell_functions(text):
    name, first = None, 0
    for number, line in enumerate(text.splitlines(), start=1):
        match = SHELL_FUNCTION.match(line)
        if match:
            name, first = match.group(1), number
        if name and line.startswith(("}", ")")):
            yield name, first, number - first + 1
            name = None


def functions(tree, path):
    if path.endswith(CPP_SUFFIXES):
        return cpp_functions(tree.text(path))
    if path.endswith(".py") or path in scripts(tree, "python"):
        return python_functions(tree.text(path))
    return shell_functions(tree.text(path))


def code_files(tree):
    return sorted({*tree.select(CODE_SUFFIXES), *scripts(tree, r"python|\b(ba|da)?sh\b")})


def sizes(tree):
    problems = []
    for path in code_files(tree):
        count = len(tree.text(path).splitlines())
        if count > FILE_LINES_MAX:
            problems.append(Problem(path, 1, f"file of {count} lines, limit {FILE_LINES_MAX}; split it by what it holds"))
        for name, line, length in functions(tree, path):
            if length > FUNCTION_LINES_MAX:
                problems.append(Problem(path, line, f"function {name} of {length} lines, limit {FUNCTION_LINES_MAX}; divide it"))
    return problems


def formatting(tree, tool="clang-format-19"):
    """clang-format's findings on our C and C++; upstream's style holds in the overlay."""
    files = [p for p in tree.select(CPP_SUFFIXES) if not p.startswith(XEN_STYLE_FOLDERS)]
    if not files:
        return []
    done = subprocess.run([tool, "--dry-run", "--style=file", *files], cwd=tree.root, capture_output=True, text=True)
    first = {}
    for line in done.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (?:warning|error): ", line)
        if match:
            first.setdefault(match.group(1), int(match.group(2)))
    problems = [Problem(p, line, f"is not formatted; run {tool} -i {p}") for p, line in first.items()]
    if done.returncode != 0 and not problems:
        problems.append(Problem(".clang-format", 1, done.stderr.strip().splitlines()[0]))
    return problems


def shellcheck(tree):
    files = sorted({*tree.select((".sh",)), *scripts(tree, r"\b(ba|da)?sh\b")})
    if not files:
        return []
    done = subprocess.run(["shellcheck", "--format=gcc", "--external-sources", *files], cwd=tree.root,
                          capture_output=True, text=True)
    problems = []
    for line in (done.stdout + done.stderr).splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (.+)", line)
        if match:
            problems.append(Problem(match.group(1), int(match.group(2)), match.group(3)))
    if done.returncode != 0 and not problems:
        problems.append(Problem(files[0], 0, f"shellcheck ended with {done.returncode}: {done.stderr.strip()}"))
    return problems
