#!/usr/bin/env python3
"""A network namespace with long and dead roads, for tests of races between two addresses.

usage: roads.py [--delay MS] [--lifetime S]          (as root)

Within it, 10.77.0.2, 10.77.0.3 and fd77::2 are this very host, MS away in each direction: a connection to them reaches
what listens on 10.77.0.1 or fd77::1, and one to 10.77.0.8 reaches what listens on 10.77.0.7. Packets to 10.77.0.9 or
fd77::9 are lost silently, and so is the first SYN of each connection to 10.77.0.4 or fd77::4.
Prints "PID" when the roads are there: `nsenter -t PID -n COMMAND` runs a command within. Ends after the lifetime (60 s), or
on SIGTERM; the namespace goes with it.
"""
import argparse
import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
DEAD, FORGETFUL = 9, 4  # last byte of the addresses
TCP, SYN = 6, 0x02


def make_device():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace")
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"roads", IFF_TUN | IFF_NO_PI))
    for command in ("link set lo up", "addr add 10.77.0.1/24 dev roads", "-6 addr add fd77::1/64 dev roads nodad",
                    "addr add 10.77.0.7/24 dev roads", "link set roads txqueuelen 10000 up",
                    "route add 10.77.0.8 dev roads src 10.77.0.7"):  # fmt: skip
        subprocess.run(["ip", *command.split()], check=True)
    return fd


class Roads:
    def __init__(self, delay_s):
        self.delay_s, self.queue, self.seen, self.number = delay_s, [], set(), 0

    def is_lost(self, packet, far, header):
        """Whether the packet goes nowhere, or is the first attempt of a connection on a road that forgets it."""
        if far == DEAD:
            return True
        protocol = packet[6] if packet[0] >> 4 == 6 else packet[9]
        if far != FORGETFUL or protocol != TCP or packet[header + 13] & (SYN | 0x10) != SYN:
            return False
        port = packet[header : header + 2]
        first = (packet[0], port) not in self.seen
        self.seen.add((packet[0], port))
        return first

    def take(self, packet):
        """Swapping the addresses sends a packet back as if from far away, and its checksums stay valid."""
        begin, size, header = (8, 16, 40) if packet[0] >> 4 == 6 else (12, 4, (packet[0] & 15) * 4)
        source, target = packet[begin : begin + size], packet[begin + size : begin + 2 * size]
        if packet[0] >> 4 == 6 and (target[0] == 0xFF or packet[6] == 58):
            return  # neighbour discovery and the like
        if self.is_lost(packet, target[-1], header):
            return
        self.number += 1
        swapped = packet[:begin] + target + source + packet[begin + 2 * size :]
        heapq.heappush(self.queue, (time.monotonic() + self.delay_s, self.number, swapped))

    def deliver(self, fd):
        while self.queue and self.queue[0][0] <= time.monotonic():
            try:
                os.write(fd, heapq.heappop(self.queue)[2])
            except OSError:
                pass

    def wait_s(self):
        return max(0, self.queue[0][0] - time.monotonic()) if self.queue else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0, metavar="MS")
    parser.add_argument("--lifetime", type=float, default=60)
    options = parser.parse_args()
    fd = make_device()
    roads, end = Roads(options.delay / 1000), time.monotonic() + options.lifetime
    print(os.getpid(), flush=True)
    while time.monotonic() < end:
        if select.select([fd], [], [], roads.wait_s())[0]:
            try:
                while True:
                    roads.take(os.read(fd, 65536))
            except BlockingIOError:
                pass
        roads.deliver(fd)


main()
