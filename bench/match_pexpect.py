"""Seconds that pexpect takes, as it comes, to find a pattern in a log that another process
writes to a raw pseudo-terminal; the log is kept in a file. Arguments: log, pattern, file to keep."""

import os
import pty
import subprocess
import sys
import time
import tty

from pexpect.fdpexpect import fdspawn

log, pattern, kept = sys.argv[1:]
master, slave = pty.openpty()
tty.setraw(slave)
path = os.ttyname(slave)
began = time.monotonic()
writer = subprocess.Popen(["sh", "-c", 'exec cat "$0" >"$1"', log, path])
with open(kept, "wb") as logfile:
    console = fdspawn(master, timeout=600, logfile=logfile)
    console.expect(pattern.encode())
    print(time.monotonic() - began)
writer.wait()
