"""Writes the type stubs of the extension module from its docstrings, which are NumPy's.

python tools/stubs.py            writes python/drift/_drift.pyi and python/drift/metrics/*.pyi
python tools/stubs.py --check    says whether they are as they would be written
"""

import importlib
import inspect
import re
import sys
from pathlib import Path

import drift._drift as native

PACKAGE = Path(__file__).resolve().parent.parent / "python" / "drift"
MODULES = sorted(name for name in dir(native) if inspect.ismodule(getattr(native, name)))
#: Where each class stands.
HOME = {
    name: module
    for module in MODULES
    for name, found in vars(getattr(native, module)).items()
    if inspect.isclass(found)
}
TOP = {name for name, found in vars(native).items() if inspect.isclass(found)}
ARRAYS = {"int": "np.int64", "bool": "np.bool_", None: "np.float64"}
PLAIN = {
    "int": "int",
    "float": "float",
    "str": "str",
    "bool": "bool",
    "None": "None",
    "dict": "dict[str, Any]",
    "tuple": "tuple[Any, ...]",
    "callable": "Callable[..., Any]",
    "path": "str | os.PathLike[str]",
    "TsGroup": "Any",
    "Tsd": "Any",
    "xarray.Dataset": "Any",
    "numpy.random.Generator": "np.random.Generator",
}


def hint(text, returned):
    """The type behind the words of a docstring."""
    text = text.strip()
    for separator in (" or ", ", "):
        if separator in re.sub(r"\([^)]*\)", "", text):
            parts = [hint(part, returned) for part in split(text, separator)]
            return " | ".join(dict.fromkeys(parts))
    listed = re.fullmatch(r"(?:list|sequence) of (.*)", text)
    if listed:
        inner = hint(listed[1], returned)
        return f"list[{inner}]" if returned else f"Sequence[{inner}]"
    array = re.fullmatch(r"array \([^)]*\)(?: of (int|bool))?", text)
    if array:
        return f"NDArray[{ARRAYS[array[1]]}]" if returned else "ArrayLike"
    if text in PLAIN:
        return PLAIN[text]
    if text in HOME or text in TOP:
        # Edges may be given as they are.
        return "BinEdges | ArrayLike" if text == "BinEdges" and not returned else text
    raise SystemExit(f"no type for {text!r}")


