# SPDX-License-Identifier: Apache-2.0
"""Clients that want all there is, or mean ill. Each kind has its connections from one address.
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


# ---- hostile clients that are few, and mean ----

def drip(port, ip, seconds, open_one, first, rest, every=0.2, n=20):
    """Connections that send one byte now and then, for as long as they are let."""
    sockets, limit, at = [], time.monotonic() + seconds, 0
    with contextlib.suppress(OSError):
        for _ in range(n):
            s = open_one(port, ip)
            s.sendall(first)
            sockets.append(s)
    while time.monotonic() < limit:
        for s in list(sockets):
            try:
                s.sendall(rest[at % len(rest):][:1])
            except OSError:
                sockets.remove(s)
        at += 1
        time.sleep(every)


def sip(port, ip, seconds, open_one, request, n=20):
    """Ask for much and read a byte now and then."""
    sockets, limit = [], time.monotonic() + seconds
    with contextlib.suppress(OSError):
        for _ in range(n):
            s = open_one(port, ip)
            s.sendall(request)
            sockets.append(s)
    while time.monotonic() < limit:
        for s in list(sockets):
            try:
                s.settimeout(0.05)
                if s.recv(1) == b'':
                    sockets.remove(s)
            except TimeoutError:
                pass
            except OSError:
                sockets.remove(s)
        time.sleep(0.1)


def hangs(port, ip, seconds):
    """Have a bad request refused, and hold the connection."""
    sockets, limit = [], time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(OSError):
            s = connect(port, ip)
            s.sendall(b'BAD\r\n\r\n')
            sockets.append(s)
            s.settimeout(1)
            s.recv(1000)
        if len(sockets) > 2000:
            sockets.pop(0).close()


def resets(port, ip, seconds):
    """Ask and break off, without a word."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(OSError):
            s = connect(port, ip)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            s.sendall(post(LEDGER))
            s.close()


def idle(port, ip, seconds):
    """As many connections as there are to be had, and nothing more."""
    sockets = []
    with contextlib.suppress(OSError):
        for _ in range(200):
            sockets.append(connect(port, ip))
    time.sleep(seconds)


def asks(*requests):
    return lambda *a: again(*a, upgraded, 8, b''.join(message(r) for r in requests), True)


def pours(*parts, n=8):
    return lambda *a: again(*a, connect, n, b''.join(parts), True)


def frame(opcode, payload, last=True, mask=True):
    n = len(payload)
    size = struct.pack('>B', (0x80 if mask else 0) | n) if n < 126 else struct.pack('>BH', 0xfe, n)
    return bytes([(0x80 if last else 0) | opcode]) + size + (bytes(4) if mask else b'') + payload


HEAD = b'POST / HTTP/1.1\r\nHost: x\r\n'
ACCOUNTS = ','.join(f'"{a}"' for a in ('rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh', 'rrrrrrrrrrrrrrrrrrrrrhoLvTp') * 50).encode()
# One thing each, and all of it within what a single client may try.
HOSTILE = {
    'slow header': lambda *a: drip(*a, connect, HEAD, b'X-A: b\r\n'),
    'slow body': lambda *a: drip(*a, connect, HEAD + b'Content-Length: 100000\r\n\r\n', b' '),
    'slow frame': lambda *a: drip(*a, upgraded, b'\x81\xfe\xff\xff\0\0\0\0', b' '),
    'slow handshake': lambda *a: drip(*a, connect, b'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n', b'X-A: b\r\n'),
    'slow reader': lambda *a: sip(*a, connect, post(LEDGER) * 16),
    'slow subscriber': lambda *a: sip(*a, upgraded, message(b'{"command":"subscribe","streams":["ledger","transactions"]}') + message(DATA) * 8),
    'idle': idle,
    'resets': resets,
    'hangs': hangs,
    'many headers': pours(HEAD, b'X-Header-Name: a value\r\n' * 2000),
    'long header': pours(HEAD, b'X: ', b'a' * 100000, b'\r\n'),
    'small chunks': pours(HEAD, b'Transfer-Encoding: chunked\r\n\r\n', b'1\r\n \r\n' * 20000, b'0\r\n\r\n'),
    'chunk extensions': pours(HEAD, b'Transfer-Encoding: chunked\r\n\r\n', b'1;a=b\r\n \r\n' * 2000),
    'methods': pours(*(b'%s / HTTP/1.1\r\nHost: x\r\n\r\n' % m for m in (b'OPTIONS', b'PUT', b'DELETE', b'PATCH', b'TRACE'))),
    'pages': pours(*(b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % p for p in (b'/health', b'/metrics', b'/cache_state', b'/')), n=16),
    'fragments': lambda *a: again(*a, upgraded, 8, frame(1, b'{', False) + frame(0, b' ', False) * 50000, True),
    'bad frames': lambda *a: again(*a, upgraded, 8, frame(3, b'x') + frame(1, b'x', mask=False), True),
    'bad text': lambda *a: again(*a, upgraded, 8, frame(1, b'\xff' * 100), True),
    'deep json': asks(b'{"command":"ping","x":' + b'[' * 30000),
    'names': asks(b'{"command":"ping",' + b','.join(b'"%d":0' % i for i in range(15000)) + b'}'),
    'escapes': asks(b'{"command":"ping","x":"' + b'\\u00e9' * 100000 + b'"}'),
    'subscriptions': asks(b'{"command":"subscribe","accounts":[%s]}' % ACCOUNTS, b'{"command":"unsubscribe","accounts":[%s]}' % ACCOUNTS),
    'dear methods': asks(b'{"command":"ledger","ledger_index":"validated","transactions":true,"expand":true,"diff":true}', DATA,
                         b'{"command":"account_tx","account":"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh","limit":400}',
                         b'{"command":"gateway_balances","account":"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"}'),
    'forwards': asks(b'{"command":"fee"}', b'{"command":"ripple_path_find"}', b'{"command":"submit","tx_blob":"00"}'),
}
FLOODS = {
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
KINDS = {**FLOODS, **HOSTILE}

if __name__ == '__main__':
    KINDS[sys.argv[3]](int(sys.argv[1]), sys.argv[2], float(sys.argv[4]))
