# SPDX-License-Identifier: Apache-2.0
"""Reading and comparing answers: what must be equal, and what two right servers may say differently."""
import json

# Differs between any two servers or two moments, whatever their quality: by path.
IGNORED = frozenset('''
    .result.info.build_version .result.info.cache .result.info.clio_version .result.info.counters .result.info.etl
    .result.info.libxrpl_version .result.info.rippled_version .result.info.time .result.info.uptime
    .result.info.validated_ledger .result.random .warning .warnings'''.split())
MAX_LINES = 200  # of differences listed for one answer
NUMBER = '\0'    # in front of a number's text: no string, no boolean and no other number is equal to it


def _integer(text):
    return NUMBER + text


def _float(text):
    value = float(text)
    return NUMBER + (str(int(value)) if value.is_integer() else repr(value))


def _object(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        found['(member given twice)'] = True
    return found


def parse(text):
    """JSON with numbers as marked text; what is not JSON stays text."""
    try:
        return json.loads(text, parse_int=_integer, parse_float=_float, object_pairs_hook=_object)
    except ValueError:
        return text


def plain(value):
    """A parsed answer with its numbers as numbers again."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    try:
        return json.loads(value[1:]) if isinstance(value, str) and value.startswith(NUMBER) else value
    except ValueError:  # a string that really starts with that character
        return value


def show(value):
    text = json.dumps(value, sort_keys=True)
    return text.replace('"\\u0000', '').replace('\\u0000', '')[:90] if NUMBER in str(value) else text[:90]


class Comparer:
    """Lists differences between a recorded and a given answer, as lines `path: recorded -> given`."""

    def __init__(self, warning_ids=False, ignore=()):
        self.warning_ids = warning_ids
        self.ignored = IGNORED - {'.warnings'} if warning_ids else IGNORED
        self.ignored_names = frozenset(ignore)  # at any depth

    def differences(self, recorded, given):
        lines = []
        self._value(recorded, given, '', lines)
        return lines

    def _value(self, a, b, path, lines):
        if a == b or len(lines) >= MAX_LINES:
            return
        if isinstance(a, dict) and isinstance(b, dict):
            self._object(a, b, path, lines)
        elif isinstance(a, list) and isinstance(b, list):
            self._array(a, b, path, lines)
        else:
            lines.append(f'{path}: {show(a)} -> {show(b)}')

    def _object(self, a, b, path, lines):
        for key in [*a, *(key for key in b if key not in a)]:
            if key in self.ignored_names or f'{path}.{key}' in self.ignored:
                continue
            if key not in b:
                lines.append(f'{path}.{key}: missing ({show(a[key])})')
            elif key not in a:
                lines.append(f'{path}.{key}: extra {show(b[key])}')
            elif key == 'warnings' and self.warning_ids:
                self._warnings(a[key], b[key], f'{path}.{key}', lines)
            else:
                self._value(a[key], b[key], f'{path}.{key}', lines)

    def _array(self, a, b, path, lines):
        if len(a) != len(b):
            lines.append(f'{path}: length {len(a)} -> {len(b)}')
        for i, (x, y) in enumerate(zip(a, b)):
            self._value(x, y, f'{path}[{i}]', lines)

    def _warnings(self, a, b, path, lines):
        try:
            a, b = (sorted(str(w['id']) for w in side) for side in (a, b))
        except (TypeError, KeyError):
            pass
        self._value(a, b, path, lines)


ALPHABET = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz'


def account(address):
    """The 20 bytes that an address stands for, in hex."""
    number = 0
    for digit in address:
        number = number * 58 + ALPHABET.index(digit)
    return f'{number >> 32:040X}'


def error_of(answer):
    if not isinstance(answer, dict):
        return None
    result = answer.get('result')
    return (result.get('error') if isinstance(result, dict) else None) or answer.get('error')