def split(text, separator):
    """Parts between separators that stand outside parentheses."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(separator, place):
            parts.append(text[start:place])
            start = place + len(separator)
    return [*parts, text[start:]]


def section(doc, title):
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", doc, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def parameters(doc):
    types = {}
    for line in section(doc, "Parameters").splitlines():
        found = re.fullmatch(r"(\w+(?:, \w+)*) : (.*)", line)
        if found:
            for name in found[1].split(", "):
                types[name] = hint(found[2].removesuffix(", optional"), False)
    return types


def result(doc):
    """What is returned: nothing where the docstring does not say, anything without one."""
    lines = section(doc, "Returns").splitlines()
    if lines:
        return hint(lines[0], True)
    return "None" if "\n" in doc.strip() else "Any"


def attribute(doc):
    """Of "(what) text": a plain type, or the axes of an array."""
    found = re.match(r"\(((?:[^()]|\([^()]*\))*)\)", doc)
    if not found:
        raise SystemExit(f"no type in the docstring {doc!r}")
    what = found[1]
    words = set(re.split(r" or |list of ", what))
    if words - {""} <= {*PLAIN, *HOME, *TOP}:
        return hint(what, True)
    if what.startswith("list of ("):
        return "list[NDArray[Any]]"
    if re.fullmatch(r"(int|float)(, (int|float))*", what):
        return f"tuple[{what}]"
    return "NDArray[Any]" if "None" not in doc else "NDArray[Any] | None"


def signature(found, doc, types, first=""):
    shown = []
    kinds = inspect.Parameter
    for name, parameter in inspect.signature(found).parameters.items():
        if name in ("self", "cls"):
            continue
        if parameter.kind is kinds.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        if parameter.kind is kinds.VAR_KEYWORD:
            shown.append(f"**{name}: Any")
            continue
        kind = types.get(name, "Any")
        if parameter.default is kinds.empty:
            shown.append(f"{name}: {kind}")
        else:
            optional = " | None" if parameter.default is None and kind != "Any" else ""
            shown.append(f"{name}: {kind}{optional} = ...")
    return ", ".join([first] * bool(first) + shown)


def docstring(doc, indent):
    lines = inspect.cleandoc(doc).splitlines()
    pad = " " * indent
    if len(lines) == 1:
        return f'{pad}"""{lines[0]}"""'
    body = "\n".join(f"{pad}{line}".rstrip() for line in lines[1:])
    return f'{pad}"""{lines[0]}\n{body}\n{pad}"""'


def function(name, found, indent=0, first="", static=False):
    doc = found.__doc__ or ""
    pad = " " * indent
    text = f"{pad}@staticmethod\n" if static else ""
    types = parameters(doc)
    text += f"{pad}def {name}({signature(found, doc, types, first)}) -> {result(doc)}:"
    return f"{text}\n{docstring(doc, indent + 4)}\n" if doc else f"{text} ...\n"


def klass(name, found):
    doc = found.__doc__ or ""
    text = f"@final\nclass {name}:\n{docstring(doc, 4)}\n\n"
    if found.__new__ is not object.__new__ and "Parameters" in doc or name == "Parts":
        text += f"    def __new__(cls{', ' if signature(found, doc, {}) else ''}"
        text += f"{signature(found, doc, parameters(doc))}) -> {name}: ...\n"
    if hasattr(found, "__len__"):
        text += "    def __len__(self) -> int: ...\n"
    for member in sorted(vars(found)):
        if member.startswith("_"):
            continue
        value = vars(found)[member]
        if isinstance(value, staticmethod):
            text += function(member, getattr(found, member), 4, static=True)
        elif inspect.isgetsetdescriptor(value):
            kind = attribute(value.__doc__ or "")
            text += f"    @property\n    def {member}(self) -> {kind}:\n"
            text += f"{docstring(value.__doc__, 8)}\n"
        else:
            text += function(member, value, 4, first="self")
    return text


def module(name, members, title):
    body = "\n".join(
        klass(member, found) if inspect.isclass(found) else function(member, found)
        for member, found in sorted(members.items())
    )
    used = set(re.findall(r"\b[A-Z]\w+", re.sub(r'""".*?"""', "", body, flags=re.DOTALL)))
    imports = ["import os"] if "os.PathLike" in body else []
    typing = sorted(used & {"Any"})
    collections = sorted(used & {"Callable", "Sequence"})
    typing += ["final"] if "@final" in body else []
    if collections:
        imports.append(f"from collections.abc import {', '.join(collections)}")
    if typing:
        imports.append(f"from typing import {', '.join(sorted(typing))}")
    third = ["import numpy as np"] if "np." in body else []
    arrays = sorted(used & {"ArrayLike", "NDArray"})
    if arrays:
        third.append(f"from numpy.typing import {', '.join(arrays)}")
    own = set(members)
    local = []
    prefix = "." if name != "_drift" else ".metrics."
    for other in MODULES:
        names = sorted(c for c in used - own if HOME.get(c) == other)
        if names and other != name:
            local.append(f"from {prefix}{other} import {', '.join(names)}")
    top = sorted(c for c in used - own if c in TOP)
    if top and name != "_drift":
        local.append(f"from .._drift import {', '.join(top)}")
    blocks = [block for block in (imports, third, local) if block]
    head = "\n\n".join("\n".join(block) for block in blocks)
    return f'"""{title}"""\n\n{head}\n\n{body}'


def stubs():
    """Every stub file with its text."""
    for name in MODULES:
        found = getattr(native, name)
        members = {key: value for key, value in vars(found).items() if not key.startswith("_")}
        yield PACKAGE / "metrics" / f"{name}.pyi", module(name, members, found.__doc__)
    members = {
        key: value
        for key, value in vars(native).items()
        if not key.startswith("_") and not inspect.ismodule(value)
    }
    text = module("_drift", members, native.__doc__.splitlines()[0])
    yield PACKAGE / "_drift.pyi", text


def main():
    stale = []
    for path, text in stubs():
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        raise SystemExit(f"run tools/stubs.py: {', '.join(stale)} would be written otherwise")


if __name__ == "__main__":
    importlib.invalidate_caches()
    main()
