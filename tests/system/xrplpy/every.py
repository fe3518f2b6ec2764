# SPDX-License-Identifier: Apache-2.0
"""A request of every type that xrpl-py declares, with API versions 1 and 2, over HTTP and WebSocket.
Usage: every.py HTTP_URL WS_URL REQUESTS.json; prints a line for each failure, then {"passed": n, "failed": n}."""
import json
import sys

from xrpl.clients import JsonRpcClient, WebsocketClient
from xrpl.models.exceptions import XRPLModelException
from xrpl.models.requests import GenericRequest
from xrpl.models.requests.request import Request, RequestMethod

count = {'passed': 0, 'failed': 0}
WEBSOCKET_ONLY = ('subscribe', 'unsubscribe', 'path_find')


def note(what, problem):
    count['failed' if problem else 'passed'] += 1
    if problem:
        print(f'FAILED  {what}: {problem}')


def own_request(command, params, version):
    """As the library makes it; None when it refuses to, before anything is sent."""
    try:
        return Request.from_dict({'method': command, 'api_version': version, **params})
    except (XRPLModelException, KeyError):
        return None


def ask(client, request, expected):
    answer = client.request(request)
    error = answer.result.get('error') if isinstance(answer.result, dict) else None
    if expected == '*':
        return None
    if expected and expected.startswith('!'):
        return None if error == expected[1:] else f'{error}, expected {expected}'
    if error:
        return f'{error}: {answer.result.get("error_message")}'
    if not answer.is_successful():
        return f'not successful: {answer}'
    return None if expected is None or expected in answer.result else f'no {expected} in {str(answer.result)[:200]}'


def main():
    http, ws, path = sys.argv[1:4]
    with open(path) as f:
        requests = json.load(f)
    declared = [m.value for m in RequestMethod if m.value != 'zzgeneric_request']
    for command in declared:
        note(f'a test of {command}', None if command in requests else 'there is none')
    with WebsocketClient(ws) as websocket:
        for name, client in (('http', JsonRpcClient(http)), ('ws', websocket)):
            for version in (1, 2):
                for command in declared:
                    if name == 'http' and command in WEBSOCKET_ONLY:
                        continue
                    for params, expected in requests.get(command, []):
                        what = f'{name}, version {version}: {command} {json.dumps(params)}'
                        request = own_request(command, params, version)
                        if request is None and name == 'ws':  # it makes requests anew there
                            continue
                        request = request or GenericRequest(method=command, api_version=version, **params)
                        try:
                            note(what, ask(client, request, expected))
                        except Exception as e:  # noqa: BLE001
                            note(what, f'{type(e).__name__}: {e}')
    print(json.dumps(count))


main()
