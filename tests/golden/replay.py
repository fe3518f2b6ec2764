#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ask a server everything that was recorded, and compare its answers with the recorded ones, in full.

usage: replay.py --http URL --ws URL [--golden FILE]... [--methods a,b] [--only http|ws] [--limit N] [--show N]
                 [--warnings ids] [--ignore a,b] [--report FILE] [--differences FILE]

A golden file has lines {id, transport, request, http_status, response}; by default both of tests/data/world are asked.
Prints `method: same/total` for each method. Differences that are meant are explained in a file of lines
  {"golden": "clio", "id": 12, "reason": ...}  or  {"method": ..., "pattern": REGEX on the lines of --show, "reason": ...}
  or  {"method": ..., "request": REGEX on the request's text, "reason": ...}
An explanation with "check": NAME holds only where the function of checks.py says that the given answer is right.
(all other members but the reason narrow down what the line explains). Exit status: 0 all equal or explained; 1 something
differs without an explanation, or an explanation explains nothing any more; 2 the run itself failed."""
import argparse
import collections
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
import types
import urllib.parse

import answers
import checks
import websocket

HERE = os.path.dirname(os.path.abspath(__file__))
WORLD = os.path.join(os.path.dirname(HERE), 'data', 'world')
N_CONNECTIONS = 4
TIMEOUT_S = 20
# Answers to these depend on what the same connection asked before: one connection asks them all, in order.
STATEFUL = ('subscribe', 'unsubscribe', 'path_find')
NO_ANSWER = ('(closed)', '(no answer in time)')


class Question:
    """One recorded request, and what became of it."""

    def __init__(self, golden, text):
        line = answers.parse(text)
        self.golden = golden
        self.id = int(line['id'].lstrip(answers.NUMBER))
        self.transport = line['transport']
        self.http_status = line.get('http_status')
        self.recorded = line['response']
        request = line['request']
        self.method = '(raw)'
        if isinstance(request, dict):
            self.method = str(request.get('method') or request.get('command') or '(raw)')
        self.request = json.loads(text)['request']
        self.body = self.request if isinstance(self.request, str) else encode(self.request)
        self.given = self.status = None
        self.differences = []


def encode(request):
    """The request's JSON as the recorder sent it: compact, and ASCII only where UTF-8 cannot carry a character."""
    text = json.dumps(request, ensure_ascii=False, separators=(',', ':'))
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return json.dumps(request, separators=(',', ':'))


def read_golden(path):
    if not os.path.exists(path):
        path += '.zst'
    name = os.path.basename(path).split('.')[0]
    if path.endswith('.zst'):
        data = subprocess.run(['zstd', '-dcq', path], check=True, stdout=subprocess.PIPE).stdout
    else:
        with open(path, 'rb') as f:
            data = f.read()
    return [Question(name, line) for line in data.decode().split('\n') if line]


class Asker:
    """A connection. `ask(question)` gives the answer's text and the HTTP status."""

    def ask_also(self, request):
        """Something that was not recorded: the answer, parsed."""
        return answers.parse(self.ask(types.SimpleNamespace(request=request, body=encode(request)))[0])


class HttpAsker(Asker):
    def __init__(self, url):
        u = urllib.parse.urlsplit(url)
        self.path = u.path or '/'
        self.connection = http.client.HTTPConnection(u.hostname, u.port or 80, timeout=TIMEOUT_S)

    def ask(self, question):
        for last_try in (False, True):  # a server may close an idle or spoilt connection
            try:
                self.connection.request('POST', self.path, question.body.encode(), {'Content-Type': 'application/json'})
                reply = self.connection.getresponse()
                return reply.read().decode(errors='replace'), reply.status
            except TimeoutError:
                self.connection.close()
                return NO_ANSWER[1], None
            except (OSError, http.client.HTTPException) as e:
                self.connection.close()
                if isinstance(e, ConnectionRefusedError):
                    raise
        return NO_ANSWER[0], None


class WsAsker(Asker):
    def __init__(self, url):
        self.url, self.stream = url, None

    def ask(self, question):
        if self.stream is None:
            self.stream = websocket.connect(self.url, TIMEOUT_S)
        try:
            self.stream.send(question.body)
            while True:
                text = self.stream.receive()
                if self.is_reply(text):
                    return text, None
        except TimeoutError:
            self.drop()
            return NO_ANSWER[1], None
        except (OSError, websocket.Closed):
            self.drop()
            return NO_ANSWER[0], None

    @staticmethod
    def is_reply(text):
        """Not a message of a stream that an earlier question subscribed to."""
        if '"response"' in text:
            return True
        message = answers.parse(text)
        return not isinstance(message, dict) or 'status' in message or 'error' in message

    def drop(self):
        self.stream.close()
        self.stream = None


class Run:
    """Asks questions on parallel connections and compares each answer as it comes."""

    def __init__(self, comparer):
        self.comparer, self.failure = comparer, None

    def check(self, q):
        if answers.error_of(q.recorded) == 'internal':  # the recorded server failed: any real answer is better
            if answers.error_of(q.given) == 'internal' or q.given in NO_ANSWER:
                q.differences = ['internal, too']
            return
        q.differences = self.comparer.differences(q.recorded, q.given)
        if q.http_status and answers.NUMBER + str(q.status) != q.http_status:
            q.differences.append(f'http status {q.http_status.lstrip(answers.NUMBER)} -> {q.status}')

    def work(self, asker, questions):
        try:
            for q in questions:
                if self.failure:
                    return
                text, q.status = asker.ask(q)
                q.given = text if text in NO_ANSWER else answers.parse(text)
                self.check(q)
                if not q.differences:
                    q.given = q.recorded = None
        except Exception as e:
            self.failure = e

    def ask(self, questions, make_asker):
        lanes = [[q for q in questions if q.method in STATEFUL], *[[] for _ in range(N_CONNECTIONS - 1)]]
        rest = [q for q in questions if q.method not in STATEFUL]
        for i, q in enumerate(rest):
            lanes[i % N_CONNECTIONS].append(q)
        threads = [threading.Thread(target=self.work, args=(make_asker(), lane)) for lane in lanes if lane]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if self.failure:
            raise self.failure


class Explanation:
    def __init__(self, text):
        line = json.loads(text)
        unknown = set(line) - {'golden', 'id', 'method', 'request', 'pattern', 'check', 'reason'}
        if unknown or not line.get('reason') or not ('id' in line or len({'method', 'request', 'pattern', 'check'} & set(line)) > 1):
            raise ValueError(f'not an explanation (reason, and id, or two of method, request, pattern, check): {text.strip()}')
        self.text = text.strip()
        self.golden, self.id, self.method = line.get('golden'), line.get('id'), line.get('method')
        self.request, self.pattern = (re.compile(line.get(name, '')) for name in ('request', 'pattern'))
        self.check = getattr(checks, line['check'], None) if 'check' in line else None
        if 'check' in line and not self.check:
            raise ValueError(f'no such check: {text.strip()}')
        self.tried = self.used = False

    def concerns(self, q):
        return (self.golden in (None, q.golden) and self.id in (None, q.id) and self.method in (None, q.method)
                and self.request.search(q.body))

    def is_right(self, q, lines, ask):
        try:
            return self.check(q, lines, ask)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):  # an answer of another form
            return False

    def explains(self, q, ask):
        """The differences of the question that are explained."""
        lines = [line for line in q.differences if self.pattern.search(line)]
        if not lines or self.check and not self.is_right(q, lines, ask):
            return set()
        self.used = True
        return set(lines)


