# SPDX-License-Identifier: Apache-2.0
"""Asking for pages of random sizes, and what is on them, for every method that answers in pages."""
import json

import common

# method: (member with the entries, limits that make sense; smaller and greater ones are moved into the method's range)
METHODS = {
    'account_lines': ('lines', (1, 450)),
    'account_objects': ('account_objects', (1, 450)),
    'account_offers': ('offers', (1, 450)),
    'account_channels': ('channels', (1, 450)),
    'account_nfts': ('account_nfts', (1, 450)),
    'account_mptokens': ('mptokens', (1, 450)),
    'account_mptoken_issuances': ('mpt_issuances', (1, 450)),
    'nft_buy_offers': ('offers', (1, 550)),
    'nft_sell_offers': ('offers', (1, 550)),
    'nfts_by_issuer': ('nfts', (1, 120)),
    'nft_history': ('transactions', (1, 120)),
    'mpt_holders': ('mptokens', (1, 120)),
    'account_tx': ('transactions', (1, 1100)),
    'ledger_data': ('state', (1, 2100)),
}
OF_ACCOUNT = ('account_lines', 'account_objects', 'account_offers', 'account_channels', 'account_nfts',
              'account_mptokens', 'account_mptoken_issuances')
# Smaller limits are moved up to these.
LEAST = {**dict.fromkeys(OF_ACCOUNT, 10), 'account_nfts': 20, 'nft_buy_offers': 50, 'nft_sell_offers': 50}
# Parameters with which a page counts what it looks at, as in the references: it may show nothing of it.
OF_ONE_KIND = dict.fromkeys(('account_lines', 'account_offers', 'account_channels', 'account_mptokens', 'account_mptoken_issuances'), ('account',))
FILTERS = {**OF_ONE_KIND, 'account_objects': ('type', 'deletion_blockers_only')}
EMPTY = {'objectNotFound'}  # of an NFT without offers, of an issuance that is gone


class Clients:
    """An HTTP and a WebSocket connection; each question goes to one of them, as the dice fall."""

    def __init__(self, port, dice):
        self.dice = dice
        self.connections = [common.Http(port, 60), common.WebSocket(port, 60)]

    def ask(self, method, **params):
        return self.dice.choice(self.connections).ask(method, **params)

    def close(self):
        for connection in self.connections:
            connection.close()


def small_or_any(dice, method):
    """A limit: often a small one, so that there are many pages, or one at the border of the range."""
    low, high = METHODS[method][1]
    if dice.random() < 0.6:
        return dice.randint(low, min(high, 60))
    return dice.randint(low, high)


class Walk:
    """A sequence of pages, one at a time. `limit` gives the next page's limit."""

    def __init__(self, clients, method, params, limit):
        self.clients, self.method, self.params, self.limit = clients, method, params, limit
        self.entries, self.n_pages, self.marker, self.done, self.last = [], 0, None, False, None

    def step(self):
        marker = {} if self.marker is None else {'marker': self.marker}
        limit = self.limit()
        page = self.clients.ask(self.method, limit=limit, **self.params, **marker)
        self.last = page
        if self.n_pages == 0 and page.get('error') in EMPTY:
            self.done = True
            return
        if 'error' in page:
            raise AssertionError(f'{self.method} {self.params} {marker}: {page["error"]} {page.get("error_message")}')
        entries = page[METHODS[self.method][0]]
        if marker and not entries and not any(p in self.params for p in FILTERS.get(self.method, ('type',))):
            raise AssertionError(f'{self.method} {self.params} {marker}: a marker that led to nothing')
        if len(entries) > max(limit, LEAST.get(self.method, 1)):
            raise AssertionError(f'{self.method} {self.params} {marker}: {len(entries)} entries for a limit of {limit}')
        self.entries += entries
        self.n_pages += 1
        self.marker = page.get('marker')
        self.done = self.marker is None
        if self.n_pages > 20000:
            raise AssertionError(f'{self.method} {self.params}: no end of pages')


def whole(clients, method, limit=1 << 20, **params):
    """All entries; with the largest pages unless `limit`, a number or a function, says otherwise."""
    walk = Walk(clients, method, params, limit if callable(limit) else lambda: limit)
    while not walk.done:
        walk.step()
    return walk.entries


def text(entry):
    return json.dumps(entry, sort_keys=True)


def check_once(entries, what):
    """No entry twice."""
    texts = [text(e) for e in entries]
    if len(set(texts)) != len(texts):
        twice = next(t for t in texts if texts.count(t) > 1)
        raise AssertionError(f'{what}: twice: {twice[:300]}')


def check_equal(got, expected, what):
    """The same entries in the same order."""
    if got == expected:
        return
    a, b = [text(e) for e in got], [text(e) for e in expected]
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    more, fewer = sorted(set(a) - set(b)), sorted(set(b) - set(a))
    raise AssertionError(f'{what}: {len(a)} entries, expected {len(b)}; they differ from {at} on; {len(more)} too many '
                         f'{more[:1]}, {len(fewer)} missing {fewer[:1]}')
