# SPDX-License-Identifier: Apache-2.0
"""Clients that want all there is. Each kind opens its connections from one address and pours as fast as it is let.
As a program: floods.py PORT ADDRESS KIND SECONDS"""
import contextlib
import select
import socket
import struct
import sys
import time

MIB = 1 << 20
LEDGER = b'{"method":"ledger","params":[{"ledger_index":"validated","transactions":true,"expand":true}]}'
DATA = b'{"command":"ledger_data","binary":false,"limit":2048}'


def connect(port, ip):
    return socket.create_connection(('127.0.0.1', port), 10, (ip, 0))


def upgraded(port, ip):
    s = connect(port, ip)
    s.sendall(b'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
              b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    got = b''
    while b'\r\n\r\n' not in got:
        part = s.recv(4096)
        if not part:
            raise ConnectionError(got)
        got += part
    if b' 101 ' not in got:
        raise ConnectionError(got)
    return s


def message(text):
    n = len(text)
    size = bytes([0x80 | n]) if n < 126 else b'\xfe' + struct.pack('>H', n) if n < 65536 else b'\xff' + struct.pack('>Q', n)
    return b'\x81' + size + bytes(4) + text


def post(body):
    return b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % len(body) + body


def pour(sockets, data, seconds, reads=False):
    """Send `data` over and over, on all, as fast as it is taken. Bytes taken; connections that ended are dropped."""
    limit, sent, offsets = time.monotonic() + seconds, 0, {s: 0 for s in sockets}
    for s in sockets:
        s.setblocking(False)
    while time.monotonic() < limit and offsets:
        readable, ready, _ = select.select(list(offsets) if reads else [], list(offsets), [], 0.2)
        for s in readable:
            with contextlib.suppress(BlockingIOError):
                try:
                    gone = s.recv(MIB) == b''
                except ConnectionError:
                    gone = True
                if gone:
                    offsets.pop(s, None)
        for s in ready:
            if s not in offsets:
                continue
            try:
                n = s.send(data[offsets[s]:offsets[s] + 262144])
            except BlockingIOError:
                continue
            except OSError:
                del offsets[s]
                continue
            sent += n
            offsets[s] = (offsets[s] + n) % len(data)
    return sent


def zeros(command, n=MIB - 200):
    return b'{"command":"%s","method":"%s","x":[' % (command, command) + b'0,' * ((n - 60) // 2) + b'0]}'


def again(port, ip, seconds, open_one, n, data, reads):
    """Pour over n connections, and over new ones when they are closed."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        sockets = []
        with contextlib.suppress(OSError):
            for _ in range(n):
                sockets.append(open_one(port, ip))
        pour(sockets, data, max(0.1, limit - time.monotonic()), reads)
        for s in sockets:
            s.close()


def churn(port, ip, seconds):
    """Connect, ask, go away."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(OSError):
            s = connect(port, ip)
            s.sendall(post(LEDGER))
            s.close()


def half(port, ip, seconds):
    """Requests that never end."""
    sockets = []
    with contextlib.suppress(OSError):
        for i in range(20):
            s = (connect if i % 2 else upgraded)(port, ip)
            s.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % MIB + b' ' * (MIB - 1) if i % 2
                      else message(b' ' * (MIB - 200))[:-1])
            sockets.append(s)
    time.sleep(seconds)


KINDS = {
    'pings': lambda *a: again(*a, upgraded, 8, message(b'{"command":"ping"}') * 1000, True),
    'refused': lambda *a: again(*a, upgraded, 8, message(zeros(b'fee')), True),
    'json': lambda *a: again(*a, connect, 8, post(zeros(b'fee')), True),
    'unread': lambda *a: again(*a, upgraded, 20, message(DATA) * 64, False),
    'pipelined': lambda *a: again(*a, connect, 20, post(LEDGER) * 64, False),
    'nonsense': lambda *a: again(*a, connect, 8, b'\x00\xff nonsense \r\n\r\n' * 100, True),
    'frames': lambda *a: again(*a, upgraded, 8, b'\x89\x80\0\0\0\0' * 10000, True),
    'lines': lambda *a: again(*a, connect, 8, b'\r\n' * 10000, True),
    'churn': churn,
    'half': half,
}

if __name__ == '__main__':
    KINDS[sys.argv[3]](int(sys.argv[1]), sys.argv[2], float(sys.argv[4]))
