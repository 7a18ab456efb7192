#!/usr/bin/python3
"""Asks a service of a Motey node: client.py ADDRESS SERVICE ACTION [JSON] [DEADLINE_MS]

Majordomo 0.1 (https://rfc.zeromq.org/spec/7/) with python3-zmq and nothing else. ADDRESS is ipc:///run/motey/mdp.sock.
"""
import json
import sys
import uuid

import zmq


def call(address, service, action, data, deadline_ms=5000):
    """The answer's frames after the service's name: [action, data, meta, ...]; None when nothing comes in time."""
    context = zmq.Context.instance()
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.connect(address)
    try:
        # REQ puts the empty frame before these by itself.
        meta = {"id": str(uuid.uuid4()), "deadlineMs": deadline_ms}
        socket.send_multipart([b"MDPC01", service.encode(), action.encode(), json.dumps(data).encode(), json.dumps(meta).encode()])
        if not socket.poll(deadline_ms + 1000):
            return None
        header, name, *body = socket.recv_multipart()
        assert header == b"MDPC01" and name == service.encode()
        return body
    finally:
        socket.close()


if __name__ == "__main__":
    address, service, action, *rest = sys.argv[1:]
    body = call(address, service, action, json.loads(rest[0]) if rest else {}, int(rest[1]) if len(rest) > 1 else 5000)
    if body is None:
        sys.exit("no answer")
    print(body[0].decode(), body[1].decode())
