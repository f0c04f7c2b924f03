"""What the clients of HTTP in Python have in common."""

import os

URL = os.environ["SALLYPORT_HTTP_URL"]
TOKEN = os.environ["SALLYPORT_TOKEN"]
CA = os.environ["SALLYPORT_CA"]
BEARER = {"authorization": f"Bearer {TOKEN}"}
MASKED = {"id": 1, "name": "Ann", "email": "[redacted]"}
EVENTS = ['data: {"email": "[redacted]", "n": 0}', 'data: {"email": "[redacted]", "n": 1}', 'data: {"email": "[redacted]", "n": 2}']


def denied(status, content_type, problem):
    """A denial that a model can read, and a program too."""
    if (status, content_type, problem["code"]) != (403, "application/problem+json", "POLICY_DENIED"):
        raise AssertionError(f"{status} {content_type} {problem!r}")
    for part in (f"[{problem['decision']}]", "Nothing is deleted here.", "Do not retry"):
        if part not in problem["detail"]:
            raise AssertionError(f"{part!r} is not in {problem['detail']!r}")
