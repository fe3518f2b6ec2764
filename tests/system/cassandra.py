# SPDX-License-Identifier: Apache-2.0
"""A real Cassandra for system tests: that of KLEIO_CASSANDRA=address:port (as tools/run-tests sets it), or one of our own."""
import atexit
import json
import os
import subprocess
import time

import common
import cql


class Cassandra:
    """Nodes of our own, on addresses of their own."""

    def __init__(self, nodes=1, heap='1G', *options):
        self.directory = common.temp_dir('cassandra')
        self.output = self.directory / 'output'
        with open(self.output, 'ab') as out:
            self.process = common.start(common.ROOT / 'tools/cassandra', '--dir', self.directory, '--nodes', str(nodes), '--heap', heap,
                                        *options, stdout=out, stderr=out)
        atexit.register(self.stop)  # before the script is killed, which would leave its nodes
        common.wait_until(self.is_ready, 900, 0.3, 'cassandra')
        line = [x for x in self.output.read_text().splitlines() if x.startswith('ready')][0].split()
        self.hosts, self.port = line[1].split(','), int(line[2])

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f'cassandra ended: {self.output.read_text()[-500:]}')
        return 'ready' in self.output.read_text()

    def pid(self, node):
        return int((self.directory / f'node{node}' / 'pid').read_text())

    def stop(self):
        if self.process.poll() is None:
            common.end(self.process, 15, 60)


class Shared:
    """The one that all tests share; None of it when there is none."""

    def __init__(self, where):
        self.hosts, port = [where.rsplit(':', 1)[0]], where.rsplit(':', 1)[1]
        self.port = int(port)

    def stop(self):
        pass


def shared():
    where = os.environ.get('KLEIO_CASSANDRA')
    return Shared(where) if where else None


def database(cassandra, keyspace, directory, **more):
    """The configuration's section."""
    section = {'contact_points': ','.join(cassandra.hosts), 'port': cassandra.port, 'keyspace': keyspace,
               'replication_factor': len(cassandra.hosts), **more}
    return {'type': 'cassandra', 'cassandra': section, 'mirror': {'path': str(directory / 'mirror')}}


_n = [0]


def new_keyspace():
    _n[0] += 1
    return f'system_{os.getpid()}_{int(time.time()) % 100000}_{_n[0]}'


def refusal(kleio, seconds):
    """What a server says that does not start."""
    common.wait_until(lambda: kleio.process.poll() is not None, seconds, 0.1, 'its end')
    common.equal(kleio.process.poll(), 1, 'exit status')
    return [line for line in kleio.log().split('\n') if ' cri:' in line][-1]


def check_rows(session, keyspace, first, last):
    """All ledgers once, each with its transactions and changes, row by row as Clio wrote them."""
    recorded, held = {}, {}
    for line in cql.lines(common.WORLD / 'cassandra.jsonl.zst'):
        if line.get('table') in ('diff', 'ledger_transactions', 'account_tx', 'objects', 'successor', 'ledgers', 'transactions'):
            row = line['row']
            seq = row.get('sequence', row.get('seq', row.get('ledger_sequence', row.get('seq_idx', [0])[0])))
            if first <= seq <= last:
                recorded.setdefault(line['table'], set()).add(json.dumps(row, sort_keys=True))
    for table, row in cql.dump(session, keyspace):
        held.setdefault(table, set()).add(json.dumps(row, sort_keys=True))
    for table, rows in recorded.items():
        missing, more = rows - held[table], held[table] - rows
        if missing or more:
            raise AssertionError(f'{table}: {len(missing)} rows missing, {len(more)} more: {list(missing)[:1]} {list(more)[:1]}')
    ends = sorted(r['sequence'] for r in session.run(f'SELECT sequence FROM {keyspace}.ledger_range'))
    common.equal(ends, [first, last], 'ledger_range')