def read_explanations(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [Explanation(line) for line in f if line.strip()]


def explain(questions, explanations, askers):
    """The questions with a difference that nothing explains."""
    left = []
    for q in questions:
        concerned = [e for e in explanations if e.concerns(q)]
        for e in concerned:
            e.tried = True
        # Every explanation that applies counts as used.
        explained = set().union(*(e.explains(q, askers[q.transport].ask_also) for e in concerned))
        if explained != set(q.differences):
            left.append(q)
    return left


def print_summary(questions, unexplained, n_show):
    by_method = collections.defaultdict(list)
    for q in questions:
        by_method[q.method].append(q)
    bad = set(map(id, unexplained))
    for method, group in sorted(by_method.items()):
        n_same = sum(not q.differences for q in group)
        n_explained = sum(bool(q.differences) and id(q) not in bad for q in group)
        print(f'{method}: {n_same}/{len(group)}' + (f' ({n_explained} explained)' if n_explained else ''))
        for q in [q for q in group if id(q) in bad][:n_show]:
            print(f'    {q.golden} {q.id} {q.transport} {q.body[:200]}')
            for line in q.differences[:4]:
                print(f'        {line}')


def write_report(path, questions, unexplained):
    bad = set(map(id, unexplained))
    with open(path, 'w') as f:
        for q in questions:
            if q.differences:
                f.write(json.dumps({'golden': q.golden, 'id': q.id, 'transport': q.transport, 'method': q.method,
                                    'explained': id(q) not in bad, 'request': q.request, 'diff': q.differences,
                                    'got': answers.plain(q.given)}) + '\n')


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('http', 'ws', 'methods', 'only', 'report', 'warnings'):
        p.add_argument('--' + name)
    p.add_argument('--ignore', default='')
    p.add_argument('--golden', action='append')
    p.add_argument('--limit', type=int)
    p.add_argument('--show', type=int, default=3)
    p.add_argument('--differences', default=os.path.join(HERE, 'differences.jsonl'))
    return p.parse_args()


def select(args):
    methods = args.methods and set(args.methods.split(','))
    urls = {'http': args.http, 'ws': args.ws}
    questions = []
    for path in args.golden or [f'{WORLD}/clio.jsonl', f'{WORLD}/clio-extra.jsonl']:
        questions += read_golden(path)
    return [q for q in questions if urls[q.transport] and args.only in (None, q.transport) and
            (not methods or q.method in methods)][:args.limit]


def main():
    args = arguments()
    start = time.monotonic()
    explanations = read_explanations(args.differences)
    questions = select(args)
    if not questions:
        print('nothing to ask', file=sys.stderr)
        return 2
    run = Run(answers.Comparer(args.warnings == 'ids', args.ignore.split(',')))
    asked = time.monotonic()
    run.ask([q for q in questions if q.transport == 'http'], lambda: HttpAsker(args.http))
    run.ask([q for q in questions if q.transport == 'ws'], lambda: WsAsker(args.ws))
    end = time.monotonic()
    askers = {'http': args.http and HttpAsker(args.http), 'ws': args.ws and WsAsker(args.ws)}
    unexplained = explain(questions, explanations, askers)
    whole = args.http and args.ws and not args.only and not args.limit
    stale = [e for e in explanations if whole and e.tried and not e.used and (e.golden or not args.golden)]
    print_summary(questions, unexplained, args.show)
    if args.report:
        write_report(args.report, questions, unexplained)
    for e in stale:
        print(f'explains nothing any more: {e.text}')
    n_same = sum(not q.differences for q in questions)
    n_explained = len(questions) - n_same - len(unexplained)
    print(f'same {n_same} of {len(questions)} ({100 * n_same / len(questions):.2f} %), {n_explained} explained, '
          f'{len(unexplained)} not; read in {asked - start:.1f} s, asked in {end - asked:.1f} s')
    return 1 if unexplained or stale else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (OSError, ValueError, subprocess.CalledProcessError) as e:
        print(f'replay: {e}', file=sys.stderr)
        sys.exit(2)
