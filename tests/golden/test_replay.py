#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""replay.py must notice what differs: run it against a server that gives the recorded answers, some of them spoilt."""
import base64
import hashlib
import http.server
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

import answers
import replay
import websocket

EXTRA = os.path.join(replay.WORLD, 'clio-extra.jsonl')


class HttpHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        status, text = self.server.answers['http', body]
        self.send_response(status)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


class WsHandler(socketserver.StreamRequestHandler):
    def handle(self):
        headers = dict(line.decode().strip().split(': ', 1) for line in iter(self.rfile.readline, b'\r\n')
                       if b': ' in line)
        magic = headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
        accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
        self.wfile.write(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                          f'Sec-WebSocket-Accept: {accept}\r\n\r\n').encode())
        stream = websocket.Stream(self.connection, masks=False)
        try:
            while True:
                stream.send(b'', websocket.PING)
                stream.send(self.server.answers['ws', stream.receive()][1])
        except (websocket.Closed, OSError):
            pass


class Server:
    """Gives recorded answers; `spoil(line)` may change one."""

    def __init__(self, golden, spoil=lambda line: None):
        table = {}
        for text in golden:
            line = json.loads(text)
            body = line['request'] if isinstance(line['request'], str) else replay.encode(line['request'])
            spoil(line)
            given = line['response']
            given = given if isinstance(given, str) and line['transport'] == 'http' else json.dumps(given)
            table[line['transport'], body] = line.get('http_status', 200), given.encode()
        self.servers = [http.server.ThreadingHTTPServer(('127.0.0.1', 0), HttpHandler),
                        socketserver.ThreadingTCPServer(('127.0.0.1', 0), WsHandler)]
        for server in self.servers:
            server.daemon_threads = True
            server.answers = table
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def replay(self, *args):
        urls = [f'{kind}://127.0.0.1:{s.server_address[1]}' for kind, s in zip(('http', 'ws'), self.servers)]
        command = [sys.executable, os.path.join(replay.HERE, 'replay.py'), '--http', urls[0], '--ws', urls[1], *args]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        return run.returncode, run.stdout


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.golden = cls.path('few.jsonl')
        data = subprocess.run(['zstd', '-dcq', EXTRA + '.zst'], check=True, stdout=subprocess.PIPE).stdout
        cls.lines = data.decode().split('\n')[:300]
        with open(cls.golden, 'w') as f:
            f.write('\n'.join(cls.lines))

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.directory.name, name)

    def run_against(self, spoil, explanations='', *args):
        with open(self.path('differences.jsonl'), 'w') as f:
            f.write(explanations)
        with Server(self.lines, spoil) as server:
            return server.replay('--golden', self.golden, '--differences', self.path('differences.jsonl'),
                                 '--report', self.path('report.jsonl'), *args)

    @staticmethod
    def spoil_ids(line):
        if line['id'] in (1, 2):
            line['response']['result']['spoilt'] = 1

    def test_the_recorded_answers_pass(self):
        status, out = self.run_against(lambda line: None)
        self.assertEqual(status, 0, out)
        self.assertIn('same 300 of 300', out)

    def test_an_added_member_fails(self):
        status, out = self.run_against(self.spoil_ids)
        self.assertEqual(status, 1)
        self.assertIn('.result.spoilt: extra 1', out)
        with open(self.path('report.jsonl')) as f:
            self.assertEqual(sorted(json.loads(line)['id'] for line in f), [1, 2])

    def test_an_explained_difference_passes(self):
        by_id = '{"golden": "few", "id": 1, "reason": "r"}\n{"id": 2, "pattern": "spoilt", "reason": "r"}\n'
        self.assertEqual(self.run_against(self.spoil_ids, by_id)[0], 0)
        by_pattern = '{"method": "nft_info", "pattern": "spoilt: extra", "reason": "r"}\n'
        self.assertEqual(self.run_against(self.spoil_ids, by_pattern)[0], 0)

    def test_an_explanation_covers_only_what_it_names(self):
        other = '{"id": 1, "pattern": "another member", "reason": "r"}\n{"id": 2, "reason": "r"}\n'
        self.assertEqual(self.run_against(self.spoil_ids, other)[0], 1)

    def test_an_explanation_may_name_requests(self):
        line = '{"method": "nft_info", "request": "%s", "reason": "r"}\n'
        self.assertEqual(self.run_against(self.spoil_ids, line % 'nft_info')[0], 0)
        self.assertEqual(self.run_against(self.spoil_ids, line % 'another request')[0], 1)

    def test_an_explanation_holds_only_where_its_check_says_so(self):
        line = '{"method": "nft_info", "pattern": "spoilt", "check": "%s", "reason": "r"}\n'
        with unittest.mock.patch.dict(os.environ, PYTHONPATH=self.directory.name):
            for verdict in (True, False):
                with open(self.path('sitecustomize.py'), 'w') as f:
                    f.write(f'import sys; sys.path.insert(0, {replay.HERE!r})\nimport checks\n'
                            f'checks.test = lambda q, lines, ask: {verdict} and "spoilt" in lines[0]\n')
                self.assertEqual(self.run_against(self.spoil_ids, line % 'test')[0], int(not verdict))
        os.unlink(self.path('sitecustomize.py'))
        self.assertEqual(self.run_against(self.spoil_ids, line % 'no_such_check')[0], 2)

    def test_an_explanation_that_explains_nothing_fails(self):
        status, out = self.run_against(lambda line: None, '{"golden": "few", "id": 3, "reason": "r"}\n')
        self.assertEqual(status, 1)
        self.assertIn('explains nothing', out)

    def test_an_explanation_without_a_reason_is_refused(self):
        self.assertEqual(self.run_against(lambda line: None, '{"id": 3}\n')[0], 2)

    def test_warnings_count_by_id_when_asked_for(self):
        def spoil(line):
            line['response']['warnings'] = [{'id': 2001, 'message': 'another text'}]
        self.assertEqual(self.run_against(spoil)[0], 0)
        status, out = self.run_against(spoil, '', '--warnings', 'ids')
        self.assertEqual(status, 1)
        self.assertIn('.warnings: length 2 -> 1', out)

    def test_an_http_status_counts(self):
        def spoil(line):
            if line['id'] == 1:
                line['http_status'] = 500
        self.assertIn('http status 200 -> 500', self.run_against(spoil)[1])

    def test_a_server_that_is_not_there_is_a_failed_run(self):
        with Server(self.lines) as server:
            pass
        self.assertEqual(server.replay('--golden', self.golden)[0], 2)


