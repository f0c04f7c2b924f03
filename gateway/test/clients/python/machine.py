"""What the clients of SSH in Python have in common."""

import os

HOST = os.environ["SSH_HOST"]
PORT = int(os.environ["SSH_PORT"])
TOKEN = os.environ["SSH_TOKEN"]
FOLDER = os.environ["SSH_FOLDER"]
USER = "deploy+box"


def denied(text):
    """A denial is one line that a model can read."""
    if "POLICY_DENIED [dec_" not in text:
        raise AssertionError(f"no denial is in {text!r}")
