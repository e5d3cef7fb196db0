"""A very small OpenStack client on the standard library: enough for the launcher, on a machine that has nothing else."""
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """An answer of 400 or more: what was asked, and what the cloud said."""

    def __init__(self, method, url, status, text):
        super().__init__('%s %s: %d %s' % (method, url, status, text))
        self.status = status


def openrc(path):
    """The OS_* variables of an openrc file."""
    with open(path) as f:
        return dict(re.findall(r'^export (OS_\w+)=[\'"]?(.*?)[\'"]?$', f.read(), re.M))


class Cloud:
    def __init__(self, env):
        self.env = env
        domain = {'name': env.get('OS_USER_DOMAIN_NAME', 'Default')}
        body = {'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': env['OS_USERNAME'], 'password': env['OS_PASSWORD'], 'domain': domain}}},
            'scope': {'project': {'name': env['OS_PROJECT_NAME'],
                                  'domain': {'name': env.get('OS_PROJECT_DOMAIN_NAME', 'Default')}}}}}
        answer = self._open('POST', env['OS_AUTH_URL'].rstrip('/') + '/auth/tokens', body, {})
        self.token = answer.headers['X-Subject-Token']
        token = json.load(answer)['token']
        self.project = token['project']['id']
        self.user = token['user']['id']
        self.endpoints = {s['type']: next(e['url'] for e in s['endpoints'] if e['interface'] == 'public').rstrip('/')
                          for s in token['catalog']}

    def url(self, service, path):
        """The catalog's address and a path; a version both name is written once."""
        base, version = self.endpoints[service], re.match(r'/v2(\.0)?(?=/)', path)
        if version and base.endswith(version.group()):
            base = base[:-len(version.group())]
        return base + path

    def call(self, method, service, path, body=None, version=None, headers=None):
        headers = dict(headers or {}, **{'X-Auth-Token': self.token})
        if version:
            headers['OpenStack-API-Version'] = '%s %s' % (service, version)
        with self._open(method, self.url(service, path), body, headers) as answer:
            data = answer.read()
        return json.loads(data) if data[:1] in (b'{', b'[') else None

    def get(self, service, path, **kw):
        return self.call('GET', service, path, **kw)

    def post(self, service, path, body, **kw):
        return self.call('POST', service, path, body, **kw)

    def put(self, service, path, body, **kw):
        return self.call('PUT', service, path, body, **kw)

    def delete(self, service, path, **kw):
        return self.call('DELETE', service, path, **kw)

    def upload(self, image_id, file):
        with open(file, 'rb') as f:
            f.seek(0, 2)
            size = f.tell()
            f.seek(0)
            self._open('PUT', self.url('image', '/v2/images/%s/file' % image_id), f, {
                'X-Auth-Token': self.token, 'Content-Type': 'application/octet-stream',
                'Content-Length': str(size)}).close()

    def named(self, service, path, name, **query):
        """The first thing of a list with that name, or None."""
        query['name'] = name
        answer = self.get(service, path + '?' + urllib.parse.urlencode(query))
        things = next(v for v in answer.values() if isinstance(v, list))
        return next((t for t in things if t['name'] == name), None)

    @staticmethod
    def _open(method, url, body, headers):
        data = body
        if isinstance(body, (dict, list)):
            data = json.dumps(body).encode()
            headers = dict(headers, **{'Content-Type': 'application/json'})
        try:
            return urllib.request.urlopen(
                urllib.request.Request(url, data, dict(headers, Accept='application/json'), method=method), timeout=300)
        except urllib.error.HTTPError as e:
            raise Refused(method, url, e.code, e.read().decode('utf8', 'replace')[:600]) from None


def wait_until(seconds, what, check):
    """Asks every half second; the check's true answer, or TimeoutError."""
    end = time.monotonic() + seconds
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > end:
            raise TimeoutError('after %d s still no %s' % (seconds, what))
        time.sleep(0.5)
