# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: starting the double and Kleio on free ports, asking, ending them, counting results."""
import atexit
import contextlib
import fcntl
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORLD = ROOT / 'tests' / 'data' / 'world'
sys.path[:0] = [str(ROOT / 'tests' / 'golden'), str(ROOT / 'tools')]
import websocket  # noqa: E402

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else 'build').resolve()
READY_S = 60
_running = []    # processes that we started and that have not ended yet
_directories = []


def _clean():
    for process in _running:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
    for directory in _directories:
        shutil.rmtree(directory, ignore_errors=True)


atexit.register(_clean)
for _signal in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(_signal, lambda *_: sys.exit(1))
# A script's background jobs begin with SIGINT ignored, and so would what they start: one that comes before the server's own handler would be lost.
signal.signal(signal.SIGINT, signal.default_int_handler)


def temp_dir(name):
    """A new directory that is gone when the test ends."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix=f'kleio-{name}-'))
    _directories.append(directory)
    return directory


@contextlib.contextmanager
def installing(name):
    """The folder of this name in the build directory, which one test at a time may fill."""
    folder = BUILD / name
    folder.mkdir(exist_ok=True)
    with open(BUILD / f'{name}.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def start(*command, **kwargs):
    process = subprocess.Popen([str(c) for c in command], **kwargs)
    _running.append(process)
    return process


def end(process, signum=signal.SIGKILL, seconds=30):
    """Send the signal and wait; returns the exit status (negative: of the signal that ended it)."""
    if process.poll() is None:
        process.send_signal(signum)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f'process {process.pid} was still there {seconds} s after signal {signum}') from None
    if process in _running:
        _running.remove(process)
    return status


_ports = []


def free_port():
    """A port of 127.0.0.1 that nobody uses. Reserved by a bound socket for as long as the test runs: SO_REUSEADDR lets
    a listener have it all the same, and nobody gets it as an outgoing connection's own port."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', 0))
    _ports.append(s)
    return s.getsockname()[1]


class Http:
    """A keep-alive connection; a new one after a pause, for servers close those that are idle for 30 s."""

    def __init__(self, port, timeout_s=20):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout_s)
        self.used = time.monotonic()

    def request(self, verb, path, body=None, headers=None):
        """(status, headers, body)"""
        if time.monotonic() - self.used > 10:
            self.connection.close()
        self.used = time.monotonic()
        self.connection.request(verb, path, body, headers or {})
        reply = self.connection.getresponse()
        return reply.status, reply.headers, reply.read()

    def ask_whole(self, method, headers=None, **params):
        body = json.dumps({'method': method, 'params': [params]}).encode()
        return json.loads(self.request('POST', '/', body, {'Content-Type': 'application/json', **(headers or {})})[2])

    def ask(self, method, **params):
        return self.ask_whole(method, **params)['result']

    def close(self):
        self.connection.close()


class WebSocket:
    def __init__(self, port, timeout_s=20):
        self.stream = websocket.connect(f'ws://127.0.0.1:{port}/', timeout_s)

    def ask_whole(self, command, **params):
        self.stream.send(json.dumps({'command': command, **params}))
        while True:
            answer = json.loads(self.stream.receive())
            if answer.get('type') in (None, 'response') or 'error' in answer:
                return answer

    def ask(self, command, **params):
        answer = self.ask_whole(command, **params)
        return answer['result'] if 'result' in answer else answer

    def close(self):
        self.stream.close()


def ask(port, method, **params):
    """One question on a connection of its own."""
    connection = Http(port)
    try:
        return connection.ask(method, **params)
    finally:
        connection.close()


def wait_until(what, seconds=READY_S, every=0.02, what_for='it'):
    """Call until it returns something true, which is returned. Refused or broken connections are waited out."""
    limit, last = time.monotonic() + seconds, None
    while time.monotonic() < limit:
        try:
            found = what()
            if found:
                return found
            last = found
        except (OSError, http.client.HTTPException, KeyError, ValueError) as e:
            last = e
        time.sleep(every)
    raise AssertionError(f'waited {seconds} s for {what_for} in vain; at last: {last!r}')


