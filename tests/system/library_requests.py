# SPDX-License-Identifier: Apache-2.0
"""A request of each type that the client libraries have, made of what the recorded world holds, and what must come back:
the member that the result must have, or the error's token ("!token"). `{command: [(parameters, expected), ...]}`."""
import json

import pages

NEWEST = 793
ACCOUNT = 'rscYud9AW9LNKr7PqHQjeyzLsYj1jD5koZ'
ISSUER = 'rho7L97cmLToMPxFvLjCsunuRaR3DQYH5z'
NOBODY = 'rrrrrrrrrrrrrrrrrrrrBZbvji'
# What a server of this kind does not do: rippled keeps it for its admins, or Clio does not know it.
UNKNOWN = ('sign', 'sign_for')
# Forwarded: whatever rippled says comes back through the library.
FORWARDED = ('simulate', 'submit', 'submit_multisigned', 'channel_authorize', 'channel_verify', 'ripple_path_find',
             'ledger_closed', 'ledger_current', 'fee', 'manifest', 'server_state')


def side(amount):
    return {k: v for k, v in amount.items() if k != 'value'} if isinstance(amount, dict) else {'currency': 'XRP'}


def make(kleio):
    at = {'ledger_index': NEWEST}
    objects = pages.whole(kleio, 'ledger_data', **at)
    of = {}
    for o in objects:
        of.setdefault(o['LedgerEntryType'], o)
    channel, offer, vault, oracle = of['PayChannel'], of['Offer'], of['Vault'], of['Oracle']
    token = of['NFTokenPage']['NFTokens'][0]['NFToken']['NFTokenID']
    sells = next(o for o in objects if o['LedgerEntryType'] == 'NFTokenOffer' and o['Flags'] & 1)
    buys = next(o for o in objects if o['LedgerEntryType'] == 'NFTokenOffer' and not o['Flags'] & 1)
    listed = kleio.ask('account_tx', account=ACCOUNT, limit=1, api_version=2)['transactions'][0]
    tx_hash, tx_ledger = listed['hash'], listed['ledger_index']
    assets = {k: side(of['AMM'][k]) for k in of['AMM'] if k in ('Asset', 'Asset2')}
    entries = [({'index': of['Check']['index']}, 'node'), ({'account_root': ACCOUNT}, 'node'),
               ({'offer': {'account': offer['Account'], 'seq': offer['Sequence']}}, 'node'),
               ({'ripple_state': {'accounts': [of['RippleState'][k]['issuer'] for k in ('LowLimit', 'HighLimit')],
                                  'currency': of['RippleState']['Balance']['currency']}}, 'node'),
               ({'directory': {'owner': ACCOUNT}}, 'node'), ({'check': of['Check']['index']}, 'node'),
               ({'payment_channel': channel['index']}, 'node'), ({'nft_page': of['NFTokenPage']['index']}, 'node'),
               ({'ticket': {'account': of['Ticket']['Account'], 'ticket_seq': of['Ticket']['TicketSequence']}}, 'node'),
               ({'amm': {'asset': assets['Asset'], 'asset2': assets['Asset2']}}, 'node'),
               ({'mpt_issuance': of['MPTokenIssuance']['mpt_issuance_id']}, 'node'),
               ({'index': '0' * 63 + '1'}, '!entryNotFound')]
    requests = {
        'account_channels': [({'account': channel['Account']}, 'channels')],
        'account_currencies': [({'account': ACCOUNT}, 'receive_currencies')],
        'account_info': [({'account': ACCOUNT}, 'account_data'), ({'account': NOBODY}, '!actNotFound')],
        'account_lines': [({'account': ACCOUNT, 'limit': 10}, 'lines')],
        'account_nfts': [({'account': sells['Owner']}, 'account_nfts')],
        'account_objects': [({'account': ACCOUNT, 'limit': 10}, 'account_objects')],
        'account_offers': [({'account': offer['Account']}, 'offers')],
        'account_tx': [({'account': ACCOUNT, 'limit': 5}, 'transactions')],
        'amm_info': [({'asset': assets['Asset'], 'asset2': assets['Asset2']}, 'amm')],
        'book_offers': [({'taker_gets': side(offer['TakerGets']), 'taker_pays': side(offer['TakerPays'])}, 'offers')],
        'deposit_authorized': [({'source_account': ACCOUNT, 'destination_account': ISSUER}, 'deposit_authorized')],
        'feature': [({'feature': '157D2D480E006395B76F948E3E07A45A05FE10230D88A7993C71F97AE4B1F2D1'}, None)],
        'gateway_balances': [({'account': ISSUER}, 'obligations')],
        'get_aggregate_price': [({'base_asset': 'XRP', 'quote_asset': 'USD', 'oracles': [
            {'account': 'rfREdpkRwiWcnWRMjqN7TZHQ8JKzvM4gAZ', 'oracle_document_id': 1}]}, 'median')],
        'ledger': [({'ledger_index': 'validated', 'transactions': True, 'expand': True}, 'ledger')],
        'ledger_data': [({'limit': 5, 'ledger_index': 'validated'}, 'state')],
        'ledger_entry': entries,
        'nft_buy_offers': [({'nft_id': buys['NFTokenID']}, 'offers')],
        'nft_sell_offers': [({'nft_id': sells['NFTokenID']}, 'offers')],
        'nft_info': [({'nft_id': token}, 'owner')],
        'nft_history': [({'nft_id': token}, 'transactions')],
        'nfts_by_issuer': [({'issuer': ISSUER}, 'nfts')],
        'noripple_check': [({'account': ISSUER, 'role': 'gateway', 'transactions': True}, 'problems')],
        'ping': [({}, None)],
        'random': [({}, 'random')],
        'server_definitions': [({}, 'FIELDS')],
        'server_info': [({}, 'info')],
        'subscribe': [({'streams': ['ledger']}, 'ledger_index'), ({'accounts': [ACCOUNT]}, None)],
        'unsubscribe': [({'streams': ['ledger']}, None)],
        'transaction_entry': [({'tx_hash': tx_hash, 'ledger_index': tx_ledger}, 'tx_json')],
        'tx': [({'transaction': tx_hash}, 'meta'), ({'transaction': '0' * 63 + '1'}, '!txnNotFound')],
        'vault_info': [({'vault_id': vault['index']}, 'vault')],
    }
    parameters = {
        'submit': {'tx_blob': '1200'}, 'manifest': {'public_key': 'nHUFE9prPXPrHcG3SkwP1UzAQbSphqyQkQK9ATXLZsfkezhhda3p'},
        'channel_verify': {'amount': '1', 'channel_id': channel['index'], 'public_key': channel['PublicKey'], 'signature': '00'},
        'ripple_path_find': {'source_account': ACCOUNT, 'destination_account': ISSUER, 'destination_amount': '1000'},
        'simulate': {'tx_blob': '1200'},
    }
    for command in FORWARDED:
        requests[command] = [(parameters.get(command, {}), '*')]
    # proposed by a standard; a server that lacks it says so
    lacks = kleio.ask('account_sponsoring', account=ACCOUNT).get('error') == 'unknownCmd'
    requests['account_sponsoring'] = [({'account': ACCOUNT}, '!unknownCmd' if lacks else 'sponsored_objects')]
    requests['path_find'] = [({'subcommand': 'create', 'source_account': ACCOUNT, 'destination_account': ISSUER,
                               'destination_amount': '1000'}, 'alternatives')]    # over WebSocket only
    for command in UNKNOWN:
        requests[command] = [({}, '!unknownCmd')]
    assert oracle
    return requests


def write(kleio, path):
    path.write_text(json.dumps(make(kleio)))
