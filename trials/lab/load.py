"""A steady load on the lab's cloud, as clients would make it, and what became of every request.

A request that is refused, or whose connection breaks, is sent again with the same Idempotency-Key. Whatever was
acknowledged is remembered: it must be true in the end.
"""
import http.client
import json
import threading
import time
import urllib.parse
import uuid

OK, REFUSED, RUDE, BROKEN = 'ok', 'refused', 'rude', 'broken'
"""REFUSED: 429 or 503 with Retry-After. RUDE: any other 5xx, or a refusal without Retry-After. BROKEN: no answer."""


class Client:
    """Speaks HTTP to the cloud; every outcome is noted with its time."""

    def __init__(self, endpoints, token):
        self.endpoints, self.token = endpoints, token
        self.outcomes = []          # (monotonic time, what was asked, outcome, seconds, detail)
        self.lock = threading.Lock()

    def call(self, method, service, path, body=None, key=None, timeout=30):
        """(status, document) of an answer, (None, None) when it was refused or there was none."""
        url = urllib.parse.urlsplit(self.endpoints[service] + path)
        headers = {'X-Auth-Token': self.token, 'Accept': 'application/json'}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        if key:
            headers['Idempotency-Key'] = key
        begin = time.monotonic()
        detail, answer, outcome = '', (None, None), OK
        try:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
            try:
                connection.request(method, url.path + ('?' + url.query if url.query else ''),
                                   None if body is None else json.dumps(body), headers)
                got = connection.getresponse()
                data = got.read()
                if got.status >= 500 or got.status == 429:
                    polite = got.status in (429, 503) and got.getheader('Retry-After')
                    outcome = REFUSED if polite else RUDE
                    detail = '%d %s' % (got.status, data[:300].decode('utf8', 'replace'))
                else:
                    answer = (got.status, json.loads(data) if data[:1] in (b'{', b'[') else None)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as e:
            outcome, detail = BROKEN, repr(e)[:200]
        now = time.monotonic()
        with self.lock:
            self.outcomes.append((now, '%s %s' % (method, service), outcome, now - begin, detail))
        return answer

    def since(self, begin, end=float('inf')):
        with self.lock:
            return [o for o in self.outcomes if begin <= o[0] < end]


class Load:
    """Builders that make, await and delete servers, and a lister."""

    def __init__(self, client, image, flavor, network, builders=2, prefix='load'):
        self.client, self.image, self.flavor, self.network, self.prefix = client, image, flavor, network, prefix
        self.acknowledged = {}      # server id to 'made' or 'deleted'
        self.built = []             # (when asked for, when ACTIVE, id)
        self.errors = []            # (when, id, fault) of servers that went to ERROR
        self.slow = []              # what did not come to an end in time
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._build, args=(i,), daemon=True) for i in range(builders)]
        self.threads.append(threading.Thread(target=self._list, daemon=True))

    def start(self):
        for t in self.threads:
            t.start()
        return self

    def stop(self):
        """No new work; answers when what is under way has come to its end."""
        self.stopping.set()
        for t in self.threads:
            t.join(240)

    def create(self, name, seconds=120):
        """Asks for a server until it is acknowledged: its id, or None."""
        key, end = str(uuid.uuid4()), time.monotonic() + seconds
        body = {'server': {'name': name, 'imageRef': self.image, 'flavorRef': self.flavor, 'networks': [{'uuid': self.network}]}}
        while time.monotonic() < end:
            status, document = self.client.call('POST', 'compute', '/servers', body, key)
            if status == 202:
                self.acknowledged[document['server']['id']] = 'made'
                return document['server']['id']
            if status is not None and status != 409:
                self.slow.append('create answered %s %s' % (status, document))
                return None
            time.sleep(0.5)
        self.slow.append('no create was acknowledged for %d s' % seconds)
        return None

    def settle(self, server, seconds=240):
        """Its state once it is not BUILD any more, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, document = self.client.call('GET', 'compute', '/servers/' + server)
            if status == 404:
                return 'GONE'
            if status == 200 and document['server']['status'] != 'BUILD':
                if document['server']['status'] == 'ERROR':
                    self.errors.append((time.monotonic(), server, document['server'].get('fault', {}).get('message')))
                return document['server']['status']
            time.sleep(0.3)
        self.slow.append('%s is still in BUILD after %d s' % (server, seconds))
        return None

    def delete(self, server, seconds=240):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, _ = self.client.call('DELETE', 'compute', '/servers/' + server)
            if status in (204, 404):
                self.acknowledged[server] = 'deleted'
                break
            time.sleep(0.5)
        while time.monotonic() < end:
            if self.client.call('GET', 'compute', '/servers/' + server)[0] == 404:
                return True
            time.sleep(0.3)
        self.slow.append('%s is not gone %d s after its delete' % (server, seconds))
        return False

    def _build(self, number):
        n = 0
        while not self.stopping.is_set():
            n += 1
            asked = time.monotonic()
            server = self.create('%s-%d-%d' % (self.prefix, number, n))
            if not server:
                continue
            if self.settle(server) == 'ACTIVE':
                self.built.append((asked, time.monotonic(), server))
            self.delete(server)

    def _list(self):
        while not self.stopping.wait(0.2):
            self.client.call('GET', 'compute', '/servers/detail?limit=100', timeout=10)
