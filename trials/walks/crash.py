#!/usr/bin/python3
"""kill -9 of the whole program while servers are being built and deleted, many times. usage: crash.py ROOT [TIMES]

The cloud of WELKIN_HOME is up, with simulated hosts. After each kill and start: every server is ACTIVE, ERROR with a
reason, or gone; nothing belongs to a server that is gone; counts agree; and a create that is sent again with its
Idempotency-Key made one server. At the end all are deleted and nothing at all is left.
"""
import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error

ROOT, TIMES = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
HOME = os.environ['WELKIN_HOME']
sys.path.insert(0, os.path.join(ROOT, 'tools'))
from rest import Cloud, Refused, openrc  # noqa: E402

GONE = (urllib.error.URLError, OSError, http.client.HTTPException, ValueError)     # the program died under a request


class Crash:
    def __init__(self):
        self.passed, self.failed = 0, 0
        self.random = random.Random(7)
        self.lost = []            # creates that got no answer: (name, key)

    def check(self, title, good, detail=''):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print('  FAIL %s: %s' % (title, detail), flush=True)

    # ---- what the servers are made of
    def prepare(self):
        self.cloud = c = Cloud(openrc(os.path.join(HOME, 'openrc')))
        image = c.post('image', '/v2/images', {'name': 'crash', 'disk_format': 'raw', 'container_format': 'bare'})
        blank = os.path.join(HOME, 'blank.raw')
        with open(blank, 'wb') as f:
            f.truncate(1 << 20)
        c.upload(image['id'], blank)
        self.image = image['id']
        self.flavor = c.post('compute', '/flavors', {'flavor': {'name': 'crash', 'ram': 64, 'disk': 1, 'vcpus': 1}})['flavor']['id']
        self.network = c.post('network', '/v2.0/networks', {'network': {'name': 'crash'}})['network']['id']
        c.post('network', '/v2.0/subnets', {'subnet': {'network_id': self.network, 'ip_version': 4, 'cidr': '10.50.0.0/16'}})
        c.put('compute', '/os-quota-sets/' + c.project, {'quota_set': {'instances': -1, 'cores': -1, 'ram': -1}})
        c.put('network', '/v2.0/quotas/' + c.project, {'quota': {'port': -1}})
        self.ports_before = self.ports()

    def create(self, name, key):
        return self.cloud.post('compute', '/servers', {'server': {
            'name': name, 'imageRef': self.image, 'flavorRef': self.flavor, 'networks': [{'uuid': self.network}]}},
            headers={'Idempotency-Key': key})['server']['id']

    def servers(self):
        return self.cloud.get('compute', '/servers/detail?limit=1000')['servers']

    def ports(self):
        ports = self.cloud.get("network", "/v2.0/ports?project_id=" + self.cloud.project)["ports"]
        # a network's own DHCP port counts for nobody: a full quota must not keep a network from working
        return {p["id"]: p["device_id"] for p in ports if p["device_owner"] != "network:dhcp"}

    # ---- one crash
    def work(self, turn, stop):
        """Makes and deletes until the program dies."""
        n = 0
        while not stop.is_set():
            name = 'crash-%d-%s-%d' % (turn, threading.current_thread().name, n)
            n += 1
            try:
                made = self.create(name, 'key-' + name)
                if n % 3 == 0:
                    self.cloud.delete('compute', '/servers/' + made)
            except Refused as e:
                if e.status >= 500:
                    self.check('no server error while it works', False, e)
            except GONE:
                if not stop.is_set():
                    self.lost.append((name, 'key-' + name))
                return

    def crash(self, turn):
        stop = threading.Event()
        workers = [threading.Thread(target=self.work, args=(turn, stop), name=str(i), daemon=True) for i in range(4)]
        for w in workers:
            w.start()
        time.sleep(self.random.uniform(0.02, 1.2))      # the moment is the point
        with open(os.path.join(HOME, 'run', 'welkin.pid')) as f:
            pid = int(f.read())
        os.kill(pid, signal.SIGKILL)
        for w in workers:
            w.join(20)
        stop.set()
        begin = time.monotonic()
        up = subprocess.run([os.path.join(ROOT, 'welkin'), 'up'], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.check('up after crash %d' % turn, up.returncode == 0, up.stderr[-500:])
        if up.returncode:
            sys.exit(self.end())
        self.cloud = Cloud(openrc(os.path.join(HOME, 'openrc')))
        for name, key in self.lost:
            try:
                first, again = self.create(name, key), self.create(name, key)
                self.check('a create sent again answers the same server', first == again, name)
            except Refused as e:
                self.check('a create sent again is accepted', False, e)
        names = [name for name, _ in self.lost]
        self.lost = []
        self.settle(turn)
        alive = [s['name'] for s in self.servers()]
        self.check('one server per name', all(alive.count(n) <= 1 for n in names), names)
        return time.monotonic() - begin

    def settle(self, turn):
        end = time.monotonic() + 60
        while True:
            servers = self.servers()
            moving = [s for s in servers if s['status'] not in ('ACTIVE', 'ERROR') or s.get('OS-EXT-STS:task_state')]
            if not moving or time.monotonic() > end:
                break
            time.sleep(0.2)
        self.check('settled after crash %d' % turn, not moving, [(s['name'], s['status'], s.get('OS-EXT-STS:task_state')) for s in moving][:5])
        bad = [s for s in servers if s['status'] == 'ERROR']
        self.check('an ERROR has its reason', all(s.get('fault', {}).get('message') for s in bad), [s['name'] for s in bad])
        self.consistent('after crash %d' % turn)

    def consistent(self, when):
        """Every allocation, port and count belongs to a server that exists. Deletes may still be under way: asked until so."""
        end = time.monotonic() + 30
        while True:
            wrong = self.drift()
            if not wrong or time.monotonic() > end:
                break
            time.sleep(0.5)
        self.check('consistent ' + when, not wrong, '; '.join(wrong))

    def drift(self):
        c, wrong = self.cloud, []
        servers = self.servers()
        alive = {s['id'] for s in servers}
        claimed = set()
        for rp in c.get('placement', '/resource_providers')['resource_providers']:
            claimed |= set(c.get('placement', '/resource_providers/%s/allocations' % rp['uuid'])['allocations'])
        if claimed - alive:
            wrong.append('%d allocations of servers that are gone' % len(claimed - alive))
        active = {s['id'] for s in servers if s['status'] == 'ACTIVE'}
        if active - claimed:
            wrong.append('%d ACTIVE servers without an allocation' % len(active - claimed))
        ports = self.ports()
        owners = {d for p, d in ports.items() if p not in self.ports_before and not d.startswith('dhcp')}
        if owners - alive:
            wrong.append('ports of what is gone: %s' % list(owners - alive)[:3])
        if active - owners:
            wrong.append('%d ACTIVE servers without a port' % len(active - owners))
        used = c.get('compute', '/limits')['limits']['absolute']['totalInstancesUsed']
        if used != len(servers):
            wrong.append('quota counts %d servers, there are %d' % (used, len(servers)))
        counted = c.get('network', '/v2.0/quotas/%s/details.json' % c.project)['quota']['port']['used']
        if counted != len(ports):
            wrong.append('quota counts %d ports, there are %d' % (counted, len(ports)))
        return wrong

    def end(self):
        print('%d passed, %d failed, 0 skipped' % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0

    def run(self):
        self.prepare()
        for turn in range(TIMES):
            took = self.crash(turn)
            print('  crash %2d: back and consistent after %.1f s, %d servers' % (turn + 1, took, len(self.servers())), flush=True)
            if len(self.servers()) > 150:
                self.remove_all()
        self.remove_all()
        self.check('no server is left', not self.servers())
        left = {d for p, d in self.ports().items() if p not in self.ports_before and not d.startswith('dhcp')}
        self.check('no port is left', not left, left)
        self.consistent('at the end')
        return self.end()

    def remove_all(self):
        for server in self.servers():
            try:
                self.cloud.delete('compute', '/servers/' + server['id'])
            except Refused as e:
                self.check('delete', e.status == 404, e)
        end = time.monotonic() + 60
        while self.servers() and time.monotonic() < end:
            time.sleep(0.2)


if __name__ == '__main__':
    sys.exit(Crash().run())
