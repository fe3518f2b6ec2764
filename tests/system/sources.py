# SPDX-License-Identifier: Apache-2.0
"""A rippled of a few lines, for what the double does not show: it keeps what it was asked, with the headers."""
import base64
import hashlib
import json
import socket
import threading
import time

import common
import websocket


class RecordingSource:
    """WebSocket only. Commands that a server asks for itself get what they need; all others go to `answer(request)`."""

    def __init__(self, answer=lambda q: {'answered_by': 'test'}, delay_s=0, network_id=21338, newest=20):
        self.answer, self.delay_s, self.network_id, self.newest = answer, delay_s, network_id, newest
        self.asked = []   # (headers, request) of forwarded ones
        self.n_links = 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        self.stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def n_asked(self):
        return len(self.asked)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = websocket.Stream(connection, masks=False)
        try:
            stream.file.readline()
            headers = {}
            while line := stream.file.readline().decode().strip():
                name, value = line.split(':', 1)
                headers[name.strip().lower()] = value.strip()
            magic = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
            accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
            connection.sendall(('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                                f'Sec-WebSocket-Accept: {accept}\r\n\r\n').encode())
            while True:
                self._reply(stream, headers, json.loads(stream.receive()))
        except (websocket.Closed, OSError, KeyError, ValueError):
            pass
        finally:
            connection.close()

    def _reply(self, stream, headers, request):
        command = request.get('command')
        if command == 'subscribe':
            self.n_links += 1
            result = {'fee_base': 10, 'ledger_index': self.newest, 'ledger_time': 1,
                      'network_id': self.network_id, 'reserve_base': 10, 'reserve_inc': 2,
                      'validated_ledgers': f'3-{self.newest}'}
        elif request.get('id') == 'network':
            result = {'info': {'complete_ledgers': f'3-{self.newest}', 'network_id': self.network_id, 'server_state': 'full',
                               'validated_ledger': {'seq': self.newest}}}
        else:
            if request.get('id') != 'definitions':  # the link's own question
                self.asked.append((headers, request))
            time.sleep(self.delay_s)
            result = self.answer(request)
        stream.send(json.dumps({'id': request.get('id'), 'result': result, 'status': 'success', 'type': 'response'}))

    def source(self):
        return {'ip': '127.0.0.1', 'ws_port': str(self.port), 'grpc_port': str(self._dead_port())}

    @staticmethod
    def _dead_port():
        return common.free_port()

    def stop(self):
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
