"""`bitwuzla --lang smt2` on standard input: its wheel has a Python module only, no command."""

import re
import sys

import bitwuzla

TEXT = re.compile(r'"[^"]*"|\|[^|]*\||;[^\n]*')
SCOPE = re.compile(r"\((push|pop) (\d+)\)")


def main() -> None:
    if "--help" in sys.argv:
        print("--lang smt2")  # what smtbmc looks for
        return
    options = bitwuzla.Options()
    options.set(bitwuzla.Option.PRODUCE_MODELS, True)
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options, "smt2")
    command, depth = "", 0
    for line in sys.stdin:
        bare = TEXT.sub("", line)
        depth += bare.count("(") - bare.count(")")
        command += line
        if depth == 0 and bare.strip():
            command = command.strip()
            if command == "(exit)":
                return
            # The parser loses count of its scopes when it is fed command by command.
            if scope := SCOPE.fullmatch(command):
                getattr(parser.bitwuzla(), scope[1])(int(scope[2]))
            else:
                parser.parse(command, False, False)
            sys.stdout.flush()
            command = ""


if __name__ == "__main__":
    main()
