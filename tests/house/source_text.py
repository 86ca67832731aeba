"""Reads C++ source just well enough to hold the house rules.

Comments and literals are blanked (same length, same lines), so that a rule
finds words in code only and a comment may speak about what code may not do.
"""

import re

_TOKEN = re.compile(
    r"""//[^\n]*                                  # line comment
      | /\*.*?\*/                                 # block comment
      | R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"  # raw string
      | "(?:\\.|[^"\\\n])*"                       # string
      | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'      # character, not 1'000
    """,
    re.VERBOSE | re.DOTALL,
)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]',
                      re.MULTILINE)


def blank(text):
    """`text` without comments and literals; lines and columns stay."""
    return _TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)


def _blank_directives(code):
    return _DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), code)


def _blank_comments(text):
    def replace(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", token)
        return token

    return _TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(text):
    """(line, name, is_quoted) of each #include that is not commented out."""
    code = _blank_comments(text)
    return [(line_of(code, m.start(1)), m.group(2), m.group(1) == '"')
            for m in _INCLUDE.finditer(code)]


_NOT_A_FUNCTION = re.compile(
    r"^\s*(?:(?:inline|static|export|template\s*<[^{}]*>)\s+)*"
    r"(?:namespace|class|struct|union|enum|extern)\b")
_CONTROL = re.compile(r"^\s*(?:\}?\s*else\s+)?(?:if|for|while|switch|catch|do|"
                      r"else|try)\b")


def _is_function_head(head):
    """Whether `head {` opens a function's body at namespace or class scope."""
    head = re.sub(r"\b(?:public|private|protected)\s*:", "", head)
    if "(" not in head or _CONTROL.match(head):
        return False
    if _NOT_A_FUNCTION.match(head):
        # `struct Point Make() {` is not written here; `class alignas(64) X {`
        # is.
        return False
    return not re.search(r"=\s*$", head)


def functions(text):
    """(first line, number of lines, head) of each outermost function."""
    code = _blank_directives(blank(text))
    found = []
    stack = []  # offset of the function's first line, or None for other braces
    start = 0
    for match in re.finditer(r"[{};]", code):
        offset = match.start()
        if match.group(0) == "{":
            head = code[start:offset]
            inside = any(opened is not None for opened in stack)
            if not inside and _is_function_head(head):
                first = start + len(head) - len(head.lstrip())
                stack.append(first)
            else:
                stack.append(None)
        elif match.group(0) == "}" and stack:
            first = stack.pop()
            if first is not None:
                begin, end = line_of(code, first), line_of(code, offset)
                head = " ".join(code[first:code.index("{", first)].split())
                found.append((begin, end - begin + 1, head))
        start = offset + 1
    return found
