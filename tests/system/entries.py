# SPDX-License-Identifier: Apache-2.0
"""Objects of a ledger as JSON: who owns them, and how ledger_entry can be asked for each by what it is."""
import hashlib

ALPHABET = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz'

# LedgerEntryType: name in requests
NAMES = {
    'AccountRoot': 'account', 'AMM': 'amm', 'Amendments': 'amendments', 'Bridge': 'bridge', 'Check': 'check',
    'Credential': 'credential', 'DID': 'did', 'Delegate': 'delegate', 'DepositPreauth': 'deposit_preauth',
    'DirectoryNode': 'directory', 'Escrow': 'escrow', 'FeeSettings': 'fee', 'LedgerHashes': 'hashes',
    'MPToken': 'mptoken', 'MPTokenIssuance': 'mpt_issuance', 'NFTokenOffer': 'nft_offer', 'NFTokenPage': 'nft_page',
    'NegativeUNL': 'nunl', 'Offer': 'offer', 'Oracle': 'oracle', 'PayChannel': 'payment_channel',
    'PermissionedDomain': 'permissioned_domain', 'RippleState': 'state', 'SignerList': 'signer_list',
    'Ticket': 'ticket', 'Vault': 'vault', 'XChainOwnedClaimID': 'xchain_owned_claim_id',
    'XChainOwnedCreateAccountClaimID': 'xchain_owned_create_account_claim_id'}
# Types whose selector takes the object's key.
BY_KEY = {'Check': 'check', 'PayChannel': 'payment_channel', 'NFTokenPage': 'nft_page', 'Amendments': 'amendments',
          'FeeSettings': 'fee', 'LedgerHashes': 'hashes', 'NFTokenOffer': 'nft_offer', 'NegativeUNL': 'nunl',
          'SignerList': 'signer_list', 'Offer': 'offer', 'Escrow': 'escrow', 'Ticket': 'ticket', 'AMM': 'amm',
          'Oracle': 'oracle', 'Credential': 'credential', 'MPToken': 'mptoken', 'Vault': 'vault',
          'PermissionedDomain': 'permissioned_domain', 'Delegate': 'delegate', 'DepositPreauth': 'deposit_preauth',
          'DirectoryNode': 'directory', 'XChainOwnedClaimID': 'xchain_owned_claim_id',
          'XChainOwnedCreateAccountClaimID': 'xchain_owned_create_account_claim_id'}


def address(account):
    """Of 20 bytes, or their hex."""
    data = b'\0' + (bytes.fromhex(account) if isinstance(account, str) else account)
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, digits = int.from_bytes(data, 'big'), ''
    while number:
        number, digit = divmod(number, 58)
        digits = ALPHABET[digit] + digits
    return ALPHABET[0] * (len(data) - len(data.lstrip(b'\0'))) + digits


def owners(o):
    """The accounts that list the object."""
    kind = o['LedgerEntryType']
    if kind == 'RippleState':
        return [o['LowLimit']['issuer'], o['HighLimit']['issuer']]
    if kind == 'NFTokenPage':
        return [address(o['index'][:40])]
    if kind == 'Credential':
        both = [(o['Issuer'], 'IssuerNode'), (o['Subject'], 'SubjectNode')]
        return list(dict.fromkeys(account for account, node in both if node in o))
    if kind == 'Escrow':
        issuer = [o['Amount']['issuer']] if 'IssuerNode' in o else []
        return [o['Account']] + ([o['Destination']] if 'DestinationNode' in o else []) + issuer
    if kind in ('Check', 'PayChannel'):
        return [o['Account']] + ([o['Destination']] if 'DestinationNode' in o else [])
    if kind in ('AccountRoot', 'DirectoryNode', 'Amendments', 'FeeSettings', 'LedgerHashes', 'NegativeUNL'):
        return []
    if kind in ('NFTokenOffer', 'Oracle', 'Vault', 'PermissionedDomain'):
        return [o['Owner']]
    if kind == 'SignerList':
        return []  # names no account; its directory does
    return [o['Issuer'] if kind == 'MPTokenIssuance' else o['Account']]


def directory_pages(objects):
    """{index of a directory's page: (root, number)}, found by following the chains."""
    by_root, found = {}, {}
    for o in objects:
        if o['LedgerEntryType'] == 'DirectoryNode':
            by_root.setdefault(o['RootIndex'], []).append(o)
    for root, pages in by_root.items():
        # The page behind page n names n as its previous one; absent means 0.
        number = {0: root}
        by_neighbours = {(p.get('IndexPrevious', '0'), p.get('IndexNext', '0')): p for p in pages if p['index'] != root}
        at, n = next(p for p in pages if p['index'] == root), 0
        while (following := int(at.get('IndexNext', '0'), 16)) != 0:
            fits = [p for (before, _), p in by_neighbours.items() if int(before, 16) == n and p['index'] not in number.values()]
            assert len(fits) == 1, f'{len(fits)} pages behind page {n} of directory {root}'
            at, n = fits[0], following
            number[n] = at['index']
        found.update({index: (root, n) for n, index in number.items()})
    return found


