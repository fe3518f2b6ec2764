# SPDX-License-Identifier: Apache-2.0
"""Serialized objects made from the JSON that a server shows, with nothing but the protocol's tables: shows whether an answer
has lost anything. Members whose names begin with a small letter are additions of the API and are left out."""
import decimal
import json
import re

import common
import entries

TABLES = json.loads((common.ROOT / 'tools/protocol/server_definitions.json').read_text())
TYPES = {name: code for name, code in TABLES['TYPES'].items() if 0 < code < 256}
FIELDS = {name: (TYPES[about['type']], about['nth']) for name, about in TABLES['FIELDS']
          if about['isSerialized'] and about['type'] in TYPES and about['nth'] < 256}
CODES = {'TransactionType': TABLES['TRANSACTION_TYPES'], 'LedgerEntryType': TABLES['LEDGER_ENTRY_TYPES'],
         'TransactionResult': TABLES['TRANSACTION_RESULTS']}
SIZES = {'UInt8': 1, 'UInt16': 2, 'UInt32': 4, 'UInt64': 8, 'Hash128': 16, 'Hash160': 20, 'Hash192': 24, 'Hash256': 32}
ADDRESS = re.compile('r[1-9A-HJ-NP-Za-km-z]{24,34}$')


def account(address):
    number = 0
    for digit in address:
        number = number * 58 + entries.ALPHABET.index(digit)
    return number.to_bytes(25, 'big')[1:21]


def header(kind, nth):
    return (bytes([(kind << 4 if kind < 16 else 0) | (nth if nth < 16 else 0)])
            + (bytes([kind]) if kind >= 16 else b'') + (bytes([nth]) if nth >= 16 else b''))


def with_length(data):
    n = len(data)
    if n <= 192:
        return bytes([n]) + data
    if n <= 12480:
        return bytes([193 + ((n - 193) >> 8), (n - 193) & 255]) + data
    return bytes([241 + ((n - 12481) >> 16)]) + (n - 12481 & 0xFFFF).to_bytes(2, 'big') + data


def currency(code):
    return bytes.fromhex(code) if len(code) == 40 else bytes(12) + code.encode() + bytes(5)


def amount(value):
    if isinstance(value, str):
        return (int(value) | 1 << 62).to_bytes(8, 'big')
    number = decimal.Decimal(value['value'])
    word = 1 << 63
    if number:
        sign, digits, exponent = number.as_tuple()
        mantissa = int(''.join(map(str, digits)))
        while mantissa < 10**15:
            mantissa, exponent = mantissa * 10, exponent - 1
        while mantissa >= 10**16:
            mantissa, exponent = mantissa // 10, exponent + 1
        word |= (0 if sign else 1 << 62) | (exponent + 97) << 54 | mantissa
    return word.to_bytes(8, 'big') + currency(value['currency']) + account(value['issuer'])


def code_of(name, value):
    """The number that a name, or a text for a number without one, stands for."""
    if isinstance(value, int):
        return value
    unnamed = re.fullmatch('(tec|tes)UNKNOWN_([0-9]+)', value)
    return int(unnamed[2]) if unnamed else CODES[name][value]


def field_of(name):
    """(type, number, whether the type is unknown)"""
    unnamed = re.fullmatch('(Field|Unknown)_([0-9]+)_([0-9]+)', name)
    return (int(unnamed[2]), int(unnamed[3]), unnamed[1] == 'Unknown') if unnamed else (*FIELDS[name], False)


def value_of(name, kind, value):
    if name in CODES:
        return code_of(name, value).to_bytes(SIZES[kind], 'big')
    if kind in ('UInt8', 'UInt16', 'UInt32'):
        return value.to_bytes(SIZES[kind], 'big')
    if kind == 'UInt64':
        return int(value, 16).to_bytes(8, 'big')
    if kind == 'Amount':
        return amount(value)
    if kind == 'AccountID':
        return with_length(account(value))
    if kind == 'Blob':
        return with_length(bytes.fromhex(value))
    if kind == 'Vector256':
        return with_length(bytes.fromhex(''.join(value)))
    if kind == 'STObject':
        return encode(value) + b'\xE1'
    if kind == 'STArray':
        return b''.join(encode(element) for element in value) + b'\xF1'
    return bytes.fromhex(value)


def encode(shown):
    """The bytes of an object as it was shown."""
    names = {code: name for name, code in TYPES.items()}
    out = []
    for name, value in shown.items():
        if name[0].islower():
            continue
        kind, nth, is_unknown = field_of(name)
        data = bytes.fromhex(value) if is_unknown else value_of(name, names[kind], value)
        out.append(((kind, nth), header(kind, nth) + data))
    return b''.join(data for _, data in sorted(out))


def encode_tx(shown):
    """Of a transaction, in any API version: DeliverMax is another name of a payment's Amount."""
    members = {k: v for k, v in shown.items() if k != 'DeliverMax'}
    if 'DeliverMax' in shown:
        members['Amount'] = shown['DeliverMax']
    return encode(members)


def accounts_in(meta):
    """Of metadata as it was shown: the accounts that account_tx must list it for."""
    found = set()
    for node in meta['AffectedNodes']:
        node, = node.values()
        for name, value in node.get('NewFields', node.get('FinalFields', {})).items():
            if name == 'MPTokenIssuanceID':  # the issuer's account is its end
                found.add(entries.address(value[8:]))
            if name in ('LowLimit', 'HighLimit', 'TakerPays', 'TakerGets') and isinstance(value, dict):
                found.add(value['issuer'])
            if isinstance(value, str) and ADDRESS.match(value) and field_of(name)[0] == TYPES['AccountID']:
                found.add(value)
    return found
