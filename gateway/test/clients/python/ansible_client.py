"""Ansible, unchanged but for address, user name and password: its own modules, by OpenSSH's ssh and sftp."""

import json
import os
import re
import subprocess
import sys
import tempfile

from importlib.metadata import version as version_of

from checks import check, equal, version
from machine import FOLDER, HOST, PORT, TOKEN, USER, denied

version(version_of("ansible-core"))
BIN = os.path.dirname(sys.executable)
WORK = tempfile.TemporaryDirectory(prefix="ansible-")
HOSTS = {
    "all": {
        "hosts": {
            "box": {
                "ansible_host": HOST,
                "ansible_port": PORT,
                "ansible_user": USER,
                "ansible_password": TOKEN,
                "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_remote_tmp": f"{FOLDER}/ansible",
                "ansible_ssh_common_args": "-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            }
        }
    }
}
with open(os.path.join(WORK.name, "hosts.json"), "w") as inventory:
    json.dump(HOSTS, inventory)


def ansible(module, words, *more):
    """Runs one module by the command line, and gives Ansible's word for how it went, and what the module said."""
    ended = subprocess.run(
        [os.path.join(BIN, "ansible"), "box", "-i", "hosts.json", "-m", module, "-a", words, *more],
        cwd=WORK.name,
        env={
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": WORK.name,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            # A socket's path has to be short.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": os.path.join(WORK.name, "cp"),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"^box \| (\w+)!? => (\{.*\})\s*$", ended.stdout, re.MULTILINE | re.DOTALL)
    if found is not None:
        return found[1], json.loads(found[2])
    # Modules that end like commands are told as text.
    found = re.search(r"^box \| (\w+) \| rc=(\d+) >>\n(.*)$", ended.stdout, re.MULTILINE | re.DOTALL)
    if found is None:
        raise AssertionError(f"{ended.stdout!r} {ended.stderr[-500:]!r}")
    return found[1], {"rc": int(found[2]), "stdout": found[3].strip()}


def on_machine(name):
    return os.path.join(FOLDER, name)


@check("ping: a module is brought by sftp, and run")
def ping():
    word, said = ansible("ping", "")
    equal((word, said["ping"]), ("SUCCESS", "pong"))


@check("copy: contents arrive, a second time nothing changes")
def copy():
    words = f"content='by ansible' dest={on_machine('copied')} mode=0640"
    word, said = ansible("copy", words)
    equal((word, said["changed"]), ("CHANGED", True))
    with open(on_machine("copied")) as file:
        equal(file.read(), "by ansible")
    word, said = ansible("copy", words)
    equal((word, said["changed"]), ("SUCCESS", False))


@check("shell: output and status of what the module runs")
def shell():
    equal(ansible("shell", "echo one && echo two"), ("CHANGED", {"rc": 0, "stdout": "one\ntwo"}))
    word, said = ansible("shell", "exit 3")
    equal((word, said["rc"]), ("FAILED", 3))


@check("the same by paramiko in place of OpenSSH")
def by_paramiko():
    word, said = ansible("ping", "", "-c", "paramiko", "-e", "ansible_host_key_checking=false")
    equal((word, said["ping"]), ("SUCCESS", "pong"))


@check("raw: a command is judged as such; a denial is its output and status, and the next one runs")
def raw():
    equal(ansible("raw", "echo judged"), ("CHANGED", {"rc": 0, "stdout": "judged"}))
    word, said = ansible("raw", f"touch {on_machine('denied')}")
    equal((word, said["rc"]), ("FAILED", 126))
    denied(said["stdout"])
    equal(os.path.exists(on_machine("denied")), False)
    equal(ansible("raw", "echo on")[1]["stdout"], "on")


@check("modules leave nothing behind; where no rule opens the place for them, none is brought")
def places():
    equal(os.listdir(on_machine("ansible")), [])
    elsewhere = os.path.join(os.path.dirname(FOLDER), "elsewhere")
    word, said = ansible("ping", "", "-e", f"ansible_remote_tmp={elsewhere}")
    equal(word, "FAILED")
    denied(said["msg"])
    brought = [name for _, _, names in os.walk(elsewhere) for name in names]
    equal(brought, [])
