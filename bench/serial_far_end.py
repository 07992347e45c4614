"""The other side of a serial port: a raw pseudo-terminal whose path it prints first, until that hangs
up. Arguments:
`pour SIZE`: writes SIZE bytes once a byte has come, then prints their SHA-256;
`take SIZE`: reads SIZE bytes, answers with one byte, and prints their SHA-256;
`echo`: sends back each line.
`lines PATH COUNT` uses another's port with blocking calls alone, and prints the median seconds that a
line takes there and back."""

import hashlib
import os
import pty
import random
import statistics
import sys
import time
import tty

CHUNK = random.Random(1).randbytes(1 << 20)


def open_port():
    master, slave = pty.openpty()
    tty.setraw(slave)
    print(os.ttyname(slave), flush=True)
    return master, slave


def until_hung_up(master, slave):
    os.close(slave)
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass


def pour(size):
    (port, slave), sent, digest = open_port(), 0, hashlib.sha256()
    os.read(port, 1)
    while sent < size:
        chunk = memoryview(CHUNK)[: size - sent]
        digest.update(chunk)
        sent += len(chunk)
        while chunk:
            chunk = chunk[os.write(port, chunk) :]
    print(digest.hexdigest(), flush=True)
    until_hung_up(port, slave)


def take(size):
    (port, slave), got, digest = open_port(), 0, hashlib.sha256()
    while got < size:
        chunk = os.read(port, 65536)
        digest.update(chunk)
        got += len(chunk)
    os.write(port, b"!")
    print(digest.hexdigest(), flush=True)
    until_hung_up(port, slave)


def echo():
    (port, slave), pending = open_port(), b""
    while True:
        try:
            pending += os.read(port, 4096)
        except OSError:
            return
        if slave is not None:
            os.close(slave)
            slave = None
        *lines, pending = pending.split(b"\n")
        for line in lines:
            os.write(port, line + b"\n")


def lines(path, count):
    port, taken = os.open(path, os.O_RDWR | os.O_NOCTTY), []
    for number in range(count):
        line, back = b"line %d of a console, as they are\n" % number, b""
        began = time.perf_counter()
        os.write(port, line)
        while not back.endswith(b"\n"):
            back += os.read(port, 4096)
        taken.append(time.perf_counter() - began)
    print(statistics.median(taken))


mode, *arguments = sys.argv[1:]
if mode == "pour":
    pour(int(arguments[0]))
elif mode == "take":
    take(int(arguments[0]))
elif mode == "echo":
    echo()
else:
    lines(arguments[0], int(arguments[1]))