class Compare(unittest.TestCase):
    def lines(self, recorded, given, **options):
        return answers.Comparer(**options).differences(answers.parse(recorded), answers.parse(given))

    def test_kinds_of_values_are_told_apart(self):
        kinds = ['1', '"1"', 'true', '1.5', 'null', '[]', '{}', '""', '0', 'false']
        for a in kinds:
            for b in kinds:
                self.assertEqual(len(self.lines(a, b)), int(a != b), (a, b))
        self.assertEqual(self.lines('1', '1.0'), [])
        self.assertEqual(self.lines('0.00001', '1e-5'), [])

    def test_big_integers_are_exact(self):
        self.assertEqual(len(self.lines('9007199254740993', '9007199254740992')), 1)

    def test_the_order_of_members_does_not_count_but_that_of_elements_does(self):
        self.assertEqual(self.lines('{"a":1,"b":2}', '{"b":2,"a":1}'), [])
        self.assertEqual(len(self.lines('[1,2]', '[2,1]')), 2)

    def test_a_member_given_twice_is_a_difference(self):
        self.assertEqual(len(self.lines('{"a":1}', '{"a":1,"a":1}')), 1)

    def test_what_may_differ_is_left_out_where_it_stands(self):
        self.assertEqual(self.lines('{"result":{"info":{"uptime":1}}}', '{"result":{"info":{"uptime":2}}}'), [])
        self.assertEqual(len(self.lines('{"result":{"uptime":1}}', '{"result":{"uptime":2}}')), 1)
        self.assertEqual(len(self.lines('{"result":{"x":[{"info":{"uptime":1}}]}}', '{"result":{"x":[{"info":{}}]}}')), 1)
        self.assertEqual(len(self.lines('{"y":1}', '{"y":2}')), 1)
        self.assertEqual(self.lines('{"y":1}', '{"y":2}', ignore=['y']), [])

    def test_text_that_is_not_json_is_compared_as_text(self):
        self.assertEqual(self.lines('"Unable"', 'Unable'), [])
        self.assertEqual(len(self.lines('{"a":1}', '{"a":1')), 1)


if __name__ == '__main__':
    unittest.main()
