"""What Domogik's released synchronous client writes and reads: REQ, its timeout in seconds as text before the action.

domogik-client.py ADDRESS SERVICE TIMEOUT ACTION DATA
"""
import sys

import zmq

address, service, timeout, action, data = sys.argv[1:]
socket = zmq.Context.instance().socket(zmq.REQ)
socket.linger = 0
socket.connect(address)
socket.send_multipart([b"MDPC01", service.encode(), timeout.encode(), action.encode(), data.encode()])
if not socket.poll(20000):
    sys.exit("no answer")
header, name, *body = socket.recv_multipart()
print(" | ".join(part.decode() for part in body))
