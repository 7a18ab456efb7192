#!/usr/bin/python3
"""Offers a service on a Motey node: worker.py ADDRESS SERVICE

Majordomo 0.1 (https://rfc.zeromq.org/spec/7/) with python3-zmq and nothing else. Answers `echo` with its data, and `slow` after a second.
Put what your program does in `handle`. No heartbeats go out while it works: after 3 s the node gives the request to another worker.
"""
import json
import sys
import time
import traceback

import zmq

READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
HEARTBEAT_SECONDS = 1
LOST_SECONDS = 3


def handle(action, data):
    """The answer's action and data."""
    if action == "slow":
        time.sleep(1)
    elif action != "echo":
        return action + ".error", {"code": "NotFound", "message": "there is no action " + action}
    return action + ".result", data


def reply_to(body):
    """The body of the reply to a request's."""
    action = body[0].decode(errors="replace")
    try:
        data = json.loads(body[1]) if any(body[1:2]) else None
    except ValueError as error:
        answer, said = action + ".error", {"code": "BadRequest", "message": "the second frame is no JSON: %s" % error}
    else:
        try:
            answer, said = handle(action, data)
        except Exception as error:
            # One bad request is no reason to serve nobody any more.
            traceback.print_exc()
            answer, said = action + ".error", {"code": "Internal", "message": "%s: %s" % (type(error).__name__, error)}
    # The meta goes back as it came: the asker knows its answer by it.
    return [answer.encode(), json.dumps(said).encode()] + body[2:3]


def connect(context, address, service):
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(address)
    socket.send_multipart([b"", b"MDPW01", READY, service.encode()])
    return socket


def work(address, service):
    context = zmq.Context.instance()
    socket = connect(context, address, service)
    heard = told = time.monotonic()
    while True:
        if socket.poll(200):
            _, header, command, *rest = socket.recv_multipart()
            heard = time.monotonic()
            if header == b"MDPW01" and command == REQUEST:
                sender, _, *body = rest
                socket.send_multipart([b"", b"MDPW01", REPLY, sender, b""] + reply_to(body))
            elif command == DISCONNECT:
                heard = 0
        now = time.monotonic()
        if now - told >= HEARTBEAT_SECONDS:
            socket.send_multipart([b"", b"MDPW01", HEARTBEAT])
            told = now
        if now - heard >= LOST_SECONDS:
            socket.close()
            time.sleep(HEARTBEAT_SECONDS)
            socket = connect(context, address, service)
            heard = told = time.monotonic()


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2])
