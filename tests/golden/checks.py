# SPDX-License-Identifier: Apache-2.0
"""Checks that an explanation of differences.jsonl may name: that what is given is right, not only that it differs.

Each is called with the question (what was asked, recorded and given), its differences that the explanation is for, and
`ask(request)`, which asks the server something else over the same transport. True: right."""
import copy
import hashlib
import json

import answers


def parameters(request):
    return request['params'][0] if 'method' in request else request


def result(answer):
    return answer.get('result', {})


def _with(q, **params):
    request = copy.deepcopy(q.request)
    parameters(request).update(params)
    return request


def nothing_follows(q, lines, ask):
    """The marker that was recorded and is not given leads to an empty page."""
    page = result(ask(_with(q, marker=answers.plain(result(q.recorded)['marker']))))
    lists = [v for v in page.values() if isinstance(v, list)]
    return 'marker' not in page and 'error' not in page and lists == [[]]


def same_as_ripple_state(q, lines, ask):
    request = copy.deepcopy(q.request)
    params = parameters(request)
    params['ripple_state'] = params.pop('state')
    return ask(request) == q.given and 'error' not in result(q.given)


def the_only_object(q, lines, ask):
    """One of the objects of which a ledger has one, by its key."""
    keys = {'fee': '4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651',
            'hashes': 'B4979A36CDC7F3D3D5C31A4EAE2AC7D7209DDA877588B9AFC66799692AB0D66B',
            'amendments': '7DB0788C020F02780A673DC74757F23823FA3014C1866E72CC4CD8B226CD6EF4',
            'nunl': '2E8A59AA9D3B5B186B0B9E0F62E6C02587CA74A4D778938E957B6357D364B244'}
    request = copy.deepcopy(q.request)
    params = parameters(request)
    name = next(name for name in keys if name in params)
    del params[name]
    params['index'] = keys[name]
    other = ask(request)
    if 'request' in other and 'request' in q.given:  # errors repeat what was asked
        other['request'] = q.given['request']
    if 'request' in result(other):
        other['result']['request'] = q.given['result']['request']
    return other == q.given


def definitions_of_a_newer_server(q, lines, ask):
    """The tables have their hash, and everything that they name as the recorded ones do has the recorded code; what a
    newer server does not name any more are the hooks' fields, and one result."""
    given = answers.plain(result(q.given))
    said = {k: v for k, v in given.items() if k not in ('hash', 'status')}
    text = json.dumps(said, separators=(',', ':'), sort_keys=True)
    recorded = answers.plain(result(ask({**q.request, 'params': [{}]} if 'method' in q.request else q.request)))
    if given['hash'] != hashlib.sha512(text.encode()).hexdigest()[:64].upper() or recorded['hash'] != given['hash']:
        return False
    old = answers.plain(result(q.recorded))
    gone = {'tecNO_DELEGATE_PERMISSION'}
    for section in ('TYPES', 'LEDGER_ENTRY_TYPES', 'TRANSACTION_TYPES', 'TRANSACTION_RESULTS'):
        if any(name not in gone and said[section].get(name) != code for name, code in old.get(section, {}).items()):
            return False
    fields = dict(said['FIELDS'])
    return all(name.startswith(('Hook', 'Emit')) or name == 'Generic' or fields.get(name) == about
               for name, about in old.get('FIELDS', []))


def refused_as_by_own_methods(q, lines, ask):
    """The recorded error, where Clio's own methods have theirs."""
    given, recorded = result(q.given), result(q.recorded)
    return given['status'] == 'error' and all(given[k] == recorded[k] for k in ('error', 'error_code', 'error_message'))
