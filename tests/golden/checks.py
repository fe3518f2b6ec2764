# SPDX-License-Identifier: Apache-2.0
"""Checks that an explanation of differences.jsonl may name: that what is given is right, not only that it differs.

Each is called with the question (what was asked, recorded and given), its differences that the explanation is for, and
`ask(request)`, which asks the server something else over the same transport. True: right."""
import copy
import decimal
import hashlib
import json
import re

import answers


def parameters(request):
    return request['params'][0] if 'method' in request else request


def result(answer):
    return answer.get('result', {})


def _with(q, **params):
    """What was asked, with other parameters (None: without)."""
    request = copy.deepcopy(q.request)
    p = parameters(request)
    p.update(params)
    for name in [name for name in params if params[name] is None]:
        del p[name]
    return request


def _error(q):
    return q.given['result'] if 'error' in result(q.given) else q.given


def _whole(q, ask, name, **params):
    """All elements of the list that the answer is a page of."""
    found, marker = [], None
    while True:
        page = result(ask(_with(q, **params, limit=1 << 20, marker=marker)))
        found += page[name]
        marker = answers.plain(page.get('marker'))
        if marker is None:
            return found


def _limit(q, low, usual, high):
    limit = parameters(q.request).get('limit')
    return usual if limit is None else min(max(limit, low), high)


def nothing_follows(q, lines, ask):
    """The marker that was recorded and is not given leads to an empty page."""
    page = result(ask(_with(q, marker=answers.plain(result(q.recorded)['marker']))))
    lists = [v for v in page.values() if isinstance(v, list)]
    return 'marker' not in page and 'error' not in page and lists == [[]]


def page_filled(q, lines, ask):
    """What is more than recorded stands behind the recorded marker; the marker that is not given leads to nothing else."""
    recorded, given = answers.plain(result(q.recorded)), answers.plain(result(q.given))
    name, key = ('mptokens', 'mptoken_index') if 'mptokens' in given else ('nfts', 'nft_id')
    behind = result(ask(_with(q, marker=recorded['marker'])))
    wanted = [e[key] for e in recorded[name] + behind[name]]
    got = [e[key] for e in given[name]]
    all_of_it = 'marker' not in behind and len(got) == len(wanted)
    return len(got) <= _limit(q, 1, 50, 100) and got == wanted[:len(got)] and ('marker' in given or all_of_it)


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


def no_sequence(q, lines, ask):
    """The ledger_index names no ledger: refused where the recorded one answers for another ledger, or for none."""
    index = parameters(q.request)['ledger_index']
    error = _error(q)
    named = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < 1 << 32
    return not named and (error['error'], error['error_message']) == ('invalidParams', 'ledgerIndexMalformed')


def marker_never_given(q, lines, ask):
    """The marker is none of the list's rows."""
    name, key = {'mpt_holders': ('mptokens', 'account'), 'nfts_by_issuer': ('nfts', 'nft_id')}[q.method]
    marker, error = parameters(q.request)['marker'], _error(q)
    rows = {answers.account(row[key]) if key == 'account' else row[key] for row in _whole(q, ask, name)}
    return (error['error'], error['error_message']) == ('invalidParams', 'Invalid marker.') and marker not in rows


def page_of_tokens(q, lines, ask):
    """The tokens behind the marker, `limit` of them, of all that the account has."""
    whole = _whole(q, ask, 'account_nfts')
    ids = [token['NFTokenID'] for token in whole]
    marker = parameters(q.request).get('marker')
    first = ids.index(marker) + 1 if marker else 0
    end = first + _limit(q, 20, 100, 400)
    given = result(q.given)
    return given['account_nfts'] == whole[first:end] and given.get('marker') == (ids[end - 1] if end < len(ids) else None)


def keeps_its_ledger(q, lines, ask):
    """What the marker says more than the recorded one is the ledger that the page was read in."""
    given = answers.plain(result(q.given))
    return given['marker'].rsplit(',', 1)[1] == str(given['ledger_index'])


def page_without_nft_pages(q, lines, ask):
    """The objects of a type among the first `limit` of the account's directory."""
    type_name = {'offer': 'Offer'}[parameters(q.request)['type']]
    whole = _whole(q, ask, 'account_objects', type=None)
    walked = [o for o in whole if o['LedgerEntryType'] != 'NFTokenPage'][:_limit(q, 10, 200, 400)]
    given = result(q.given)
    return (given['account_objects'] == [o for o in walked if o['LedgerEntryType'] == type_name]
            and given['marker'].startswith(walked[-1]['index'] + ','))


def oracles_once(q, lines, ask):
    oracles = []
    for oracle in parameters(q.request)['oracles']:
        if oracle not in oracles:
            oracles.append(oracle)
    return len(oracles) < len(parameters(q.request)['oracles']) and result(ask(_with(q, oracles=oracles))) == result(q.given)


