# SPDX-License-Identifier: Apache-2.0
"""A small client of Cassandra's native protocol (version 4) for tests: texts, prepared statements, many in flight.
Independent of the server's own. `python3 cql.py HOST:PORT load KEYSPACE FILE` loads a recorded keyspace, `... dump KEYSPACE`
prints one as lines {"table", "row"}."""
import json
import socket
import struct
import subprocess
import sys

BUSY, TRIES = (0x1001, 0x1100, 0x1200), 10  # overloaded, a write or a read that timed out: what tests run may be run again
TEXT, BIGINT, INT, BLOB, BOOLEAN, UUID, TUPLE = 0x0D, 0x02, 0x09, 0x03, 0x04, 0x0C, 0x31


class Error(Exception):
    def __init__(self, code, text):
        super().__init__(f'{code:04x}: {text}')
        self.code = code


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def string(self):
        return self.take(self.number('>H')).decode()

    def value(self):
        n = self.number('>i')
        return None if n < 0 else self.take(n)

    def type(self):
        kind = self.number('>H')
        if kind == TUPLE:
            return kind, [self.type() for _ in range(self.number('>H'))]
        if kind in (0x20, 0x22):
            return kind, [self.type()]
        if kind == 0x21:
            return kind, [self.type(), self.type()]
        if kind == 0:
            self.string()
        return kind, []

    def columns(self, prepared=False):
        flags, n = self.number('>I'), self.number('>I')
        if prepared:
            for _ in range(self.number('>I')):
                self.number('>H')
        paging = self.value() if flags & 2 else None
        if flags & 4:
            return [], paging
        if flags & 1:
            self.string(), self.string()
        out = []
        for _ in range(n):
            if not flags & 1:
                self.string(), self.string()
            out.append((self.string(), self.type()))
        return out, paging


def decode(kind, data):
    code, parts = kind
    if data is None:
        return None
    if code in (BIGINT, INT):
        return int.from_bytes(data, 'big', signed=True)
    if code == BOOLEAN:
        return data != b'\0'
    if code in (TEXT, 0x01, 0x0A):
        return data.decode()
    if code == TUPLE:
        r = Reader(data)
        return [decode(p, r.value()) for p in parts]
    return {'hex': data.hex()}


def encode(kind, value):
    code, parts = kind
    if code == BIGINT:
        data = value.to_bytes(8, 'big', signed=True)
    elif code == INT:
        data = value.to_bytes(4, 'big', signed=True)
    elif code == BOOLEAN:
        data = bytes([value])
    elif code in (TEXT, 0x01, 0x0A):
        data = value.encode()
    elif code == TUPLE:
        data = b''.join(encode(p, v) for p, v in zip(parts, value))
    else:
        data = bytes.fromhex(value['hex'])
    return struct.pack('>i', len(data)) + data


class Session:
    def __init__(self, host, port, timeout=60):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.settimeout(timeout)
        self.buffer = b''
        self.request(0x01, struct.pack('>H', 1) + b'\0\x0bCQL_VERSION\0\x053.0.0')

    def close(self):
        self.socket.close()

    def send(self, opcode, body, stream=0):
        self.socket.sendall(struct.pack('>BBhBI', 4, 0, stream, opcode, len(body)) + body)

    def receive(self):
        def need(n):
            while len(self.buffer) < n:
                data = self.socket.recv(1 << 20)
                if not data:
                    raise ConnectionError('closed')
                self.buffer += data
        need(9)
        _, flags, stream, opcode, n = struct.unpack('>BBhBI', self.buffer[:9])
        need(9 + n)
        body, self.buffer = self.buffer[9:9 + n], self.buffer[9 + n:]
        r = Reader(body)
        if flags & 8:
            for _ in range(r.number('>H')):
                r.string()
        return stream, opcode, r

    def request(self, opcode, body):
        for left in reversed(range(TRIES)):
            self.send(opcode, body)
            try:
                return self.result(self.receive())
            except Error as e:
                if e.code not in BUSY or left == 0:
                    raise

    @staticmethod
    def result(answer):
        _, opcode, r = answer
        if opcode == 0:
            raise Error(r.number('>I'), r.string())
        return r

    def run(self, text, page=5000):
        """All rows, as dictionaries."""
        rows, paging = [], None
        while True:
            body = struct.pack('>I', len(text.encode())) + text.encode() + struct.pack('>HB', 4, 4 | (8 if paging else 0)) + \
                struct.pack('>i', page) + (struct.pack('>i', len(paging)) + paging if paging else b'')
            r = self.request(0x07, body)
            if r.number('>I') != 2:
                return rows
            columns, paging = r.columns()
            for _ in range(r.number('>I')):
                rows.append({name: decode(kind, r.value()) for name, kind in columns})
            if not paging:
                return rows

    def prepare(self, text):
        r = self.request(0x09, struct.pack('>I', len(text.encode())) + text.encode())
        assert r.number('>I') == 4
        identity = r.take(r.number('>H'))
        return identity, r.columns(prepared=True)[0]

    def run_many(self, prepared, rows, in_flight=256):
        identity, columns = prepared
        waiting, free, again = {}, list(range(in_flight)), []  # stream: body; bodies that the database was too busy for

        def take():
            stream, opcode, r = self.receive()
            body = waiting.pop(stream)
            free.append(stream)
            try:
                self.result((stream, opcode, r))
            except Error as e:
                if e.code not in BUSY:
                    raise
                again.append(body)

        for row in rows:
            body = struct.pack('>H', len(identity)) + identity + struct.pack('>HBH', 4, 1, len(columns))
            body += b''.join(encode(kind, row[name]) for name, kind in columns)
            if not free:
                take()
            stream = free.pop()
            waiting[stream] = body
            self.send(0x0A, body, stream)
        while waiting:
            take()
        for body in again:
            self.request(0x0A, body)


def lines(path):
    with subprocess.Popen(['zstd', '-dc', str(path)], stdout=subprocess.PIPE, text=True) as p:
        for line in p.stdout:
            yield json.loads(line)


def load(session, keyspace, path, skip=(), keep=lambda table, row: True):
    """The tables of a recording, and their rows."""
    by_table, schema = {}, None
    for line in lines(path):
        if 'schema' in line:
            schema = line['schema']
        elif line['table'] not in skip and keep(line['table'], line['row']):
            by_table.setdefault(line['table'], []).append(line['row'])
    session.run(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    for table, text in schema.items():
        head, _, tail = text.partition(' WITH ')
        order = [p for p in tail.split('\n    AND ') if 'CLUSTERING ORDER' in p or 'time_to_live' in p]
        session.run(head.replace('clio_main.', keyspace + '.') + (' WITH ' + ' AND '.join(order).rstrip(';') if order else ''))
    n = 0
    for table, rows in by_table.items():
        names = list(rows[0])
        session.run_many(session.prepare(f"INSERT INTO {keyspace}.{table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"), rows)
        n += len(rows)
    return n


def dump(session, keyspace):
    for table in sorted(r['table_name'] for r in session.run(f"SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}'")):
        for row in session.run(f'SELECT * FROM {keyspace}.{table}'):
            yield table, row


if __name__ == '__main__':
    host, port = sys.argv[1].rsplit(':', 1)
    s = Session(host, int(port))
    if sys.argv[2] == 'load':
        print(load(s, sys.argv[3], sys.argv[4]))
    else:
        for t, r in dump(s, sys.argv[3]):
            print(json.dumps({'table': t, 'row': r}))
