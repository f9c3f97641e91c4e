"""Writes tests/vectors/dotenv.json: what python-dotenv makes of files of variables.

Run with the version that the first line of the file names:
    python3 -m venv VENV && VENV/bin/pip install python-dotenv==1.2.4
    VENV/bin/python tools/dotenv_vectors.py > tests/vectors/dotenv.json
"""

import importlib.metadata
import json
import logging
import os
import tempfile

from dotenv.main import DotEnv

PROCESS = {"HOST": "from-process", "BLANK": "", "BOTH": "process wins"}

# Name of the case, then the file: a text, or bytes.
CASES = [
    ("plain", "TOK=abc\n"),
    ("no end of line", "TOK=abc"),
    ("empty", "TOK=\nB=2\n"),
    ("empty file", ""),
    ("only blanks and comments", "\n  \n# a\n\t# b\n"),
    ("empty before a comment", "TOK=   # set me\nB=2\n"),
    ("empty before a comment after a tab", "TOK=\t# set me\n"),
    ("a number sign at once", "TOK=#abc\n"),
    ("a comment after a blank", "TOK=abc # note\n"),
    ("a comment after a tab", "TOK=abc\t# note\n"),
    ("a comment after a blank and a tab", "TOK=abc \t# note # more\n"),
    ("a comment after a no-break space", "TOK=abc\u00a0# note\n"),
    ("a number sign inside", "TOK=a#b\nURL=http://h/#top\n"),
    ("blanks around", "  TOK = abc  \n"),
    ("blanks inside", "TOK=a b  c\n"),
    ("a byte order mark", b"\xef\xbb\xbfTOK=abc\nB=2\n"),
    ("a byte order mark inside", b"A=1\n\xef\xbb\xbfTOK=abc\n"),
    ("export", "export TOK=abc\n"),
    ("export and a tab", "export\tTOK=abc\n"),
    ("export and many blanks", "export  \t TOK=abc\n"),
    ("export as a name", "export=abc\n"),
    ("export and nothing", "export\nB=2\n"),
    ("export and a blank", "export \nB=2\n"),
    ("export of a name alone", "TOK=abc\nexport TOK2\n"),
    ("Export", "Export TOK=abc\nB=2\n"),
    ("latin-1", "NAME=caf\u00e9\nTOK=abc\n".encode("latin-1")),
    ("latin-1 in a comment", "TOK=abc\n# caf\u00e9\n".encode("latin-1")),
    ("utf-8", "NAME=caf\u00e9 \u2603\n"),
    ("utf-16", "TOK=abc\n".encode("utf-16")),
    ("single quotes", "TOK='a b # c'\n"),
    ("single quotes and a comment", "TOK='a' # note\n"),
    ("single quotes and a comment at once", "TOK='a'# note\n"),
    ("escapes in single quotes", "TOK='a\\'b\\\\c\\nd'\n"),
    ("double quotes", "TOK=\"a b # c\"\n"),
    ("escapes in double quotes", "TOK=\"\\n|\\t|\\r|\\\"|\\\\|\\'|\\a|\\b|\\f|\\v|\\$|\\x41|\\u0041|\\q\"\n"),
    ("an escaped backslash before the end", "TOK=\"a\\\\\"\nB=\"2\"\n"),
    ("an escape before the end of a line", "TOK=\"a\\\nb\"\n"),
    ("quotes inside an unquoted value", "TOK=a\"b\"'c'\n"),
    ("escapes in an unquoted value", "TOK=a\\nb\\\\\n"),
    ("several lines in double quotes", "PEM=\"-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\"\nB=2\n"),
    ("several lines in single quotes", "PEM='one\ntwo'\nB=2\n"),
    ("several lines with \\r\\n", b"PEM=\"one\r\ntwo\"\r\nB=2\r\n"),
    ("lines that end in \\r", b"A=1\rB=2\r"),
    ("a quote that is not closed", "A=1\nTOK=\"abc\nB=2\n"),
    ("a quote closed by that of another line", "TOK=\"abc\nB=\"2\"\nC=3\n"),
    ("a single quote that is not closed", "TOK='abc\nB=2\n"),
    ("a backslash at the end of a quote", "TOK=\"abc\\"),
    ("something after the quote", "TOK=\"abc\" x\nB=2\n"),
    ("something right after the quote", "TOK=\"abc\"x\nB=2\n"),
    ("a name alone", "TOK\nB=2\n"),
    ("a name alone after its value", "TOK=abc\nTOK\nB=[${TOK}] [${TOK:-d}]\n"),
    ("two words", "nonsense here\nB=2\n"),
    ("no name", "=abc\nB=2\n"),
    ("a name in single quotes", "'TOK'=abc\n"),
    ("a name with a blank in single quotes", "'A B'=abc\n"),
    ("a name in double quotes", "\"TOK\"=abc\n"),
    ("odd names", "A-B=1\nC.D=2\n3=4\nE:F=5\n\u00e9=6\nG$=7\n"),
    ("a comment after a name", "TOK # =abc\nB=2\n"),
    ("yaml", "TOK: abc\nB=2\n"),
    ("twice", "TOK=a\nTOK=b\n"),
    ("a variable before", "A=1\nB=x${A}y\n"),
    ("a variable after", "B=[${A}]\nA=1\n"),
    ("a variable of the process", "B=${HOST}:1\n"),
    ("one of the process and of the file", "BOTH=file\nB=${BOTH}\n"),
    ("a variable that nobody sets", "B=[${NOPE}]\n"),
    ("a default", "B=${NOPE:-d}\nC=${HOST:-d}\n"),
    ("a default for an empty one", "A=\nB=[${A:-d}]\nC=[${BLANK:-d}]\n"),
    ("an empty default", "B=[${NOPE:-}]\n"),
    ("a default with a reference", "A=1\nB=${NOPE:-${A}}\n"),
    ("without braces", "A=1\nB=$A\n"),
    ("other forms", "A=1\nB=${A:+x}|${A-x}|${A:x}|${}|${|$\n"),
    ("after a form that is none", "A=1\nB=${A:x${A}\n"),
    ("a variable in single quotes", "A=1\nB='${A}'\n"),
    ("a variable in double quotes", "A=1\nB=\"<${A}>\"\n"),
    ("an escaped variable", "A=1\nB=\"\\${A}\"\nC=\\${A}\n"),
    ("a variable of itself", "A=1\nA=${A}2\nA=${A}3\n"),
    ("one that names another", "A=${B}\nB=${A}\nC='${A}'\n"),
    ("vertical tab and form feed", "A=1\u000b# x\nB=2\u000c\n"),
    ("a separator control", "A=1\u001c# x\nB\u001d=2\n"),
    ("blank lines", "\n\nA=1\n\n\nB=2\n\n"),
    ("line separators of unicode", "A=1\u20282\u0085# x\n"),
    ("json", "{\"TOK\": \"abc\"}\n"),
]


def main():
    os.environ.clear()
    os.environ.update(PROCESS)
    warned = []
    handler = logging.Handler()
    handler.emit = lambda record: warned.append(record.args)
    logging.getLogger("dotenv.main").addHandler(handler)
    logging.getLogger("dotenv.main").propagate = False
    cases = []
    for name, text in CASES:
        data = text if isinstance(text, bytes) else text.encode()
        warned.clear()
        case = {"name": name, "hex": data.hex()}
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            try:
                # As load_dotenv() reads it.
                read = DotEnv(file.name, encoding="utf-8", interpolate=True, override=False).dict()
                case["variables"] = {key: value for key, value in read.items() if value is not None}
                case["dropped"] = len(warned)
            except UnicodeDecodeError:
                case["refused"] = "UnicodeDecodeError"
        cases.append(case)
    version = importlib.metadata.version("python-dotenv")
    print(json.dumps({"from": f"python-dotenv {version}, load_dotenv() without override", "process": PROCESS, "cases": cases}, indent=1))


main()