def ledger_by_hash(q, lines, ask):
    """What is answered for the ledger of that hash by its sequence."""
    ledger_hash = parameters(q.request)['ledger_hash']
    if not isinstance(ledger_hash, str) or len(ledger_hash) != 64:
        return _error(q)['error'] == 'invalidParams'
    ledger = result(ask({'method': 'ledger', 'params': [{'ledger_hash': ledger_hash}]} if 'method' in q.request else
                        {'command': 'ledger', 'ledger_hash': ledger_hash}))
    if 'ledger_index' not in ledger:
        return _error(q)['error'] == 'lgrNotFound'
    other = ask(_with(q, ledger_hash=None, ledger_index=answers.plain(ledger['ledger_index'])))
    error = _error(q).get('error')
    return error == (other.get('error') or result(other).get('error')) if error else result(other) == result(q.given)


def a_full_page_of_what_passes(q, lines, ask):
    """The page is what remains of all pages without the filter, up to the limit; a marker exactly when more remains."""
    params = parameters(q.request)
    wanted, limit = params['tx_type'].lower(), min(max(params.get('limit', 200), 1), 1000)
    passing, marker = [], params.get('marker')
    while len(passing) <= limit:
        request = _with(q, limit=1000, **({} if marker is None else {'marker': marker}))
        del parameters(request)['tx_type']
        page = answers.plain(result(ask(request)))
        parameters(request)['binary'] = False
        shown = result(ask(request))['transactions']
        types = [(t.get('tx_json') or t['tx'])['TransactionType'] for t in shown]
        passing += [t for t, type_ in zip(page['transactions'], types) if type_.lower() == wanted]
        marker = page.get('marker')
        if marker is None:
            break
    given = answers.plain(result(q.given))
    return given['transactions'] == passing[:limit] and ('marker' in given) == (len(passing) > limit)


_hashes = {}


def names_its_ledger(q, lines, ask):
    """ledger_hash, ledger_index and validated are of one ledger, the one that was asked for if one was."""
    given = _error(q) if 'ledger_hash' in _error(q) else result(q.given)
    seq = int(answers.plain(given['ledger_index']))
    if seq not in _hashes:
        header = {'ledger_index': seq}
        _hashes[seq] = result(ask({'method': 'ledger', 'params': [header]} if 'method' in q.request else
                                  {'command': 'ledger', **header}))['ledger_hash']
    params = parameters(q.request)
    asked = params.get('ledger_hash') if 'ledger_hash' in params else params.get('ledger_index', 'validated')
    fits = asked in (seq, str(seq), _hashes[seq]) or asked == 'validated' and seq == max(_hashes)
    return fits and given['ledger_hash'] == _hashes[seq] and given['validated'] is True


def ids_of_transactions(q, lines, ask):
    """Members `hash` and `ctid` of the transactions of a ledger lead to them."""
    given = answers.plain(result(q.given))
    for entry in given['ledger']['transactions']:
        tx = entry.get('tx_json', entry)
        if 'tx_blob' in entry:
            digest = hashlib.sha512(b'TXN\0' + bytes.fromhex(entry['tx_blob'])).hexdigest()[:64].upper()
            index = result(ask({'method': 'tx', 'params': [{'transaction': digest}]} if 'method' in q.request else
                               {'command': 'tx', 'transaction': digest}))['meta']['TransactionIndex']
            index = answers.plain(index)
        else:
            digest = entry.get('hash', tx.get('hash'))
            index = entry.get('meta', entry.get('metaData'))['TransactionIndex']
        ctid = f'C{int(given["ledger_index"]):07X}{index:04X}{21338:04X}'
        if entry['hash'] != digest or entry['ctid'] != ctid:
            return False
    return True


def echoes_the_request(q, lines, ask):
    """What JSON-RPC 2.0 wants back."""
    asked = answers.plain(answers.parse(q.body))
    return all(asked[name] == answers.plain(q.given[name]) for name in ('id', 'jsonrpc', 'ripplerpc') if name in q.given)


def status_in_the_result(q, lines, ask):
    """A forwarded answer says once how it went."""
    return (q.transport == 'http' and q.given['forwarded'] is True and not {'status', 'type'} & set(q.given)
            and result(q.given)['status'] == q.recorded['status'])


def issuance_by_its_key(q, lines, ask):
    """What `index` gives, if it is an issuance."""
    request = copy.deepcopy(q.request)
    params = parameters(request)
    params['index'] = params.pop('mpt_issuance')
    other = ask(request)
    for answer in (other, q.given):
        for part in (answer, result(answer)):
            part.pop('request', None)
    return other == q.given and result(q.given).get('node', {}).get('LedgerEntryType', 'MPTokenIssuance') == 'MPTokenIssuance'


def _change(line):
    """The two values of a difference, as text."""
    return re.search(r': "(.*?)" -> "(.*?)"$', line).groups()


def equal_numbers(q, lines, ask):
    """Written otherwise, worth the same."""
    return all(decimal.Decimal(a) == decimal.Decimal(b) for a, b in map(_change, lines))


def more_digits(q, lines, ask):
    """The recorded number, calculated with 16 digits, is near the given one. (test_sums recomputes such numbers from prices.)"""
    pairs = [(decimal.Decimal(a), decimal.Decimal(b)) for a, b in map(_change, lines)]
    return all(abs(a - b) <= abs(b) * decimal.Decimal('1e-15') for a, b in pairs)
