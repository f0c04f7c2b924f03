"""What every client program in Python says to main.ts, and hears from it."""

import os
import sys
import traceback


def version(text):
    print("version", text, flush=True)


def ask(question):
    print("ask", question, flush=True)
    return sys.stdin.readline().strip()


def failure(error):
    line = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]} ({os.path.basename(line.filename)}:{line.lineno})"


def check(title):
    """Runs the decorated function at once and reports it under the title."""

    def run(body):
        try:
            body()
            print("ok", title, flush=True)
        except Exception as error:  # whatever it is, it is a finding
            print("not ok", title, "#", failure(error), flush=True)
        finally:
            ask("clock 0")

    return run


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


def raises(kind, body):
    try:
        body()
    except kind as error:
        return error
    raise AssertionError(f"no {getattr(kind, '__name__', kind)} was raised")