def _asset(a):
    return {'currency': 'XRP'} if a.get('currency') == 'XRP' else a


def _sequence(tx):
    return tx['Sequence'] or tx['TicketSequence']


def selectors(o, pages, transaction):
    """Parameters of ledger_entry that all name the object. `transaction(hash)` gives what is not in an object."""
    kind, found = o['LedgerEntryType'], [{'index': o['index']}]
    if kind in BY_KEY:
        found.append({BY_KEY[kind]: o['index']})
    make = _OF.get(kind)
    if make:
        found += make(o, pages, transaction)
    return found


def _directory(o, pages, _):
    root, number = pages[o['index']]
    found = [{'directory': {'dir_root': root, 'sub_index': number}}]
    if 'Owner' in o:
        found.append({'directory': {'owner': o['Owner'], 'sub_index': number}})
    return found + ([{'directory': {'dir_root': root}}] if number == 0 else [])


def _line(o, *_):
    pair = [o['LowLimit']['issuer'], o['HighLimit']['issuer']]
    return [{'ripple_state': {'accounts': p, 'currency': o['Balance']['currency']}} for p in (pair, pair[::-1])]


def _preauth(o, *_):
    if 'Authorize' in o:
        return [{'deposit_preauth': {'owner': o['Account'], 'authorized': o['Authorize']}}]
    wanted = [{'issuer': c['Credential']['Issuer'], 'credential_type': c['Credential']['CredentialType']}
              for c in o['AuthorizeCredentials']]
    return [{'deposit_preauth': {'owner': o['Account'], 'authorized_credentials': w}} for w in (wanted, wanted[::-1])]


def _amm(o, *_):
    a, b = _asset(o['Asset']), _asset(o['Asset2'])
    return [{'amm': {'asset': a, 'asset2': b}}, {'amm': {'asset': b, 'asset2': a}}]


def _oracle(o, _, transaction):
    number = o.get('OracleDocumentID', transaction(o['PreviousTxnID']).get('OracleDocumentID'))
    return [{'oracle': {'account': o['Owner'], 'oracle_document_id': number}}]


def _escrow(o, _, transaction):
    number = o.get('Sequence') or _sequence(transaction(o['PreviousTxnID']))
    return [{'escrow': {'owner': o['Account'], 'seq': number}}]


def _bridge(o, *_):
    return [{'bridge': o['XChainBridge'], 'bridge_account': o['Account']}]


_OF = {
    'AccountRoot': lambda o, *_: [{'account_root': o['Account']}],
    'DID': lambda o, *_: [{'did': o['Account']}],
    'Offer': lambda o, *_: [{'offer': {'account': o['Account'], 'seq': o['Sequence']}}],
    'Ticket': lambda o, *_: [{'ticket': {'account': o['Account'], 'ticket_seq': o['TicketSequence']}}],
    'MPToken': lambda o, *_: [{'mptoken': {'account': o['Account'], 'mpt_issuance_id': o['MPTokenIssuanceID']}}],
    'MPTokenIssuance': lambda o, *_: [{'mpt_issuance': o['mpt_issuance_id']}],
    'Vault': lambda o, *_: [{'vault': {'owner': o['Owner'], 'seq': o['Sequence']}}],
    'PermissionedDomain': lambda o, *_: [{'permissioned_domain': {'account': o['Owner'], 'seq': o['Sequence']}}],
    'Delegate': lambda o, *_: [{'delegate': {'account': o['Account'], 'authorize': o['Authorize']}}],
    'Credential': lambda o, *_: [{'credential': {'subject': o['Subject'], 'issuer': o['Issuer'],
                                                 'credential_type': o['CredentialType']}}],
    'XChainOwnedClaimID': lambda o, *_: [{'xchain_owned_claim_id': {
        **o['XChainBridge'], 'xchain_owned_claim_id': int(o['XChainClaimID'], 16)}}],
    'XChainOwnedCreateAccountClaimID': lambda o, *_: [{'xchain_owned_create_account_claim_id': {
        **o['XChainBridge'], 'xchain_owned_create_account_claim_id': int(o['XChainAccountCreateCount'], 16)}}],
    'DirectoryNode': _directory, 'RippleState': _line, 'DepositPreauth': _preauth, 'AMM': _amm, 'Oracle': _oracle,
    'Escrow': _escrow, 'Bridge': _bridge,
}
