# SPDX-License-Identifier: Apache-2.0
"""Subscribers to `ledger` by the thousand, on one thread: each is to be told of every ledger once, in order."""
import re
import resource
import selectors
import socket
import threading

import common

HANDSHAKE = (b'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
             b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
INDEX, HASH = re.compile(rb'"ledger_index":(\d+)'), re.compile(rb'"ledger_hash":"([0-9A-F]{64})"')


class Member:
    def __init__(self, port):
        self.sock, self.held, self.first, self.last, self.in_frames = socket.create_connection(('127.0.0.1', port), 20), b'', 0, 0, False
        self.sock.sendall(HANDSHAKE + common.websocket.frame(1, b'{"command":"subscribe","streams":["ledger"]}', True))

    def frames(self, data):
        """(opcode, payload) of what is complete."""
        self.held += data
        if not self.in_frames:
            _, end, rest = self.held.partition(b'\r\n\r\n')
            if not end:
                return
            self.held, self.in_frames = rest, True
        while len(self.held) >= 4:
            n, head = self.held[1] & 127, 2
            if n == 126:
                n, head = int.from_bytes(self.held[2:4], 'big'), 4
            if len(self.held) < head + n:    # a message of 64 KiB is not expected
                return
            yield self.held[0] & 15, self.held[head:head + n]
            self.held = self.held[head + n:]


class Crowd:
    def __init__(self, port, n):
        """All have their reply when this returns."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.selector, self.wrong, self.hashes = selectors.DefaultSelector(), [], {}    # {ledger: its hash, as told}
        self.n_told, self.ended = 0, threading.Event()
        self.members = [Member(port) for _ in range(n)]
        for m in self.members:
            m.sock.setblocking(False)
            self.selector.register(m.sock, selectors.EVENT_READ, m)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        common.wait_until(lambda: self.wrong or self.lowest() > 0, what_for='the replies')

    def lowest(self):
        return min(m.last for m in self.members)

    def wait_for(self, seq):
        """Until all have been told of this ledger, or one of something wrong."""
        common.wait_until(lambda: self.wrong or self.lowest() >= seq, what_for=f'ledger {seq} to reach all')

    def _run(self):
        while not self.ended.is_set():
            for key, _ in self.selector.select(0.1):
                self._read(key.data)

    def _read(self, m):
        try:
            data = m.sock.recv(1 << 16)
        except OSError:
            data = b''
        for opcode, payload in m.frames(data):
            if opcode == common.websocket.PING:
                m.sock.sendall(common.websocket.frame(common.websocket.PONG, payload, True))
            elif opcode == 1:
                self._take(m, payload)
            else:
                self.wrong.append(f'opcode {opcode}: {payload}')
        if not data:
            self.wrong.append(f'a connection ended after ledger {m.last}')
            self.selector.unregister(m.sock)

    def _take(self, m, text):
        index, told = INDEX.search(text), HASH.search(text)
        seq = int(index[1]) if index and told else None
        if seq is None or (m.last and seq != m.last + 1) or self.hashes.setdefault(seq, told[1]) != told[1]:
            self.wrong.append(f'after ledger {m.last}: {text[:300]}')
            return
        self.n_told += m.last > 0
        m.first, m.last = m.first or seq, seq

    def end(self):
        self.ended.set()
        self.thread.join()
        for m in self.members:
            m.sock.close()
