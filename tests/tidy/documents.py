# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Documents: links resolve, folders explain themselves, decisions are numbered, the errors page is true."""

import posixpath
import re
import urllib.parse

from tree import Problem

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s]*)*)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
HTML_LINK = re.compile(r"(?:src|href)=\"([^\"]+)\"")
HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
FENCE = re.compile(r"^\s*(```|~~~)")
README_LINES_MAX = 10
DECISION_HEADINGS = ["Problem", "Options", "Decision", "Consequences"]
DECISION_NAME = re.compile(r"^docs/decisions/(\d{4})-[a-z0-9-]+\.md$")


def prose_lines(tree, path):
    """Lines outside code fences, with inline code blanked."""
    inside = False
    for line, text in tree.lines(path):
        if FENCE.match(text):
            inside = not inside
        elif not inside:
            yield line, text


def slug(heading):
    """The anchor that the usual forges give a heading."""
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(tree, path):
    found = {}
    names = set()
    for _, text in prose_lines(tree, path):
        names.update(HTML_ANCHOR.findall(text))
        match = re.match(r"^#{1,6}\s+(.*?)\s*#*\s*$", text)
        if match:
            base = slug(match.group(1))
            count = found.get(base, 0)
            found[base] = count + 1
            names.add(f"{base}-{count}" if count else base)
    return names


def targets(text):
    text = re.sub(r"`[^`]*`", "``", text)
    return [*LINK.findall(text), *REFERENCE.findall(text), *HTML_LINK.findall(text)]


def links(tree):
    problems = []
    for path in tree.select((".md",)):
        for line, text in prose_lines(tree, path):
            for target in targets(text):
                fault = link_fault(tree, path, target)
                if fault:
                    problems.append(Problem(path, line, fault))
    return problems


def link_fault(tree, path, target):
    if re.match(r"^[a-z][a-z0-9+.-]*:", target):
        return None
    if target.startswith("/"):
        return f"link {target} is absolute; write it relative to this file"
    name, _, anchor = urllib.parse.unquote(target).partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
    if file.startswith("..") or not tree.exists(file):
        return f"link {target}: no such file {file}"
    if anchor and file.endswith(".md") and anchor not in anchors(tree, file):
        return f"link {target}: {file} has no heading with that anchor"
    return None


def folder_readmes(tree):
    """Each second-level folder outside docs says in at most ten lines what it is."""
    folders = {"/".join(p.split("/")[:2]) for p in tree.paths
               if p.count("/") >= 2 and not p.startswith((".", "docs/", "LICENSES/"))}
    problems = []
    for folder in sorted(folders):
        path = f"{folder}/README.md"
        if path not in tree.paths:
            problems.append(Problem(path, 0, "missing: say what the folder is, who calls it, where its tests are"))
            continue
        body = re.sub(r"<!--.*?-->\n*", "", tree.text(path), flags=re.DOTALL)
        count = len(body.strip().splitlines())
        if not 2 <= count <= README_LINES_MAX:
            problems.append(Problem(path, 1, f"has {count} lines; 2 to {README_LINES_MAX} are asked for"))
    return problems


def decisions(tree):
    problems = []
    seen = {}
    index = tree.text("docs/decisions/README.md") if "docs/decisions/README.md" in tree.paths else ""
    for path in tree.select((".md",), under="docs/decisions/"):
        if path == "docs/decisions/README.md":
            continue
        match = DECISION_NAME.match(path)
        if not match:
            problems.append(Problem(path, 1, "a decision is named NNNN-words-in-lower-case.md"))
            continue
        number = match.group(1)
        if number in seen:
            problems.append(Problem(path, 1, f"number {number} is taken by {seen[number]}"))
        seen[number] = path
        text = tree.text(path)
        headings = re.findall(r"^## (.+?)\s*$", text, re.MULTILINE)
        if headings != DECISION_HEADINGS:
            problems.append(Problem(path, 1, f"has the headings {headings}; it needs exactly {DECISION_HEADINGS}"))
        if not re.search(rf"^# {number}\b", text, re.MULTILINE):
            problems.append(Problem(path, 1, f"its title does not start with its number: # {number} …"))
        if posixpath.basename(path) not in index:
            problems.append(Problem("docs/decisions/README.md", 1, f"does not list {posixpath.basename(path)}"))
    return problems


ENUM_ROW = re.compile(r"^\s*k(\w+) = (\d+),(?:\s*///<\s*(.*?))?\s*$")
PAGE_ROW = re.compile(r"^\|\s*(\d+)\s*\|\s*`([^`]+)`\s*\|")


def enum_values(text, enum):
    """{number: words} of one enum class of error.hpp, as its names read."""
    body = re.search(rf"enum class {enum}\b[^{{]*{{(.*?)}};", text, re.DOTALL).group(1)
    rows = [ENUM_ROW.match(line) for line in body.splitlines()]
    return {int(m.group(2)): re.sub(r"(?<=[a-z])(?=[A-Z])", "-", m.group(1)).lower() for m in rows if m}


def page_values(text, heading):
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    body = next((s for s in section if s.startswith(heading)), "")
    return {int(m.group(1)): m.group(2) for m in map(PAGE_ROW.match, body.splitlines()) if m}


def errors_page(tree):
    """docs/reference/errors.md lists exactly the codes and origins of error.hpp."""
    page, header = "docs/reference/errors.md", tree.text("hypervisor/base/error.hpp")
    problems = []
    for enum, heading in (("ErrorCode", "Codes"), ("ErrorOrigin", "Origins")):
        # "XenStore" reads as one word in the log lines.
        wanted = {n: w.replace("xen-store", "xenstore") for n, w in enum_values(header, enum).items()}
        listed = page_values(tree.text(page), heading)
        for number in sorted(wanted.keys() | listed.keys()):
            if wanted.get(number) != listed.get(number):
                problems.append(Problem(page, 1, f"{enum} {number} is {wanted.get(number)} in error.hpp, "
                                                 f"{listed.get(number)} under “{heading}”"))
    return problems


SHELL_DIE = re.compile(r'\bdie "([^"]+)"')
LAB_ERROR = re.compile(r'raise LabError\(\s*f?"([^"]+)"')
SHELL_VALUE = re.compile(r"\$\(\([^()]*\)\)|\$\([^()]*\)|\$\{[^}]*\}|\$[\w*@?]+")
PYTHON_VALUE = re.compile(r"\{[^{}]*\}")


def operator_messages(tree):
    """(file, line, message) of each error line of zeta and of the lab, every value in it written as …"""
    sources = [("zeta", SHELL_DIE, SHELL_VALUE, "zeta: ")] if "zeta" in tree.paths else []
    sources += [(p, LAB_ERROR, PYTHON_VALUE, "zeta-lab: ") for p in tree.select((".py", "zeta-lab"), under="images/lab/")]
    for path, raised, value, prefix in sources:
        for line, text in tree.lines(path):
            for message in raised.findall(value.sub("…", text)):
                yield path, line, prefix + message


def troubleshooting(tree):
    """docs/howto/troubleshoot.md has an entry for each of them: its words up to the first colon after the prefix."""
    page = "docs/howto/troubleshoot.md"
    entries = " ".join(re.findall(r"`(zeta(?:-lab)?: [^`]*)`", tree.text(page)))
    problems = []
    for path, line, message in operator_messages(tree):
        prefix, _, rest = message.partition(": ")
        if rest.startswith("……"):  # adds to the words of another message
            continue
        if f"{prefix}: {rest.split(': ')[0]}" not in entries:
            problems.append(Problem(path, line, f"{page} has no entry for `{message}`"))
    return problems
