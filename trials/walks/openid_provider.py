#!/usr/bin/python3
"""A small OpenID provider: discovery, keys, tokens (password, client credentials, code, device), browsers.

usage: openid_provider.py PORT   It knows the user 'anna', password 'right', and the clients 'welkin' (secret 'of-welkin')
and 'openstack-cli' (any). "POST /rotate" changes its key, "POST /opaque" makes it give tokens that only it can read.
"""
import base64
import hashlib
import http.server
import json
import secrets
import sys
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def encoded(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b'=').decode()


def number(n):
    return encoded(n.to_bytes((n.bit_length() + 7) // 8, 'big'))


class Provider:
    def __init__(self, port):
        self.codes, self.devices, self.tokens, self.opaque, self.keys = {}, {}, {}, False, 0
        self.rotate()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                owner.answer(self, {})

            def do_POST(self):
                text = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
                owner.answer(self, dict(urllib.parse.parse_qsl(text)))

        self.web = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self.url = 'http://127.0.0.1:%d' % self.web.server_port
        threading.Thread(target=self.web.serve_forever, daemon=True).start()

    def close(self):
        self.web.shutdown()

    def rotate(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.keys += 1

    def jwt(self, claims):
        head = {'alg': 'RS256', 'kid': 'k%d' % self.keys}
        text = '.'.join(encoded(json.dumps(p).encode()) for p in (head, claims))
        return text + '.' + encoded(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))

    def claims(self, audience, azp):
        now = int(time.time())
        return {'iss': self.url, 'sub': 'u-1', 'preferred_username': 'anna', 'email': 'anna@example.org',
                'groups': ['cloud-users'], 'aud': audience, 'azp': azp, 'iat': now, 'exp': now + 300}

    def access(self, client):
        claims = self.claims('account', client)
        if not self.opaque:
            return self.jwt(claims)
        token = secrets.token_hex(16)
        self.tokens[token] = dict(claims, active=True)
        return token

    def answer(self, call, form):
        path, _, query = call.path.partition('?')
        query = dict(urllib.parse.parse_qsl(query))
        status, body, headers = 200, {}, {}
        if path == '/.well-known/openid-configuration':
            body = {'issuer': self.url, 'jwks_uri': self.url + '/jwks', 'token_endpoint': self.url + '/token',
                    'authorization_endpoint': self.url + '/authorize', 'introspection_endpoint': self.url + '/introspect',
                    'userinfo_endpoint': self.url + '/userinfo',
                    'device_authorization_endpoint': self.url + '/device'}
        elif path == '/jwks':
            public = self.key.public_key().public_numbers()
            body = {'keys': [{'kty': 'RSA', 'use': 'sig', 'kid': 'k%d' % self.keys, 'n': number(public.n),
                              'e': number(public.e)}]}
        elif path == '/authorize':
            code = secrets.token_hex(16)
            self.codes[code] = query
            back = urllib.parse.urlencode({'code': code, 'state': query.get('state', '')})
            status, headers = 302, {'Location': query['redirect_uri'] + '?' + back}
        elif path == '/token':
            status, body = self.token(call, form)
        elif path == '/device':
            code = secrets.token_hex(16)
            self.devices[code] = 1
            body = {'device_code': code, 'user_code': 'ABCD', 'verification_uri': self.url + '/here', 'expires_in': 60,
                    'interval': 1}
        elif path == '/introspect':
            known = base64.b64encode(b'welkin:of-welkin').decode() in call.headers.get('Authorization', '')
            status, body = (200, self.tokens.get(form.get('token'), {'active': False})) if known else (401, {})
        elif path == '/userinfo':
            body = {k: v for k, v in self.claims('', '').items() if k in ('sub', 'preferred_username', 'email', 'groups')}
        elif path == '/rotate':
            self.rotate()
        elif path == '/opaque':
            self.opaque = True
        else:
            status = 404
        text = json.dumps(body).encode()
        call.send_response(status)
        for name, value in dict(headers, **{'Content-Type': 'application/json', 'Content-Length': len(text)}).items():
            call.send_header(name, str(value))
        call.end_headers()
        call.wfile.write(text)

    def token(self, call, form):
        client = form.get('client_id')
        basic = call.headers.get('Authorization', '')
        if basic.startswith('Basic '):
            client = urllib.parse.unquote(base64.b64decode(basic[6:]).decode().partition(':')[0])
        out = {'token_type': 'Bearer', 'expires_in': 300}
        grant = form.get('grant_type')
        if grant == 'password' and (form.get('username'), form.get('password')) != ('anna', 'right'):
            return 400, {'error': 'invalid_grant'}
        if grant == 'authorization_code':
            begun = self.codes.pop(form.get('code'), None)
            challenge = encoded(hashlib.sha256(form.get('code_verifier', '').encode()).digest())
            if not begun or begun['redirect_uri'] != form.get('redirect_uri') or \
                    begun.get('code_challenge', challenge) != challenge:
                return 400, {'error': 'invalid_grant'}
            known = dict(self.claims(begun['client_id'], begun['client_id']))
            if 'nonce' in begun:
                known['nonce'] = begun['nonce']
            out['id_token'] = self.jwt(known)
        elif grant == 'urn:ietf:params:oauth:grant-type:device_code':
            left = self.devices.get(form.get('device_code'))
            if left is None:
                return 400, {'error': 'expired_token'}
            self.devices[form['device_code']] = left - 1
            if left > 0:
                return 400, {'error': 'authorization_pending'}
        elif grant not in ('password', 'client_credentials'):
            return 400, {'error': 'unsupported_grant_type'}
        return 200, dict(out, access_token=self.access(client))


if __name__ == '__main__':
    provider = Provider(int(sys.argv[1]))
    print(provider.url, flush=True)
    sys.stdin.read()
