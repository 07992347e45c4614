"""A target that speaks the lower layer of sims/diskcache/guest/PROTOCOL.md and knows `echo TEXT`.
Argument: the path of its serial port."""

import os
import sys
import zlib

port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)


def checked(text):
    return b"%08x" % zlib.crc32(text)


def answer(line):
    sequence, _crc, text = line[1:].split(b" ", 2)
    lines = [text[5:]] if text.startswith(b"echo ") else []
    out = b""
    for number, said in enumerate(lines):
        head = b"%s.%d" % (sequence, number)
        out += b"<%s %d %s %s\r\n" % (head, len(said), checked(head + b" " + said), said)
    end = b"%s %d" % (sequence, len(lines))
    return out + b"=%s %s 0\r\n" % (end, checked(end + b" 0"))


pending = b""
while True:
    try:
        got = os.read(port, 4096)
    except OSError:
        break
    if not got:
        break
    *lines, pending = (pending + got).split(b"\n")
    for line in lines:
        os.write(port, answer(line))
