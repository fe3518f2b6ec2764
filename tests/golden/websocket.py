# SPDX-License-Identifier: Apache-2.0
"""A small WebSocket client (RFC 6455) on a blocking socket: text messages only, no extensions."""
import base64
import os
import socket
import struct
import urllib.parse

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Closed(Exception):
    """The other side has closed the connection."""


def frame(opcode, payload, masked):
    n, bit = len(payload), 128 if masked else 0
    head = bytes([128 | opcode])
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += struct.pack('>BH', bit | 126, n)
    else:
        head += struct.pack('>BQ', bit | 127, n)
    if not masked:
        return head + payload
    key = os.urandom(4)
    pad = (key * (n // 4 + 1))[:n]
    mixed = int.from_bytes(payload, 'big') ^ int.from_bytes(pad, 'big')
    return head + key + mixed.to_bytes(n, 'big')


class Stream:
    """Reads frames from a socket; also a server's side of it."""

    def __init__(self, sock, masks):
        self.sock, self.masks = sock, masks
        self.file = sock.makefile('rb', buffering=1 << 16)

    def take(self, n):
        data = self.file.read(n)
        if len(data) < n:
            raise Closed
        return data

    def read_frame(self):
        first, second = self.take(2)
        n = second & 127
        if n == 126:
            n, = struct.unpack('>H', self.take(2))
        elif n == 127:
            n, = struct.unpack('>Q', self.take(8))
        key = self.take(4) if second & 128 else None
        payload = self.take(n)
        if key:
            pad = (key * (n // 4 + 1))[:n]
            payload = (int.from_bytes(payload, 'big') ^ int.from_bytes(pad, 'big')).to_bytes(n, 'big')
        return first & 128, first & 15, payload

    def send(self, text, opcode=TEXT):
        self.sock.sendall(frame(opcode, text.encode() if isinstance(text, str) else text, self.masks))

    def receive(self):
        """The next text message."""
        parts = []
        while True:
            last, opcode, payload = self.read_frame()
            if opcode == CLOSE:
                raise Closed
            if opcode == PING:
                self.send(payload, PONG)
            if opcode >= CLOSE:
                continue
            parts.append(payload)
            if last:
                return b''.join(parts).decode()

    def close(self):
        self.file.close()
        self.sock.close()


def connect(url, timeout_s):
    """A client's Stream to ws://host:port/path."""
    u = urllib.parse.urlsplit(url)
    sock = socket.create_connection((u.hostname, u.port or 80), timeout_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall((f'GET {u.path or "/"} HTTP/1.1\r\nHost: {u.hostname}:{u.port}\r\nUpgrade: websocket\r\n'
                  f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n').encode())
    stream = Stream(sock, masks=True)
    status = stream.file.readline()
    while stream.file.readline().strip():
        pass
    if b' 101 ' not in status:
        raise OSError(f'no WebSocket at {url}: {status.decode(errors="replace").strip()}')
    return stream
