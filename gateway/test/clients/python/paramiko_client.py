"""paramiko, unchanged but for address, user name and password."""

import os
import re
import time

import paramiko

from checks import check, equal, raises, version
from machine import FOLDER, HOST, PORT, TOKEN, USER, denied

version(paramiko.__version__)
PROMPT = re.compile(r"deploy@box:[^\r\n$]*\$ $")


def connect(password=TOKEN):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(HOST, PORT, USER, password, allow_agent=False, look_for_keys=False)
    return client


def run(client, command, typed=None):
    stdin, stdout, stderr = client.exec_command(command)
    if typed is not None:
        stdin.write(typed)
    stdin.channel.shutdown_write()
    out, err = stdout.read().decode(), stderr.read().decode()
    return stdout.channel.recv_exit_status(), out, err


def until(channel, pattern):
    """Reads until the pattern stands at the end, as scripts around invoke_shell do."""
    seen, last = "", time.monotonic() + 20
    while not pattern.search(seen):
        if time.monotonic() > last:
            raise AssertionError(f"{pattern.pattern!r} is not in {seen[-300:]!r}")
        if channel.recv_ready() or channel.closed:
            seen += channel.recv(65536).decode()
        else:
            time.sleep(0.02)
    return seen


@check("commands: output, status, standard input, a large output")
def commands():
    with connect() as client:
        equal(run(client, "echo one; false"), (1, "one\n", ""))
        equal(run(client, "cat", "typed"), (0, "typed", ""))
        equal(run(client, "wc -c", "x" * 3_000_000)[1].strip(), "3000000")


@check("a denial with status 126, and the connection goes on")
def denial():
    with connect() as client:
        status, out, err = run(client, f"touch {FOLDER}/denied")
        equal((status, out), (126, ""))
        denied(err)
        equal(os.path.exists(f"{FOLDER}/denied"), False)
        equal(run(client, "echo on"), (0, "on\n", ""))


@check("no token, no login; keyboard-interactive by itself")
def logins():
    raises(paramiko.AuthenticationException, lambda: connect("none"))
    with paramiko.Transport((HOST, PORT)) as transport:
        transport.start_client()
        transport.auth_interactive(USER, lambda title, instructions, prompts: [TOKEN for _ in prompts])
        equal(transport.is_authenticated(), True)


@check("SFTP: put, get, list, rename, remove, byte for byte, and a denial is a PermissionError")
def files():
    body = os.urandom(2_000_000)
    with connect() as client, client.open_sftp() as sftp:
        with sftp.file(f"{FOLDER}/one", "wb") as remote:
            remote.set_pipelined(True)
            remote.write(body)
        with sftp.file(f"{FOLDER}/one", "rb") as remote:
            remote.prefetch()
            equal(remote.read() == body, True)
        sftp.mkdir(f"{FOLDER}/paramiko")
        sftp.rename(f"{FOLDER}/one", f"{FOLDER}/paramiko/two")
        equal((sftp.listdir(f"{FOLDER}/paramiko"), sftp.stat(f"{FOLDER}/paramiko/two").st_size), (["two"], len(body)))
        sftp.remove(f"{FOLDER}/paramiko/two")
        sftp.rmdir(f"{FOLDER}/paramiko")
        error = raises(PermissionError, lambda: sftp.file("/etc/passwd", "rb"))
        equal("POLICY_DENIED [dec_" in str(error), True)


@check("invoke_shell against a guarded shell: its prompt, a denial inline, the status at the end")
def shell():
    with connect() as client:
        channel = client.invoke_shell(term="vt100", width=120, height=40)
        until(channel, PROMPT)

        def line(text):
            channel.send(text + "\n")
            return until(channel, PROMPT)

        line("x=kept")
        line(f"cd {FOLDER}")
        equal("\r\nkept\r\n" in line('echo "$x"'), True)
        equal(f"\r\n{FOLDER}\r\n" in line("pwd"), True)
        denied(line(f"touch {FOLDER}/denied"))
        equal("\r\n126\r\n" in line("echo $?"), True)
        channel.send("exit\n")
        equal(channel.recv_exit_status(), 0)


@check("a prompt of the script's own, as pexpect sets it")
def own_prompt():
    with connect() as client:
        channel = client.invoke_shell()
        until(channel, PROMPT)
        own = re.compile(r"\r\n\[PEXPECT\]\$ $")
        channel.send("PS1='[PEXPECT]\\$ '\n")
        until(channel, own)
        channel.send("echo one\n")
        equal("\r\none\r\n" in until(channel, own), True)
