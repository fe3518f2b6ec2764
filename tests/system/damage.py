# SPDX-License-Identifier: Apache-2.0
"""Random damage to the files of both stores, and what a server on them may answer: the truth or an error, never anything else."""
import os
import shutil
import time

import common

FIRST, LEDGERS = 1000, 40
KINDS = ('flip', 'zero', 'truncate', 'delete')


class World:
    """A double, a store that followed it (several table files, a log that was not flushed), and what is right."""

    def __init__(self, dice, objects=1500, txs=20):
        self.dice = dice
        self.double = common.Double('--objects', objects, '--txs', txs, '--pace', 0, '--seed', 3)
        self.kleio = common.Kleio(common.temp_dir('whole'), [self.double], start_sequence=FIRST)
        self.kleio.wait_for(FIRST)
        for _ in range(3):  # each start leaves table files of its own
            self.double.close_ledger(LEDGERS // 4)
            self.kleio.wait_for(self.newest())
            self.kleio.stop()
            self.kleio.start()
            self.kleio.wait_for(self.newest())
        self.double.close_ledger(LEDGERS // 4)
        self.kleio.wait_for(self.newest())
        self.questions = self.make_questions()
        self.answers = [self.kleio.ask(*q[:1], **q[1]) for q in self.questions]
        assert all(a.get('status') == 'success' for a in self.answers), [a for a in self.answers if a.get('status') != 'success'][:1]
        self.kleio.kill()
        self.whole = self.kleio.directory / 'store'

    def newest(self):
        return int(self.double.ask('server_info')['info']['validated_ledger']['seq'])

    def make_questions(self):
        seqs = range(FIRST, self.newest() + 1)
        state = self.kleio.ask('ledger_data', ledger_index=FIRST, limit=2048)['state']
        accounts = [o['Account'] for o in state if o['LedgerEntryType'] == 'AccountRoot']
        questions = []
        for seq in self.dice.sample(seqs, 12):
            questions.append(('ledger', {'ledger_index': seq, 'transactions': True, 'expand': True}))
            questions.append(('ledger_data', {'ledger_index': seq, 'limit': 256, 'binary': True}))
            for o in self.dice.sample(state, 8):
                questions.append(('ledger_entry', {'index': o['index'], 'ledger_index': seq, 'binary': True}))
        for seq in self.dice.sample(seqs, 5):
            for tx in self.kleio.ask('ledger', ledger_index=seq, transactions=True)['ledger']['transactions'][:5]:
                questions.append(('tx', {'transaction': tx, 'binary': True}))
        for account in self.dice.sample(accounts, 20):
            questions.append(('account_tx', {'account': account, 'limit': 50, 'binary': True, 'ledger_index_min': FIRST,
                                             'ledger_index_max': seqs[-1]}))
            questions.append(('account_info', {'account': account, 'ledger_index': seqs[-1]}))
        kept, answers = [], [self.kleio.ask(q[0], **q[1]) for q in questions]
        for question, answer in zip(questions, answers):
            if answer.get('status') == 'success':
                kept.append(question)
        return kept

    def copy(self, directory):
        shutil.rmtree(directory / 'store', ignore_errors=True)
        shutil.copytree(self.whole, directory / 'store', ignore=shutil.ignore_patterns('lock.mdb'))

    def wrong_answers(self, kleio):
        """Answers that are neither right nor an error; how many were errors."""
        wrong, n_errors, connection = [], 0, common.Http(kleio.port)
        newest = connection.ask('ledger_range').get('ledger_index_max', 0)
        for question, right in zip(self.questions, self.answers):
            answer = connection.ask(question[0], **question[1])
            # an object or ledger that "is not there" is an answer, and a wrong one
            if answer.get('status') == 'error' and answer.get('error') not in ('entryNotFound', 'lgrNotFound', 'txnNotFound', 'actNotFound'):
                n_errors += 1
            elif answer.get('error') == 'lgrNotFound' and question[1].get('ledger_index', 0) > newest:
                continue
            elif answer.get('ledger_index_max', 1 << 32) < right.get('ledger_index_max', 0):
                continue  # the newest ledgers are lost, and this says so
            elif strip(answer) != strip(right):
                wrong.append((question, answer))
        connection.close()
        return wrong, n_errors


def strip(answer):
    """Without what may differ between two right answers."""
    return {k: v for k, v in answer.items() if k not in ('warnings', 'ledger_current_index')}


def pick_file(dice, store, within=None):
    """Any file that holds something; table files and the mirror's by their number, others seldom."""
    files = [f for f in sorted(store.rglob('*')) if f.is_file() and f.stat().st_size > 0 and f.name not in ('LOCK', 'lock.mdb')
             and not f.name.startswith(('LOG', 'OPTIONS')) and (within is None or within in str(f))]
    return dice.choice(files)


def spoil(dice, file, kind):
    """Damage the file; says where. One that is empty can only be deleted."""
    size = file.stat().st_size
    if kind == 'delete' or size == 0:
        file.unlink()
        return 'deleted'
    at = dice.randrange(size)
    if kind == 'truncate':
        os.truncate(file, at)
        return f'cut off at {at} of {size}'
    with open(file, 'r+b') as f:
        if kind == 'flip':
            f.seek(at)
            byte = f.read(1)[0] ^ 1 << dice.randrange(8)
            f.seek(at)
            f.write(bytes([byte]))
            return f'a bit of byte {at} of {size}'
        n = min(dice.choice([1, 64, 4096, 65536]), size - at)
        f.seek(at)
        f.write(bytes(n))
        return f'{n} bytes zeroed at {at} of {size}'


def wait_for_end_or_service(kleio, seconds=60):
    """True: it serves; False: it ended."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if kleio.process.poll() is not None:
            return False
        try:
            if kleio.ask('ledger_range').get('ledger_index_max'):
                return True
        except (OSError, ValueError, common.http.client.HTTPException):
            pass
        time.sleep(0.02)
    raise AssertionError(f'neither served nor ended in {seconds} s: {kleio.log()[-1500:]}')
