"""A client of clever-show's messaging, written from its documented format with nothing but Python's own modules.

Reads steps from its standard input, one JSON object a line, and writes every frame that comes back as a line of JSON:
	{"do": "message", "action": A, "args": [...], "kwargs": {...}}
	{"do": "request", "id": "0042", "value": V, "args": [...], "kwargs": {...}}
	{"do": "resend", "id": "0042", "value": V}	as the original did: the arguments are lost
	{"do": "send_file", "filepath": P, "size": N, "seed": S}
	{"do": "raw", "hex": H}
	{"do": "receive", "count": N}
	{"do": "reconnect"}
Usage: clever_show_client.py PORT BYTES_PER_PIECE
"""
import hashlib
import json
import socket
import struct
import sys


def encode(content, content_type, message_type, more):
	header = {'byteorder': sys.byteorder, 'content-type': content_type, 'content-encoding': 'utf-8',
		'content-length': len(content), 'message-type': message_type}
	header.update(more)
	text = json.dumps(header, ensure_ascii=False).encode('utf-8')
	return struct.pack('>H', len(text)) + text + content


def encode_json(value, message_type, more):
	return encode(json.dumps(value, ensure_ascii=False).encode('utf-8'), 'json', message_type, more)


def bytes_of(seed, size):
	"""Bytes that are the same for the same seed."""
	out = bytearray()
	block = seed.encode()
	while len(out) < size:
		block = hashlib.sha256(block).digest()
		out += block
	return bytes(out[:size])


class Client:
	def __init__(self, port, piece):
		self.port, self.piece = port, piece
		self.connect()

	def connect(self):
		self.socket = socket.create_connection(('127.0.0.1', self.port), timeout=60)
		self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

	def send(self, data):
		for at in range(0, len(data), self.piece):
			self.socket.sendall(data[at:at + self.piece])

	def exactly(self, size):
		data = bytearray()
		while len(data) < size:
			more = self.socket.recv(min(65536, size - len(data)))
			if not more:
				return None
			data += more
		return bytes(data)

	def receive(self):
		prefix = self.exactly(2)
		if prefix is None:
			return {'closed': True}
		header = json.loads(self.exactly(struct.unpack('>H', prefix)[0]).decode('utf-8'))
		for name in ('byteorder', 'content-length', 'content-type', 'content-encoding', 'message-type'):
			assert name in header, name
		content = self.exactly(header['content-length'])
		if content is None:
			return {'closed': True}
		told = {'type': header['message-type'], 'value': header.get('requested_value'), 'id': header.get('request_id')}
		if 'error' in header:
			told['error'] = header['error']
		if header['content-type'] == 'json':
			told['content'] = json.loads(content.decode(header['content-encoding']))['value']
		else:
			told['bytes'] = len(content)
			told['sha256'] = hashlib.sha256(content).hexdigest()
		return told

	def do(self, step):
		kind = step['do']
		args, kwargs = step.get('args', []), step.get('kwargs', {})
		if kind == 'message':
			self.send(encode_json({'args': args, 'kwargs': kwargs}, 'message', {'action': step['action']}))
		elif kind == 'request':
			self.send(encode_json({'requested_value': step['value'], 'request_id': step['id'], 'args': args, 'kwargs': kwargs}, 'request', {}))
		elif kind == 'resend':
			self.send(encode_json({'requested_value': step['value'], 'request_id': step['id'], 'args': None, 'kwargs': {}}, 'request', {}))
		elif kind == 'send_file':
			self.send(encode(bytes_of(step['seed'], step['size']), 'binary', 'message', {'action': 'filetransfer', 'filepath': step['filepath']}))
		elif kind == 'raw':
			self.send(bytes.fromhex(step['hex']))
		elif kind == 'reconnect':
			self.socket.close()
			self.connect()
		elif kind == 'receive':
			for _ in range(step['count']):
				print(json.dumps(self.receive()), flush=True)


client = Client(int(sys.argv[1]), int(sys.argv[2]))
for line in sys.stdin:
	client.do(json.loads(line))
