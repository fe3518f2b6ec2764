# SPDX-License-Identifier: Apache-2.0
"""Subscriptions for tests: connections that read on a thread of their own, and the recorded subscriptions played."""
import contextlib
import json
import socket
import subprocess
import threading
import time

import common

SETTLE_S = 0.15     # nothing came for so long: nothing will
PATIENCE_S = 20


class Subscriber:
    """A WebSocket connection; everything that comes is kept in order."""

    def __init__(self, port, read=True):
        self.stream = common.websocket.connect(f'ws://127.0.0.1:{port}/', None)
        self.messages, self.closed, self.last = [], None, time.monotonic()
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, daemon=True)
        if read:
            self.thread.start()

    def _read(self):
        parts, code = [], None
        try:
            while True:
                last, opcode, payload = self.stream.read_frame()
                if opcode == common.websocket.CLOSE:
                    code = (int.from_bytes(payload[:2], 'big'), payload[2:].decode()) if len(payload) >= 2 else (1005, '')
                    self.stream.send(payload[:2], common.websocket.CLOSE)
                    break
                if opcode == common.websocket.PING:
                    self.stream.send(payload, common.websocket.PONG)
                if opcode >= common.websocket.CLOSE:
                    continue
                parts.append(payload)
                if last:
                    self._take(json.loads(b''.join(parts)))
                    parts = []
        except (OSError, ValueError, common.websocket.Closed):
            pass
        with self.changed:
            self.closed = code or (1006, '')
            self.changed.notify_all()

    def _take(self, message):
        with self.changed:
            self.messages.append(message)
            self.last = time.monotonic()
            self.changed.notify_all()

    def send(self, message):
        self.stream.send(json.dumps(message))

    def wait(self, condition, seconds=PATIENCE_S, what='it'):
        """Until condition(self) holds; returns what it gave."""
        limit = time.monotonic() + seconds
        with self.changed:
            while not (found := condition(self)):
                left = limit - time.monotonic()
                if left <= 0 or (self.closed and not condition(self)):
                    raise AssertionError(f'waited for {what} in vain: {len(self.messages)} messages, closed {self.closed}, '
                                         f'last {str(self.messages[-1:])[:300]}')
                self.changed.wait(left)
            return found

    def ask(self, command, **members):
        """The reply; stream messages may come before and after."""
        n = len(self.messages)
        self.send({'command': command, **members})
        return self.wait(lambda s: next((m for m in s.messages[n:] if m.get('type') == 'response'), None), what='a reply')

    def streamed(self):
        return [m for m in self.messages if m.get('type') != 'response']

    def close(self):
        with contextlib.suppress(OSError):
            self.stream.sock.shutdown(socket.SHUT_RDWR)    # wakes the reader, which holds the file
        self.stream.sock.close()


def rows(name):
    """A recording of subscriptions."""
    text = subprocess.run(['zstd', '-dcq', common.WORLD / name], capture_output=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def groups(recording):
    """{connection: {ledger: [messages]}}: what came until the ledger's mark; replies are apart, under 'replies'."""
    found, waiting = {}, []
    for row in recording:
        if row['dir'] == 'recv':
            waiting.append((row['conn'], row['message']))
        if row['dir'] == 'mark':
            for conn, message in waiting:
                key = 'replies' if message.get('type') == 'response' else row['ledger_index']
                found.setdefault(conn, {}).setdefault(key, []).append(message)
            waiting = []
    return found


KINDS = ('ledgerClosed', None, 'transaction', 'bookChanges')


def kind(message):
    if message.get('type') == 'transaction' and not message.get('validated'):
        return 1
    return KINDS.index(message['type']) if message.get('type') in KINDS else 1


def by_kind(messages):
    """Stable by kind: between kinds the order of a recording may be another."""
    return sorted(messages, key=kind)


def play(recording, kleio, double, expected):
    """Play the requests, ledger by ledger; {connection: Subscriber}, {connection: {ledger: messages}}."""
    conns, got, taken = {}, {}, {}
    for row in recording:
        if row['dir'] == 'send':
            conn = conns.setdefault(row['conn'], None) or Subscriber(kleio.port)
            conns[row['conn']] = conn
            n = len([m for m in conn.messages if m.get('type') == 'response'])
            conn.send(row['message'])
            conn.wait(lambda s: len([m for m in s.messages if m.get('type') == 'response']) > n, what='a reply')
        if row['dir'] != 'mark':
            continue
        double.close_ledger()
        for name, conn in conns.items():
            want = len(expected.get(name, {}).get(row['ledger_index'], []))
            conn.wait(lambda s: len(s.streamed()) >= taken.get(name, 0) + want, what=f'{want} messages of {row["ledger_index"]}')
        time.sleep(SETTLE_S)
        for name, conn in conns.items():
            new = conn.streamed()[taken.get(name, 0):]
            taken[name] = taken.get(name, 0) + len(new)
            got.setdefault(name, {})[row['ledger_index']] = new
    return conns, got


IGNORED = {'warnings', 'time', 'hostid', 'random', 'pubkey_node'}


def normal(value):
    if isinstance(value, dict):
        return {k: normal(v) for k, v in value.items() if k not in IGNORED}
    return [normal(v) for v in value] if isinstance(value, list) else value


def differences(want, got):
    """Of two lists of messages, in order."""
    found = []
    for i in range(max(len(want), len(got))):
        a = normal(want[i]) if i < len(want) else None
        b = normal(got[i]) if i < len(got) else None
        if a != b or json.dumps(a, sort_keys=True) != json.dumps(b, sort_keys=True):
            found.append(f'message {i}: want {json.dumps(a, sort_keys=True)[:600]} got {json.dumps(b, sort_keys=True)[:600]}')
    return found
