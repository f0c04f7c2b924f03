"""What the clients of PostgreSQL in Python have in common: their URL, and what a refusal looks like."""

import os
from urllib.parse import quote

from checks import ask, check, equal, raises, version

__all__ = ["ask", "check", "equal", "raises", "version"]

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


def denied(error, reason):
    """A refusal has its SQLSTATE, tells its reason in the message, and more in detail and hint, which str() shows."""
    text = str(error)
    # From the third time on an agent is told something else.
    is_again = " the same again, " in text
    wanted = ("Stop: it will never pass as it is",) if is_again else ("Do not retry this statement", reason)
    for part in ("POLICY_DENIED [dec_", *wanted):
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")
