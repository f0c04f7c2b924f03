"""What every client program in Python says to main.ts, and hears from it."""

import os
import sys
import traceback
from urllib.parse import quote

URL = os.environ["SALLYPORT_URL"]
CA = os.environ["SALLYPORT_CA"]
OTHER_CA = os.environ["OTHER_CA"]
ENDLESS = "SELECT count(*) FROM readings a, readings b, readings c"


def with_options(**options):
    """The URL with further options, or others in place of its own."""
    base, _, query = URL.partition("?")
    kept = [part for part in query.split("&") if part.partition("=")[0] not in options]
    return base + "?" + "&".join(kept + [f"{name}={quote(value, safe='')}" for name, value in options.items()])


def without_password():
    """The URL without its token, for clients that ask a function for it."""
    scheme, rest = URL.split("://")
    login, place = rest.split("@")
    return f"{scheme}://{login.split(':')[0]}@{place}"


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


def denied(error, reason):
    """A refusal has its SQLSTATE, tells its reason in the message, and more in detail and hint, which str() shows."""
    text = str(error)
    for part in ("POLICY_DENIED [dec_", "Do not retry this statement", reason):
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")


def raises(kind, body):
    try:
        body()
    except kind as error:
        return error
    raise AssertionError(f"no {getattr(kind, '__name__', kind)} was raised")
