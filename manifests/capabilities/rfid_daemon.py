#!/usr/bin/python3
"""Tells the node of this host that it has an RFID reader, for as long as this program runs.

    rfid_daemon.py [ADDRESS] [SECONDS]

ADDRESS is the node's capability socket. What is said with a time to live is
lost when this program ends, however it ends; a plain
'add_capability#{"capability": ..., "capability_type": ...}' stays until
'remove_capability#...' or a restart of the agent.
"""
import json
import sys
import time

import zmq

address = sys.argv[1] if len(sys.argv) > 1 else 'ipc:///run/motey/capabilities.sock'
ttl_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30

publisher = zmq.Context().socket(zmq.PUB)
publisher.setsockopt(zmq.LINGER, 0)
publisher.connect(address)

# What is sent before the connection stands is not heard, so it is said again
# soon at first, and then often enough that one lost message does no harm.
pause = 0.1
while True:
    publisher.send_string('set_capabilities#' + json.dumps({
        'publisher': 'rfid-1',
        'ttlSeconds': ttl_seconds,
        'capabilities': [{'capability': 'rfid', 'capability_type': 'hardware'}],
    }))
    time.sleep(pause)
    pause = min(pause * 2, ttl_seconds / 3)
