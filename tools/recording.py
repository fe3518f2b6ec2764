# SPDX-License-Identifier: Apache-2.0
"""Reading a recording of a network (layout: tests/data/world/README.md): records, protobuf messages, ledger objects."""
import json
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(path):
    """Bytes of a file, or of its .zst."""
    if os.path.exists(path):
        with open(path, 'rb') as f:
            return f.read()
    return subprocess.run(['zstd', '-dcq', path + '.zst'], check=True, stdout=subprocess.PIPE).stdout


def json_lines(path):
    return (json.loads(line) for line in read(path).splitlines())


def replies(directory, kind):
    """(request, reply bytes) of each answered request of grpc/KIND, in order."""
    data = read(f'{directory}/grpc/{kind}.bin')
    for record in json.loads(read(f'{directory}/grpc/{kind}.index.json'))['records']:
        if 'offset' in record:
            at = record['offset'] + 4
            yield record['request'], data[at:at + record['length']]


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def message(data):
    """A protobuf message: {field number: [values]}; numbers for varints, bytes for the rest."""
    fields, at = {}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            n, at = _varint(data, at)
            value, at = data[at:at + n], at + n
        else:
            raise ValueError(f'wire type {tag & 7}')
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def one(fields, number, default=b''):
    return fields.get(number, [default])[0]


def transactions(ledger):
    """(transaction, metadata) blobs of a GetLedger reply's message."""
    for tx in message(one(ledger, 3)).get(1, []):
        fields = message(tx)
        yield one(fields, 1), one(fields, 2)


def objects(fields, number):
    """(key, data) of the RawLedgerObjects in a field; data is empty for deleted ones."""
    for raw in message(one(fields, number)).get(1, []):
        item = message(raw)
        yield one(item, 2), one(item, 1)


def state(directory, kind):
    """{key: data} of a complete state recorded as grpc/KIND."""
    entries = {}
    for _, reply in replies(directory, kind):
        entries.update(objects(message(reply), 3))
    return entries


FIXED = {'UINT16': 2, 'UINT32': 4, 'UINT64': 8, 'HASH128': 16, 'HASH256': 32, 'UINT8': 1, 'HASH160': 20, 'HASH96': 12,
         'HASH192': 24, 'HASH384': 48, 'HASH512': 64, 'CURRENCY': 20, 'NUMBER': 12, 'INT32': 4, 'INT64': 8}
TYPES = {'UINT16': 1, 'UINT32': 2, 'UINT64': 3, 'HASH128': 4, 'HASH256': 5, 'AMOUNT': 6, 'BLOB': 7, 'ACCOUNT': 8,
         'NUMBER': 9, 'INT32': 10, 'INT64': 11, 'OBJECT': 14, 'ARRAY': 15, 'UINT8': 16, 'HASH160': 17, 'PATHSET': 18,
         'VECTOR256': 19, 'HASH96': 20, 'HASH192': 21, 'HASH384': 22, 'HASH512': 23, 'ISSUE': 24, 'BRIDGE': 25,
         'CURRENCY': 26}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
NUMBERS = {'UINT8', 'UINT16', 'UINT32', 'UINT64'}


def field_names():
    table = read(f'{ROOT}/src/xrpl/fields.def').decode()
    return {(TYPES[t], int(n)): name for name, t, n in re.findall(r'X\((\w+), (\w+), (\d+)', table)}


class Reader:
    """Serialized objects as {field name: value}: numbers, bytes, dicts of objects, lists of (name, dict) of arrays."""
    names = field_names()

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        if self.at > len(self.data):
            raise ValueError('cut short')
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def header(self):
        first = self.byte()
        kind, number = first >> 4, first & 15
        kind = kind or self.byte()
        number = number or self.byte()
        return kind, number

    def length(self):
        b = self.byte()
        if b <= 192:
            return b
        if b <= 240:
            return 193 + (b - 193) * 256 + self.byte()
        return 12481 + (b - 241) * 65536 + self.byte() * 256 + self.byte()

    def issue(self):
        currency = self.take(20)
        if currency == bytes(20):
            return currency + bytes(20)
        issuer = self.take(20)
        if issuer == bytes(19) + b'\1':  # an MPT: issuer, marker, sequence
            return self.take(4)[::-1] + currency
        return currency + issuer

    def pathset(self):
        start = self.at
        while True:
            kind = self.byte()
            if kind == 0:
                return self.data[start:self.at]
            if kind != 255:
                self.take(20 * bin(kind & 0x31).count('1') + (24 if kind & 0x40 else 0))

    def value(self, kind):
        if kind in FIXED:
            raw = self.take(FIXED[kind])
            return int.from_bytes(raw, 'big') if kind in NUMBERS else raw
        if kind == 'AMOUNT':
            first = self.data[self.at]
            return self.take(48 if first & 0x80 else 33 if first & 0x20 else 8)
        if kind in ('BLOB', 'ACCOUNT', 'VECTOR256'):
            return self.take(self.length())
        if kind == 'OBJECT':
            return dict(self.fields())
        if kind == 'ARRAY':
            return list(self.fields())
        if kind == 'ISSUE':
            return self.issue()
        if kind == 'BRIDGE':
            return [self.take(self.length()), self.issue(), self.take(self.length()), self.issue()]
        return self.pathset()

    def fields(self):
        while self.at < len(self.data):
            key = self.header()
            if key in ((14, 1), (15, 1)):
                return
            yield self.names.get(key, key), self.value(TYPE_NAMES[key[0]])


def decode(data):
    return dict(Reader(data).fields())
