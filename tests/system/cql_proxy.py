# SPDX-License-Identifier: Apache-2.0
"""A proxy between a client and a node of Cassandra, on the node's own address and a port of its own, that does what networks and
nodes do on bad days. Faults are attributes, changed while it runs; `hits` counts what was done."""
import asyncio
import collections
import random
import struct
import threading

EXECUTE, BATCH, ERROR = 0x0A, 0x0D, 0x00
# Codes of the protocol, and what follows their text.
OVERLOADED, BOOTSTRAPPING, SERVER, TRUNCATE = (0x1001, b''), (0x1002, b''), (0x0000, b''), (0x1003, b'')
UNAVAILABLE = (0x1000, struct.pack('>Hii', 4, 2, 1))
WRITE_TIMEOUT = (0x1100, struct.pack('>Hii', 4, 1, 2) + b'\0\6SIMPLE')
READ_TIMEOUT = (0x1200, struct.pack('>HiiB', 4, 1, 2, 1))
READ_FAILURE = (0x1300, struct.pack('>HiiiB', 4, 1, 2, 1, 0))
WRITE_FAILURE = (0x1500, struct.pack('>Hiii', 4, 1, 2, 1) + b'\0\6SIMPLE')


class Proxy:
    def __init__(self, host, port, seed=1):
        self.node, self.host = (host, port), host
        self.rng = random.Random(seed)
        self.hits = collections.Counter()
        self.clear()
        self.connections = set()
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port = 0
        self.run(self.listen())

    def clear(self):
        """As if it were not there."""
        self.delay_s = 0          # up to so long for each piece of an answer
        self.split = False        # pieces of one to three bytes
        self.cut = 0              # how often, of pieces either way, the connection ends in the middle of one
        self.corrupt = 0          # how often a piece of an answer has a bit flipped
        self.corrupt_requests = False  # ... and of a request
        self.silent = False       # nothing goes either way
        self.errors = []          # version 4, no compression: answered by the proxy with one of these ...
        self.error_share = 0      # ... so many requests of EXECUTE and BATCH
        self.error_after = False  # ... after the node has done what was asked

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def listen(self):
        self.server = await asyncio.start_server(self.accept, self.host, self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def down_(self):
        if self.server:
            self.server.close()
            self.server = None
        for writer in list(self.connections):
            writer.transport.abort()

    def down(self):
        """Nobody listens, all connections end."""
        self.run(self.down_())

    def up(self):
        if not self.server:
            self.run(self.listen())

    def stop(self):
        self.down()
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def accept(self, reader, writer):
        self.hits['connections'] += 1
        self.connections.add(writer)
        other = None
        try:
            back, other = await asyncio.open_connection(*self.node)
            state = {'in': b'', 'out': b'', 'streams': {}}
            tasks = [asyncio.ensure_future(self.pump(reader, other, writer, False, state)),
                     asyncio.ensure_future(self.pump(back, writer, writer, True, state))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        except OSError:
            pass
        finally:
            self.connections.discard(writer)
            writer.transport.abort()
            if other:
                other.transport.abort()

    async def pump(self, reader, writer, client, is_answer, state):
        try:
            while True:
                data = await reader.read(65536)
                if not data:
                    return
                while self.silent:
                    await asyncio.sleep(0.05)
                data = self.replace(data, is_answer, state, client)
                if not data:
                    continue
                if is_answer and self.delay_s:
                    self.hits['delayed'] += 1
                    await asyncio.sleep(self.rng.random() * self.delay_s)
                if (is_answer or self.corrupt_requests) and self.corrupt and self.rng.random() < self.corrupt:
                    self.hits['corrupted'] += 1
                    flipped = bytearray(data)
                    flipped[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
                    data = bytes(flipped)
                if self.cut and self.rng.random() < self.cut:
                    self.hits['cut'] += 1
                    writer.write(data[:self.rng.randrange(len(data))])
                    await writer.drain()
                    return
                await self.send(writer, data)
        except (OSError, asyncio.CancelledError):
            pass

    async def send(self, writer, data):
        if not self.split:
            writer.write(data)
            await writer.drain()
            return
        at = 0
        while at < len(data):
            n = self.rng.randrange(1, 4) if at < 600 else 1500  # the beginning of a piece byte by byte, or nothing would ever end
            writer.write(data[at:at + n])
            await writer.drain()
            self.hits['split'] += 1
            at += n
            await asyncio.sleep(0)

    def replace(self, data, is_answer, state, client):
        """Error frames in place of answers. Frames of version 4 are what they look like; only then is anything done."""
        if not self.errors and not state['streams'] and not state['in'] and not state['out']:
            return data
        key = 'out' if is_answer else 'in'
        data, passed = state[key] + data, b''
        while len(data) >= 9:
            _, _, stream, opcode, n = struct.unpack('>BBhBI', data[:9])
            if len(data) < 9 + n:
                break
            frame, data = data[:9 + n], data[9 + n:]
            if is_answer:
                error = state['streams'].pop(stream, None)
                passed += error or frame
            else:
                passed += self.intercept(frame, stream, opcode, state, client)
        state[key] = data
        return passed

    def intercept(self, frame, stream, opcode, state, client):
        if opcode not in (EXECUTE, BATCH) or not self.errors or self.rng.random() >= self.error_share:
            return frame
        code, more = self.rng.choice(self.errors)
        body = struct.pack('>I', code) + b'\0\7on test' + more
        error = struct.pack('>BBhBI', 0x84, 0, stream, ERROR, len(body)) + body
        self.hits[f'error {code:04x}'] += 1
        if self.error_after:
            state['streams'][stream] = error
            return frame
        client.write(error)
        return b''
