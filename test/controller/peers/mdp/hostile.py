"""Sends what no client should: hostile.py ADDRESS. Prints what was answered to the last, a decent request."""
import sys

import zmq

address = sys.argv[1]
context = zmq.Context.instance()


def connect():
    socket = context.socket(zmq.DEALER)
    socket.linger = 1000
    socket.connect(address)
    return socket


socket = connect()
for message in [
    [b""], [b"x"], [b"", b""], [b"", b"MDPC02", b"node", b"x"], [b"MDPC01", b"node", b"x"], [b"", b"MDPC01"], [b"", b"MDPC01", b"\xff\xfe", b"x"],
    [b"", b"MDPW01"], [b"", b"MDPW01", b"\x09"], [b"", b"MDPW01", b"\x03", b"r1", b"", b"x"], [b"", b"MDPW01", b"\x01", b"val"], [b"", b"MDPW01", b"\x04"],
    [b"", b"MDPC01", b"node", b"node.services", b"{" * 100000], [b"", b"MDPC01", b"node", b"node.services", b'{"__proto__": 1}', b"[" * 5000],
    [b"", b"MDPC01", b"node"] + [b"x"] * 5000, [b""] * 5000, [b"", b"MDPW01", b"\x01", b"x" * 300],
]:
    socket.send_multipart(message)
large = connect()
large.send_multipart([b"", b"MDPC01", b"node", b"x", b"y" * (2 * 1024 * 1024)])
for _ in range(3000):
    socket.send_multipart([b"", b"MDPC01", b"nobody", b"x", b"1"])

decent = context.socket(zmq.REQ)
decent.linger = 0
decent.connect(address)
decent.send_multipart([b"MDPC01", b"node", b"node.services", b"{}"])
if not decent.poll(20000):
    sys.exit("no answer")
print(decent.recv_multipart()[2].decode())
