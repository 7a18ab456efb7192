"""Joins two network interfaces and delays and loses what passes from the first to the second: impair.py INTO OUT DELAY_MS LOSS SEED

The kernels that tests run on have no netem. Packets keep their virtio header, so that checksums and segments
that a virtual interface left to be finished stay so.
"""
import collections
import random
import select
import socket
import sys
import time

EVERY_PROTOCOL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_OUTGOING = 263, 15, 4

near, far = sys.argv[1:3]
delay_seconds, loss, seed = float(sys.argv[3]) / 1000, float(sys.argv[4]), int(sys.argv[5])
chance = random.Random(seed)


def opened(interface):
    it = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
    it.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    it.bind((interface, 0))
    it.setblocking(False)
    return it


def send(out, packet):
    try:
        out.send(packet)
    except OSError:
        pass  # a full queue or an interface that is going: lost, as on a wire


into, out = opened(near), opened(far)
waiting = collections.deque()
print("ready", flush=True)
while True:
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    readable, _, _ = select.select([into, out], [], [], pause)
    for each in readable:
        for _ in range(256):
            try:
                packet, address = each.recvfrom(1 << 17)
            except BlockingIOError:
                break
            except OSError:
                sys.exit(0)  # the interface was taken away
            if address[2] == PACKET_OUTGOING:
                continue
            if each is out:
                send(into, packet)
            elif chance.random() >= loss:
                waiting.append((time.monotonic() + delay_seconds, packet))
    now = time.monotonic()
    while waiting and waiting[0][0] <= now:
        send(out, waiting.popleft()[1])
