"""A driver in another language: brings the chip up over its line protocol, and runs TPM2_Startup the way a host does.

Speaks to the Unix socket named as its argument. Prints what it read, a line each; the test compares.
"""

import socket
import sys

PULSE_LIMIT = 1000


class Chip:
    def __init__(self, path):
        self.wire = socket.socket(socket.AF_UNIX)
        self.wire.settimeout(10)
        self.wire.connect(path)
        self.lines = self.wire.makefile("r")
        self.pulses = 0

    def ask(self, line):
        self.wire.sendall((line + "\n").encode())
        while True:
            answer = self.lines.readline().split()
            if answer[0] == "pulse":
                self.pulses += answer[1] == "asserted"
            elif answer[0] == "ok":
                return " ".join(answer[1:])
            else:
                raise SystemExit(" ".join(answer))

    def await_pulse(self, before):
        for _ in range(PULSE_LIMIT):
            if self.pulses > before:
                return
            self.ask("advance 10us")
        raise SystemExit("no ready pulse")

    def transfer(self, header, data):
        """One frame; polls for the ready byte, then clocks `data`."""
        before = self.pulses
        self.ask("select")
        self.ask("clock " + header)
        while int(self.ask("clock 00"), 16) & 1 == 0:
            pass
        answer = self.ask("clock " + data)
        self.ask("deselect")
        self.await_pulse(before)
        return answer


chip = Chip(sys.argv[1])
for line in ("power on", "reset deassert", "advance 100ms"):
    chip.ask(line)
chip.transfer("83 d4 0f 00", "00*4")
print("DID_VID", chip.transfer("83 d4 0f 00", "00*4"))
chip.transfer("00 d4 00 00", "02")
chip.transfer("03 d4 00 18", "40 00 00 00")
chip.transfer("0b d4 00 24", "80 01 00 00 00 0c 00 00 01 44 00 00")
chip.transfer("03 d4 00 18", "20 00 00 00")
while int(chip.transfer("83 d4 00 18", "00*4")[:2], 16) & 0x10 == 0:
    chip.ask("advance 1ms")
print("STS", chip.transfer("83 d4 00 18", "00*4"))
print("Startup", chip.transfer("89 d4 00 24", "00*10"))
print("STS", chip.transfer("83 d4 00 18", "00*4"))
frames = dict(word.split("=") for word in chip.ask("counters").split())
print("pulses", chip.pulses == int(frames["frames"]))
