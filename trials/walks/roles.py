#!/usr/bin/python3
"""A cloud whose services are in processes of their own, as docs/operators describes it. usage: roles.py ROOT FOLDER PORT

Identity is one process, the other services a second, the hypervisors (simulated) a third; each has a state folder of its
own and meets the others over HTTP and a RabbitMQ that the walk starts. The openstack client finds all of it by Identity's
catalog.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT, FOLDER, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path[:0] = [os.path.join(ROOT, 'bench')]
import engines  # noqa: E402
from client import Walk  # noqa: E402

IDENTITY, SERVICES = ('http://127.0.0.1:%d' % p for p in (PORT, PORT + 1))
APART = ('image', 'placement', 'network', 'compute')


class Process:
    """One process of the cloud: its state folder, with what its operator writes into welkin.yaml."""

    def __init__(self, name, port, yaml, *more):
        self.home = os.path.join(FOLDER, name)
        self.argv = ('up', '--port', str(port), *more)
        os.makedirs(self.home)
        with open(os.open(os.path.join(self.home, 'welkin.yaml'), os.O_WRONLY | os.O_CREAT, 0o600), 'w') as f:
            f.write(yaml)

    def welkin(self, *argv):
        done = subprocess.run([os.path.join(ROOT, 'welkin'), *argv], env=dict(os.environ, WELKIN_HOME=self.home, WELKIN_AOT='0'),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout[-2000:], flush=True)
        return done.returncode == 0

    def up(self):
        return self.welkin(*self.argv)

    def down(self):
        return self.welkin('down')


def processes(bus):
    identity = Process('identity', PORT, '\n'.join([
        'roles: identity:api,identity:worker', 'endpoint: ' + IDENTITY,
        'endpoints: {%s}' % ', '.join('%s: "%s"' % (s, SERVICES) for s in APART),
        'service_user: {password: of-the-services}', '']))
    services = Process('services', PORT + 1, '\n'.join([
        'roles: ' + ','.join('%s:api,%s:worker' % (s, s) for s in APART), 'endpoint: ' + SERVICES,
        'endpoints: {identity: "%s"}' % IDENTITY, 'bus: ' + bus, 'metadata: {shared_secret: of-the-hosts}',
        'service_user: {password: of-the-services}', '']))
    hosts = Process('hosts', PORT + 2, '\n'.join([
        'roles: compute,network-agent', 'endpoint: ' + SERVICES, 'bus: ' + bus, 'metadata: {shared_secret: of-the-hosts}', '']),
        '--simulate', '2')
    return identity, services, hosts


def asked(token, path='/image/v2/images'):
    """The status a service answers a token with."""
    request = urllib.request.Request(SERVICES + path, headers={'X-Auth-Token': token})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as e:
        return e.code


def meet(w):
    with w.chapter('three processes are one cloud'):
        urls = [e['url'] for s in w.show('catalog', 'list') for e in s['Endpoints']]
        w.check('the catalog leads to each', len(urls) == 15 and all(
            u.startswith(IDENTITY if u.endswith('/v3') else SERVICES) for u in urls), urls)
        w.until('hypervisors are up', 60, lambda: [s['State'] for s in w.show('compute', 'service', 'list', '--service', 'nova-compute')] == ['up'] * 2)
        w.until('so are their agents', 60, lambda: len([a for a in w.show('network', 'agent', 'list') if a['Alive'] in (True, ':-)')]) >= 4)


def serve(w):
    with w.chapter('image, network, server'):
        with tempfile.NamedTemporaryFile() as raw:
            raw.write(os.urandom(1 << 20))
            raw.flush()
            w.do('image', 'create', '--file', raw.name, '--disk-format', 'raw', '--public', 'roles-image')
            w.do('image', 'save', '--file', raw.name + '.back', 'roles-image')
            with open(raw.name, 'rb') as there, open(raw.name + '.back', 'rb') as back:
                w.check('it is what was sent', there.read() == back.read())
            os.unlink(raw.name + '.back')
        w.do('flavor', 'create', '--ram', '128', '--disk', '1', '--vcpus', '1', 'roles.small')
        w.do('network', 'create', 'roles-net')
        w.do('subnet', 'create', '--network', 'roles-net', '--subnet-range', '10.77.0.0/24', 'roles-subnet')
        w.do('server', 'create', '--image', 'roles-image', '--flavor', 'roles.small', '--network', 'roles-net', '--wait', 'apart')
        shown = w.show('server', 'show', 'apart')
        w.same('it is', shown['status'], 'ACTIVE')
        w.check('with an address', '10.77.0.' in str(shown['addresses']), shown['addresses'])
        w.do('server', 'stop', 'apart')
        w.until('it stops', 60, lambda: w.show('server', 'show', 'apart')['status'] == 'SHUTOFF')
        w.do('server', 'image', 'create', '--name', 'roles-snapshot', '--wait', 'apart')
        w.do('server', 'delete', '--wait', 'apart')
        w.same('no port is left', w.show('port', 'list', '--network', 'roles-net', '--device-owner', 'compute:nova'), [])
        used = [w.show('resource', 'provider', 'usage', 'show', p['uuid']) for p in w.show('resource', 'provider', 'list')]
        w.check('no allocation is left', all(u['usage'] == 0 for us in used for u in us), used)
        w.do('network', 'delete', 'roles-net')
        w.do('image', 'delete', 'roles-image', 'roles-snapshot')


def let_in(w):
    with w.chapter('who is let in, as Identity says'):
        w.do('project', 'create', 'roles-project')
        w.do('user', 'create', '--project', 'roles-project', '--password', 'roles-secret', 'roles-user')
        w.do('role', 'add', '--project', 'roles-project', '--user', 'roles-user', 'member')
        w.as_user('roles-user', 'roles-secret', 'roles-project')
        w.same('a member sees its servers', w.show('server', 'list'), [])
        w.refused(('403', 'Forbidden'), 'hypervisor', 'list')
        token = w.do('token', 'issue', '-f', 'value', '-c', 'id').strip()
        w.same('its token is good', asked(token), 200)
        w.do('token', 'revoke', token)
        w.until('revoked, it soon is not', 10, lambda: asked(token) == 401)
        w.as_user()
        w.same('what is no token is none', asked('nonsense'), 401)
        w.do('user', 'delete', 'roles-user')
        w.do('project', 'delete', 'roles-project')


def plain(w):
    """In a network of its own, where the port is free that is taken when none is said."""
    here = ['unshare', '--user', '--map-root-user', '--net', 'sh', '-c']
    if subprocess.run([*here, 'ip link set lo up'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        print('  SKIP "./welkin up" without options: no network namespace for it', flush=True)
        return
    with w.chapter('up, restart and down without any option'):
        home = Process('plain', 0, 'roles: identity:api,identity:worker\nendpoint: http://127.0.0.1:5000\n').home
        done = subprocess.run([*here, 'ip link set lo up && for c in up restart down; do "$0" $c || exit; done',
                               os.path.join(ROOT, 'welkin')], env=dict(os.environ, WELKIN_HOME=home, WELKIN_AOT='0'),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        w.same('each works', (done.returncode, done.stdout[-1500:] if done.returncode else ''), (0, ''))


def away(w, identity):
    with w.chapter('Identity is away for a while'):
        token = w.do('token', 'issue', '-f', 'value', '-c', 'id').strip()
        w.same('a token is good', asked(token), 200)
        w.check('down', identity.down())
        w.until('nobody can say who it is: 503, and no other answer', 10, lambda: asked(token) == 503)
        w.check('up', identity.up())
        w.until('good again', 20, lambda: asked(token) == 200)
        w.check('servers are listed', w.run('server', 'list')[0] == 0)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))   # ends what it began then, too
    broker = engines.RabbitMQ(os.path.join(FOLDER, 'rabbitmq'))
    there = ()
    try:
        broker.start()
        there = processes(broker.url())
        begin = time.monotonic()
        if not all(p.up() for p in there):
            print('0 passed, 1 failed, 0 skipped')
            return 1
        print('  three processes up in %.1f s' % (time.monotonic() - begin), flush=True)
        w = Walk(os.path.join(there[0].home, 'openrc'))
        meet(w)
        serve(w)
        let_in(w)
        away(w, there[0])
        plain(w)
        with w.chapter('all of them down'):
            for p in reversed(there):
                w.check('down', p.down())
        return w.end()
    except engines.Missing as e:
        print('  SKIP %s\n0 passed, 0 failed, 1 skipped' % e)
        return 0
    finally:
        for p in there:
            p.down()
        if broker.process:
            broker.stop()
        shutil.rmtree(broker.folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
