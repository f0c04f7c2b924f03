"""Runs impacket's rdp_check against another port than 3389. Usage: rdp-check.py FILE PORT DOMAIN/USER:SECRET@HOST"""

import runpy
import socket
import sys

file, port, target = sys.argv[1:]
connect = socket.socket.connect


def connect_there(self, address):
    return connect(self, (address[0], int(port)))


socket.socket.connect = connect_there
sys.argv = [file, target]
runpy.run_path(file, run_name="__main__")
