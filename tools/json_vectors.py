"""Writes tests/vectors/json_python.json: what Python's json makes of texts.

The receiver reads documents with it. Run with the version that the file names:
    python3.11 tools/json_vectors.py > tests/vectors/json_python.json
"""

import json
import platform
import sys

# Python refuses one level of nesting less for each of its own calls that are under way: here three, and at least as
# many in any program that has more than one thread.
NESTED = "nested"


def nest(opening, inside, closing, depth):
    return {NESTED: [opening, inside, closing], "depth": depth}


def digits(sign, count, rest=""):
    return {"repeated": [sign, "1", rest], "count": count}


def text_of(case):
    """A case as it is in the file: a text, or how a long one is made."""
    if isinstance(case, str):
        return case
    if NESTED in case:
        opening, inside, closing = case[NESTED]
        return opening * case["depth"] + inside + closing * case["depth"]
    before, digit, after = case["repeated"]
    return before + digit * case["count"] + after


CASES = [
    # Values and blanks.
    "{}", "[]", "null", "true", "false", '""', "0", " \t\r\n{} \t\r\n", '{"a": [1, {"b": null}]}',
    "", "   ", "\u00a0{}", "{}\u00a0", "\u000b{}", "\u000c{}", "\u2028{}", "\u0085{}", "{}\u0000", "\ufeff{}",
    # Numbers.
    "NaN", "Infinity", "-Infinity", "[NaN, Infinity, -Infinity]", '{"NaN": NaN}', "+Infinity", "-NaN", "nan", "inf",
    "Infinit", "NaN1", "NaNx", "-Infinityx", "{NaN: 1}", "[NaN NaN]", "NaN NaN", "NaN,", "-", "--1", "- 1", "-I",
    "1e999", "-1e999", "1e-999", "1E5", "1e05", "1e+23", "1e23", "-0", "-0.0", "0.1", "1.50",
    "100000000000000000000000", "-18446744073709551616", "9007199254740993", "123456789012345678901234567890.5",
    "01", "-01", "00", "1.", ".5", "+1", "1e", "1e+", "1.e5", "0x10", "1_000", "1e5.5", "1-1", "123abc", "１", "1１",
    digits("", 4300), digits("-", 4300), digits("", 4301), digits("-", 4301), digits("", 4301, ".0"),
    digits("", 4301, "e1"), digits("1.", 5000), digits("1e", 4301), digits("[1, ", 4301, "]"),
    # Strings.
    r'"\ud800"', r'"\udc00"', r'"\ud800\udc00"', r'"\udc00\ud800"', r'"\ud800\ud800\udc00"', r'"\ud800x"',
    r'"\uD83D\uDE00"', r'{"\ud800": 1, "\ud801": 2}', r'"\u0000"', '"\u0000"', '"\u001f"', '"\u007f"', '"a\nb"',
    '"a\tb"', '"\u2028"', r'"\""', r'"\/"', r'"\b\f\n\r\t\\"', r'"\x41"', r'"\u12"', r'"\u000g"', r'"\u 123"',
    r'"\u+123"', r'"\u1_23"', r'"\u１２３４"', '"', '"\\', '"\\"', "'a'", '"é😀"', r'"\ufffd"', r'"\U0041"',
    # Members: of one name the last.
    '{"a": 1, "a": 2}', r'{"a": 1, "\u0061": 2}', '{"a": {"b": 1}, "b": 0, "a": {"c": 2}}', '{"": 1}', '{"a"}',
    '{"a" 1}', '{"a": }', "{a: 1}", "{1: 2}", '{"a": 1,}', "{,}", '{"a": 1 "b": 2}', '{"a": 1; "b": 2}', '{"a":: 1}',
    "[1,]", "[,]", "[1 2]", "[1,,2]", "[1]]", "{}}", "{", "[", "]", '{"a": [}', "[{]}",
    # What follows.
    "{} {}", "{} x", "1 2", "{},", "nullx", "truefalse", "True", "None", "nul", "//c\n{}", "/**/{}", "#\n{}",
    # Depth.
    nest("[", "", "]", 100), nest("[", "", "]", 993), nest("[", "", "]", 994), nest("[", "1", "]", 993),
    nest('{"a":', "1", "}", 993), nest('{"a":', "1", "}", 994), nest('[{"a":', "1", "}]", 496),
    nest('[{"a":', "1", "}]", 497), nest("[", "", "]", 100000), nest("[", "", "", 100000),
]  # fmt: skip


def verdict(case):
    try:
        value = json.loads(text_of(case))
    except (ValueError, RecursionError) as error:
        return {"text": case, "error": type(error).__name__}
    # A long one says no more than that it is taken.
    return {"text": case, "value": json.dumps(value)} if isinstance(case, str) else {"text": case}


def main():
    cases = []
    for case in CASES:
        cases.append(verdict(case))  # A comprehension would be one more call.
    json.dump({"from": "Python " + platform.python_version() + ", json.loads", "cases": cases}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
