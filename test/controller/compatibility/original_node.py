"""A node that speaks nothing but the original Motey's wire: plain MQTT topics and REP sockets.

original_node.py HOST BROKER_PORT CAPABILITIES DEPLOY STATUS TERMINATE
Reads one JSON per line, {"ask": "capabilities" | "deploy" | "status" | "terminate", "host": …, "text": …}, and prints one per line:
{"answer": …}, {"registered": HOST}, {"removed": HOST}, {"deployed": IMAGE}, {"terminated": IMAGE}.
"""
import json
import socket
import struct
import sys
import threading

import zmq

host, broker_port = sys.argv[1], int(sys.argv[2])
ports = dict(zip(('capabilities', 'deploy', 'status', 'terminate'), map(int, sys.argv[3:7])))
context = zmq.Context()
printing = threading.Lock()
running = {}


def tell(**said):
    with printing:
        print(json.dumps(said), flush=True)


def reply(name, answer):
    responder = context.socket(zmq.REP)
    responder.bind('tcp://%s:%d' % (host, ports[name]))

    def serve():
        while True:
            responder.send_string(answer(responder.recv_string()))
    threading.Thread(target=serve, daemon=True).start()


def deploy(text):
    image = json.loads(text)
    if image['name'] == 'broken':
        return ''
    instance = 'instance-%d' % (len(running) + 1)
    running[instance] = 2
    tell(deployed=image)
    return instance


def terminate(text):
    image = json.loads(text)
    running.pop(image['id'], None)
    tell(terminated=image)
    return ''


reply('capabilities', lambda _: json.dumps([{'capability': 'docker', 'capability_type': 'val'}, {'capability': 'rfid', 'capability_type': 'hardware'}]))
reply('deploy', deploy)
reply('status', lambda instance: str(running.get(instance, 5)))
reply('terminate', terminate)


def text(value):
    return struct.pack('>H', len(value)) + value.encode()


def packet(kind, body):
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


def publish(topic):
    broker.sendall(packet(0x30, text(topic) + host.encode()))


def receive(count):
    received = b''
    while len(received) < count:
        chunk = broker.recv(count - len(received))
        if not chunk:
            sys.exit('the broker has closed the connection')
        received += chunk
    return received


broker = socket.create_connection(('127.0.0.1', broker_port))
broker.sendall(packet(0x10, text('MQTT') + bytes([4, 0b110, 0, 60]) + text('original-' + host) + text('motey/v1/remove') + text(host)))


def hear():
    while True:
        kind, length = receive(2)
        body = receive(length)
        if kind >> 4 == 2:
            for number, topic in enumerate(('motey/v1/register', 'motey/v1/remove', 'motey/v1/nodes_request')):
                broker.sendall(packet(0x82, struct.pack('>H', number + 1) + text(topic) + b'\0'))
            publish('motey/v1/register')
            publish('motey/v1/nodes_request')
        elif kind >> 4 == 3:
            size = struct.unpack('>H', body[:2])[0]
            topic, payload = body[2:2 + size].decode(), body[2 + size:].decode()
            if topic.endswith('/nodes_request') and payload != host:
                publish('motey/v1/register')
            elif topic.endswith('/register') and payload != host:
                tell(registered=payload)
            elif topic.endswith('/remove'):
                tell(removed=payload)


threading.Thread(target=hear, daemon=True).start()

for line in sys.stdin:
    order = json.loads(line)
    asker = context.socket(zmq.REQ)
    asker.setsockopt(zmq.LINGER, 0)
    asker.setsockopt(zmq.RCVTIMEO, 15000)
    asker.connect('tcp://%s:%d' % (order['host'], ports[order['ask']]))
    asker.send_string(order['text'])
    try:
        tell(answer=asker.recv_string())
    except zmq.Again:
        tell(answer=None)
    asker.close()
