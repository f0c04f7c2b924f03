"""A client of CredSSP whose SPNEGO is MIT's and whose NTLM is gss-ntlmssp's: nothing of it is ours.

Usage: spnego-client.py HOST PORT USER SECRET VERSION. Prints `bound` when the server proved the binding.
"""

import hashlib
import os
import socket
import ssl
import subprocess
import sys

import gssapi
from gssapi.raw import acquire_cred_with_password

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
REQUEST_HYBRID = bytes.fromhex("030000130ee000000000000100080003000000")

host, port, user, secret, version = sys.argv[1:]
version = int(version)


def encode(tag, *parts):
    body = b"".join(parts)
    length = len(body)
    if length < 128:
        return bytes([tag, length]) + body
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def decode(data):
    values = []
    while data:
        length, start = data[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(data[2:start], "big")
        values.append((data[0], data[start : start + length]))
        data = data[start + length :]
    return dict(values)


def deep(data, *tags):
    for tag in tags:
        data = decode(data)[tag]
    return data


def request(token=None, auth=None, binding=None, nonce=None):
    parts = [encode(0xA0, encode(2, bytes([version])))]
    if token:
        parts.append(encode(0xA1, encode(0x30, encode(0x30, encode(0xA0, encode(4, token))))))
    if auth:
        parts.append(encode(0xA2, encode(4, auth)))
    if binding:
        parts.append(encode(0xA3, encode(4, binding)))
    if nonce:
        parts.append(encode(0xA5, encode(4, nonce)))
    return encode(0x30, *parts)


def receive(connection):
    data = connection.recv(65536)
    if not data:
        sys.exit("the server closed the connection")
    fields = deep(data, 0x30)
    fields = decode(fields)
    if 0xA4 in fields:
        status = int.from_bytes(deep(fields[0xA4], 2), "big", signed=True) & 0xFFFFFFFF
        sys.exit(f"the server refused: 0x{status:08x}")
    return fields


def token_of(fields):
    return deep(fields[0xA1], 0x30, 0x30, 0xA0, 4)


name = gssapi.Name(user.encode(), gssapi.NameType.user)
held = acquire_cred_with_password(name, secret.encode(), mechs=[SPNEGO], usage="initiate")
flag = gssapi.RequirementFlag
context = gssapi.SecurityContext(
    name=gssapi.Name("TERMSRV@" + host, gssapi.NameType.hostbased_service),
    creds=gssapi.Credentials(base=held.creds),
    mech=SPNEGO,
    usage="initiate",
    flags=flag.mutual_authentication
    | flag.confidentiality
    | flag.integrity
    | flag.replay_detection
    | flag.out_of_sequence_detection,
)

plain = socket.create_connection((host, int(port)))
plain.sendall(REQUEST_HYBRID)
plain.recv(100)
settings = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
settings.check_hostname = False
settings.verify_mode = ssl.CERT_NONE
connection = settings.wrap_socket(plain)

first = context.step(None)
print("first", "spnego" if first[0] == 0x60 else "ntlm")
connection.sendall(request(token=first))
second = context.step(token_of(receive(connection)))
if not context.complete:
    connection.sendall(request(token=second))
    second = context.step(token_of(receive(connection)))

certificate = connection.getpeercert(True)
spki = subprocess.run(
    "openssl x509 -inform der -pubkey -noout | openssl pkey -pubin -outform der",
    shell=True,
    input=certificate,
    capture_output=True,
    check=True,
).stdout
# SubjectPublicKeyInfo: the bits, behind the byte that counts unused ones.
key = deep(spki, 0x30, 3)[1:]

nonce = os.urandom(32)


def binding(direction):
    return hashlib.sha256(f"CredSSP {direction} Binding Hash\0".encode() + nonce + key).digest()


mine = binding("Client-To-Server") if version >= 5 else key
sealed = context.wrap(mine, True).message
connection.sendall(request(token=second, binding=sealed, nonce=nonce if version >= 5 else None))
answer = context.unwrap(deep(receive(connection)[0xA3], 4)).message
theirs = binding("Server-To-Client") if version >= 5 else bytes([(key[0] + 1) & 255]) + key[1:]
if answer != theirs:
    sys.exit("the server proved another binding")


def text(value):
    return encode(4, value.encode("utf-16le"))


password = encode(0x30, encode(0xA0, text("")), encode(0xA1, text(user)), encode(0xA2, text(secret)))
credentials = encode(0x30, encode(0xA0, encode(2, b"\x01")), encode(0xA1, encode(4, password)))
connection.sendall(request(auth=context.wrap(credentials, True).message))
connection.recv(1)
print("bound")
