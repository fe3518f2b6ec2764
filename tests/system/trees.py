# SPDX-License-Identifier: Apache-2.0
"""The ledger's hashes, computed from answers alone: what a client can verify without trusting the server."""
import hashlib


def half(prefix, *parts):
    digest = hashlib.sha512(prefix)
    for part in parts:
        digest.update(part)
    return digest.digest()[:32]


def with_length(data):
    n = len(data)
    if n <= 192:
        return bytes([n]) + data
    if n <= 12480:
        n -= 193
        return bytes([193 + (n >> 8), n & 255]) + data
    n -= 12481
    return bytes([241 + (n >> 16), n >> 8 & 255, n & 255]) + data


def tx_hash(blob):
    return half(b'TXN\0', blob)


def root(leaves, depth=0):
    """Root of {key: hash of its leaf}: 16 children by the key's next four bits, a lone leaf as high as it can be."""
    if not leaves:
        return bytes(32)
    if len(leaves) == 1 and depth:
        return next(iter(leaves.values()))
    children = [{} for _ in range(16)]
    for key, leaf in leaves.items():
        children[key[depth // 2] >> 4 if depth % 2 == 0 else key[depth // 2] & 15][key] = leaf
    return half(b'MIN\0', *(root(child, depth + 1) for child in children))


def tx_root(transactions):
    """Of (transaction, metadata) blobs."""
    leaves = {}
    for blob, meta in transactions:
        key = tx_hash(blob)
        leaves[key] = half(b'SND\0', with_length(blob), with_length(meta), key)
    return root(leaves)


def state_root(entries):
    """Of {key: object}."""
    return root({key: half(b'MLN\0', data, key) for key, data in entries.items()})


def header_hash(header):
    """Of a serialized header (without its own hash)."""
    return half(b'LWR\0', header)