class Double:
    """A rippled-double of ours."""

    def __init__(self, *args, grpc=0, ws=0):
        self.args = args
        self.grpc, self.ws = grpc, ws
        self.start()

    def start(self):
        self.process = start(BUILD / 'rippled-double', '--grpc', self.grpc, '--ws', self.ws, *self.args,
                             stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError('the double did not start')
        self.info = json.loads(line)
        self.grpc, self.ws = self.info['grpc'], self.info['ws']

    def ask(self, command, **params):
        return ask(self.ws, command, **params)

    def close_ledger(self, n=1):
        for _ in range(n):
            closed = self.ask('double_close')
        return closed

    def fault(self, text):
        assert self.ask('double_fault', fault=text)['accepted'], text

    def clear_faults(self):
        self.ask('double_fault', clear=True)

    def faults_taken(self):
        lines = self.ask('double_info')['faults_taken'].split('\n')
        return {line.split()[0]: int(line.split()[1]) for line in lines if line}

    def source(self):
        return {'ip': '127.0.0.1', 'ws_port': str(self.ws), 'grpc_port': str(self.grpc)}

    def stop(self):
        self.process.stdout.close()
        return end(self.process)


def world_double(*args, tip=793, end_at=None, pace=0):
    last = [] if end_at is None else ['--end', end_at]
    return Double('--world', WORLD, '--tip', tip, '--pace', pace, *last, *args)


class Kleio:
    """A Kleio of ours. The configuration is what every test needs, and what it gives as members."""

    def __init__(self, directory, sources=(), autostart=True, **extra):
        self.directory, self.port = pathlib.Path(directory), free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config = {'server': {'ip': '127.0.0.1', 'port': self.port}, 'workers': 2,
                       'database': {'rocksdb': {'path': str(self.directory / 'store')}},
                       'etl_sources': [s if isinstance(s, dict) else s.source() for s in sources],
                       'dos_guard': {'whitelist': ['127.0.0.1']}, 'log': {'directory': str(self.directory)}}
        for key, value in extra.items():
            if isinstance(value, dict) and isinstance(self.config.get(key), dict):
                value = {**self.config[key], **value}
            self.config[key] = value
        self.process = None
        if autostart:
            self.start()

    def write_config(self):
        path = self.directory / 'kleio.json'
        path.write_text(json.dumps(self.config))
        return path

    def start(self, **environment):
        with open(self.directory / 'output', 'ab') as out:
            self.process = start(BUILD / 'kleio', '--conf', self.write_config(), stdout=out, stderr=out, env={**os.environ, **environment})
        return self

    def ask(self, method, **params):
        return ask(self.port, method, **params)

    def check_runs(self):
        if self.process.poll() is not None:
            raise AssertionError(f'kleio ended with {self.process.returncode}: {self.output()[-600:]} {self.log()[-2000:]}')

    def newest(self):
        self.check_runs()
        return self.ask('ledger_range').get('ledger_index_max', 0)

    def wait_for(self, seq, seconds=READY_S):
        """Wait until ledger `seq` is served."""
        try:
            return wait_until(lambda: self.newest() >= seq, seconds, what_for=f'ledger {seq}')
        except AssertionError as e:
            raise AssertionError(f'{e}; log: {self.log()[-2000:]}') from None

    def log(self):
        path = self.directory / 'kleio.log'
        return path.read_text(errors='replace') if path.exists() else ''

    def output(self):
        path = self.directory / 'output'
        return path.read_text(errors='replace') if path.exists() else ''

    def metrics(self, headers=None):
        """{name with labels: value}"""
        connection = Http(self.port)
        status, _, body = connection.request('GET', '/metrics', headers=headers)
        connection.close()
        assert status == 200, (status, body)
        lines = [line.rsplit(' ', 1) for line in body.decode().split('\n') if line and line[0] != '#']
        return {name: float(value) for name, value in lines}

    def metric(self, name):
        """Sum over all labels."""
        return sum(v for k, v in self.metrics().items() if k == name or k.startswith(name + '{'))

    def kill(self):
        return end(self.process, signal.SIGKILL)

    def stop(self, seconds=30):
        return end(self.process, signal.SIGTERM, seconds)


def check_command(server, *args):
    """`kleio check` of what a Kleio stored, or one whose directory this is."""
    conf = server.write_config() if isinstance(server, Kleio) else server / 'kleio.json'
    return [BUILD / 'kleio', 'check', '--conf', conf, *map(str, args)]


def check(server, *args, timeout=600):
    """(exit status, output, errors)"""
    done = subprocess.run(check_command(server, *args), capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def make_certificate(directory, name):
    """A certificate of its own making for localhost; (certificate, key)"""
    cert, key = directory / f'{name}.pem', directory / f'{name}-key.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert,
                    '-days', '90', '-subj', f'/CN={name}', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True)
    return cert, key


class Results:
    """Counts and prints. `with results.case(name):` is passed when its body raises nothing."""

    def __init__(self):
        self.n_passed = self.n_failed = 0
        self.begun = time.monotonic()

    @contextlib.contextmanager
    def case(self, name):
        begun = time.monotonic()
        try:
            yield
        except Exception as e:
            self.n_failed += 1
            where = traceback.extract_tb(e.__traceback__)[-1]
            mine = [f for f in traceback.extract_tb(e.__traceback__) if 'test_' in f.filename]
            line = (mine or [where])[-1]
            print(f'FAILED  {name}: {os.path.basename(line.filename)}:{line.lineno}: {type(e).__name__}: {e}', flush=True)
        else:
            self.n_passed += 1
            print(f'ok      {name} ({time.monotonic() - begun:.1f} s)', flush=True)

    def finish(self):
        print(f'in {time.monotonic() - self.begun:.1f} s')
        print(f'{self.n_passed} passed, {self.n_failed} failed', flush=True)
        sys.exit(1 if self.n_failed else 0)


def run_cases(module_globals):
    """Run every function case_*(results?) of a test file in order; NAMES after the build directory pick some."""
    results = Results()
    wanted = sys.argv[2:]
    for name, function in list(module_globals.items()):
        if name.startswith('case_') and (not wanted or any(w in name for w in wanted)):
            with results.case(name[5:].replace('_', ' ')):
                function()
    results.finish()


def equal(got, expected, what=''):
    if got != expected:
        raise AssertionError(f'{what}: got {str(got)[:400]!r}, expected {str(expected)[:400]!r}')


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f'no {part!r} in {text[-1500:]!r}')
