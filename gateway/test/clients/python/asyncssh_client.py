"""AsyncSSH, unchanged but for address, user name and password."""

import asyncio
import os
import tempfile

import asyncssh

from checks import check, equal, version
from machine import FOLDER, HOST, PORT, TOKEN, USER, denied

version(asyncssh.__version__)


def check_async(title):
    return lambda body: check(title)(lambda: asyncio.run(body()))


def connect(**options):
    return asyncssh.connect(HOST, PORT, username=USER, password=TOKEN, known_hosts=None, client_keys=None, **options)


@check_async("commands side by side, and a denial with status 126 between them")
async def commands():
    async with connect() as connection:
        one, refused, typed = await asyncio.gather(
            connection.run("echo one; false"),
            connection.run(f"touch {FOLDER}/denied"),
            connection.run("cat", input="typed"),
        )
        equal((one.exit_status, one.stdout), (1, "one\n"))
        equal((refused.exit_status, refused.stdout, os.path.exists(f"{FOLDER}/denied")), (126, "", False))
        denied(refused.stderr)
        equal((typed.exit_status, typed.stdout), (0, "typed"))


@check_async("either way of asking for the token")
async def logins():
    for method in ("password", "keyboard-interactive"):
        async with connect(preferred_auth=method) as connection:
            equal((await connection.run("echo in")).stdout, "in\n")


@check_async("SFTP: put and get, byte for byte, and a denial is an error of its own")
async def files():
    body = os.urandom(2_000_000)
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/up", "wb") as local:
            local.write(body)
        async with connect() as connection, connection.start_sftp_client() as sftp:
            await sftp.put(f"{folder}/up", f"{FOLDER}/asyncssh")
            await sftp.get(f"{FOLDER}/asyncssh", f"{folder}/down")
            with open(f"{folder}/down", "rb") as local:
                equal(local.read() == body, True)
            try:
                await sftp.get("/etc/passwd", f"{folder}/never")
            except asyncssh.SFTPPermissionDenied as error:
                equal("POLICY_DENIED [dec_" in error.reason, True)
            else:
                raise AssertionError("nothing was denied")
