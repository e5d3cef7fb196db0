#!/usr/bin/env python3
"""A cloud of a thousand simulated hypervisors on this machine, on a real PostgreSQL and a real RabbitMQ, under load.

Starts the engines, control processes (api,worker) and agent processes (compute,network-agent with simulated hosts), then
  cycles  boots a server with a port, waits until it is ACTIVE, deletes it and waits until it is gone: --cycles times,
          --clients at once, each client with a network and a security group of its own, as a tenant has
  keep    boots until --keep servers exist
  list    GET /servers/detail?limit=1000, page after page, by 1 client and by 8
and tells rates, latencies, CPU time by part and the memory of all processes. Everything it started ends with it.
"""
import argparse
import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(ROOT, 'tools')]
import engines  # noqa: E402
import load  # noqa: E402
import rest  # noqa: E402

CLK = os.sysconf('SC_CLK_TCK')


def ms(seconds):
    return '%.1f' % (seconds * 1000)


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))] if values else float('nan')


# ------------------------------------------------------------------------------------------ processes
class Part:
    """Processes that are counted together: a root and all that descends from it."""

    def __init__(self, name, roots, alone=False):
        self.name, self.roots, self.alone = name, roots, alone

    def pids(self, table):
        mine = set(self.roots)
        grew = not self.alone
        while grew:
            more = {p for p, (parent, _) in table.items() if parent in mine} - mine
            mine |= more
            grew = bool(more)
        return mine & set(table)

    def cpu(self, table):
        return sum(table[p][1] for p in self.pids(table))

    def pss(self, table):
        total = 0.0
        for p in self.pids(table):
            try:
                with open('/proc/%d/smaps_rollup' % p) as f:
                    total += sum(int(line.split()[1]) for line in f if line.startswith('Pss:')) / 1024
            except OSError:
                pass
        return total


def processes():
    """pid -> (parent, CPU seconds with those of its ended children)."""
    table = {}
    for p in os.listdir('/proc'):
        if p.isdigit():
            try:
                with open('/proc/%s/stat' % p) as f:
                    s = f.read()
            except OSError:
                continue
            f = s[s.rindex(')') + 2:].split()
            table[int(p)] = (int(f[1]), sum(int(x) for x in f[11:15]) / CLK)
    return table


def machine():
    """CPU seconds of the whole machine since it started: working, stolen by the host it runs on, idle."""
    with open('/proc/stat') as f:
        user, nice, system, idle, wait, irq, soft, stolen = (int(x) / CLK for x in f.readline().split()[1:9])
    return user + nice + system + irq + soft, stolen, idle + wait


# ------------------------------------------------------------------------------------------ the cloud
class Pace:
    """When to look whether something happened, shared by all clients: about half of the first looks should find it. A client
    that asks all the time measures itself, and so does one that waits for as long as it waited before."""

    def __init__(self):
        self.expected = 0.05

    async def until(self, happened, limit=120):
        """Looks until happened() says so; the seconds that took, or None when it did not within the limit."""
        begun, pause, first = time.monotonic(), self.expected, True
        while True:
            await asyncio.sleep(max(0.01, pause))
            found = await happened()
            took = time.monotonic() - begun
            if found:
                self.expected += -self.expected / 20 if first else (took - self.expected) / 8
                return took
            if took > limit:
                return None
            pause, first = max(0.02, self.expected / 4), False


class Scale:
    def __init__(self, args):
        self.args = args
        self.work = tempfile.mkdtemp(prefix='welkin-scale.', dir=args.tmp)
        os.chmod(self.work, 0o755)
        self.database = engines.PostgreSQL(os.path.join(self.work, 'postgresql'))
        self.broker = engines.RabbitMQ(os.path.join(self.work, 'rabbitmq'))
        self.homes = []
        self.parts = []
        self.rows = []
        self.others = {}

    def say(self, text):
        print('%6.1f s  %s' % (time.monotonic() - self.begun, text), flush=True)

    def start(self):
        self.begun = time.monotonic()
        self.database.start()
        self.broker.start()
        self.say('PostgreSQL %s and RabbitMQ %s run' % (self.database.version(), self.broker.version()))
        port = engines.free_port(25000)
        shared = {'bus': self.broker.url(), 'endpoint': 'http://127.0.0.1:%d' % port,
                  'metadata': {'shared_secret': secrets.token_urlsafe(18)}}
        control = self.up('control', 'api,worker', port, self.args.control_heap, dict(shared, database=self.database.url()))
        self.say('the control process is ready')
        agents, left = [], self.args.hosts
        for i in range(self.args.agents):
            share = left // (self.args.agents - i)
            left -= share
            agents.append(self.up('agent-%d' % (i + 1), 'compute,network-agent', engines.free_port(port + 1 + i), self.args.agent_heap,
                                  dict(shared, simulated={'prefix': 'sim-%d-' % (i + 1)}), '--simulate', str(share)))
        self.parts = [Part('control', [control]), Part('agents', agents), Part('PostgreSQL', [self.database.process.pid]),
                      Part('RabbitMQ', [self.broker.process.pid]), Part('this client', [os.getpid()], alone=True)]
        self.cloud = rest.Cloud(rest.openrc(os.path.join(self.homes[0], 'openrc')))
        engines.wait_until(120, 'all hypervisors', lambda: self.hypervisors() >= self.args.hosts)
        self.say('%d hypervisors are up' % self.args.hosts)

    def up(self, name, roles, port, heap, config, *more):
        home = os.path.join(self.work, name)
        os.makedirs(home)
        with open(os.open(os.path.join(home, 'welkin.yaml'), os.O_WRONLY | os.O_CREAT, 0o600), 'w') as f:
            json.dump(config, f)      # JSON is YAML
        self.homes.append(home)
        r = subprocess.run([os.path.join(ROOT, 'welkin'), 'up', '--roles', roles, '--port', str(port), *more],
                           env=dict(os.environ, WELKIN_HOME=home, WELKIN_HEAP=heap), capture_output=True, text=True)
        if r.returncode:
            raise engines.Missing('%s did not start: %s' % (name, (r.stdout + r.stderr).strip()))
        with open(os.path.join(home, 'run', 'welkin.pid')) as f:
            return int(f.read())

    def hypervisors(self):
        return sum(s['state'] == 'up' for s in self.cloud.get('compute', '/os-services?binary=nova-compute')['services'])

    def stop(self):
        for what in (signal.SIGINT, signal.SIGTERM):    # who is impatient must not leave processes behind
            signal.signal(what, signal.SIG_IGN)
        for home in reversed(self.homes):
            subprocess.run([os.path.join(ROOT, 'welkin'), 'down'], env=dict(os.environ, WELKIN_HOME=home), capture_output=True)
        self.broker.stop()
        self.database.stop()
        if self.args.leave:
            print('left as it was: ' + self.work)
        else:
            shutil.rmtree(self.work, ignore_errors=True)

    # -------------------------------------------------------------------------------------- work
    def prepare(self):
        c = self.cloud
        c.put('compute', '/os-quota-sets/' + c.project, {'quota_set': {'instances': -1, 'cores': -1, 'ram': -1, 'force': True}})
        c.put('network', '/v2.0/quotas/' + c.project, {'quota': {
            'port': -1, 'network': -1, 'subnet': -1, 'security_group': -1, 'security_group_rule': -1}})
        image = c.post('image', '/v2/images', {'name': 'bench', 'disk_format': 'raw', 'container_format': 'bare'})
        with tempfile.NamedTemporaryFile() as f:
            f.truncate(1 << 20)
            c.upload(image['id'], f.name)
        flavor = c.post('compute', '/flavors', {'flavor': {'name': 'bench', 'ram': 64, 'disk': 1, 'vcpus': 1}})['flavor']
        # as many tenants would: a group whose members are all servers there are would be told to every host
        self.image, self.flavor, self.networks = image['id'], flavor['id'], []
        for i in range(self.args.clients):
            n = c.post('network', '/v2.0/networks', {'network': {'name': 'bench-%d' % i}})['network']['id']
            c.post('network', '/v2.0/subnets', {'subnet': {
                'network_id': n, 'ip_version': 4, 'cidr': '10.%d.0.0/16' % i, 'enable_dhcp': False}})
            self.networks.append(n)
            group = c.post('network', '/v2.0/security-groups', {'security_group': {'name': 'bench-%d' % i}})['security_group']['id']
            c.post('network', '/v2.0/security-group-rules', {'security_group_rule': {
                'security_group_id': group, 'direction': 'ingress', 'remote_group_id': group}})

    async def client(self, i, work):
        ep = load.Endpoint(self.cloud.endpoints['compute'])
        conn = load.Conn(ep.host, ep.port)
        try:
            await work(i, ep, conn)
        finally:
            conn.close()

    async def call(self, ep, conn, method, path, body=None):
        return await conn.request(method, ep.path + path, {
            'X-Auth-Token': self.cloud.token, 'OpenStack-API-Version': 'compute 2.90'}, body)

    async def boot(self, i, ep, conn):
        """Boots a server and waits for it; answers its id, the seconds to the 202 and to ACTIVE."""
        begun = time.monotonic()
        status, _, body = await self.call(ep, conn, 'POST', '/servers', {'server': {
            'name': 'bench', 'imageRef': self.image, 'flavorRef': self.flavor, 'networks': [{'uuid': self.networks[i]}],
            'security_groups': [{'name': 'bench-%d' % i}]}})
        if status != 202:
            raise load.HttpError('boot: %d %s' % (status, body[:200]))
        server, accepted = json.loads(body)['server']['id'], time.monotonic() - begun

        async def active():
            _, _, body = await self.call(ep, conn, 'GET', '/servers/' + server)
            state = json.loads(body)['server']
            if state['status'] == 'ERROR':
                raise load.HttpError('server %s is in ERROR: %s' % (server, state.get('fault')))
            return state['status'] == 'ACTIVE'
        if await self.coming.until(active) is None:
            raise load.HttpError('server %s does not come' % server)
        return server, accepted, time.monotonic() - begun

    async def gone(self, ep, conn, server):
        begun = time.monotonic()
        status, _, body = await self.call(ep, conn, 'DELETE', '/servers/' + server)
        if status != 204:
            raise load.HttpError('delete: %d %s' % (status, body[:200]))

        async def absent():
            status, _, _ = await self.call(ep, conn, 'GET', '/servers/' + server)
            return status == 404
        if await self.leaving.until(absent) is None:
            raise load.HttpError('server %s does not go' % server)
        return time.monotonic() - begun

    async def crowd(self, total, work):
        """work(client, endpoint, connection) until it was done total times; answers seconds and failures."""
        left, failures = [total], []

        async def one(i, ep, conn):
            while left[0] > 0:
                left[0] -= 1
                try:
                    await work(i, ep, conn)
                except (load.HttpError, OSError, asyncio.IncompleteReadError, ValueError, KeyError) as e:
                    failures.append(repr(e))
                    conn.close()
        begun = time.monotonic()
        await asyncio.gather(*(self.client(i, one) for i in range(self.args.clients)))
        return time.monotonic() - begun, failures

    async def cycles(self, total):
        booted, deleted, accepted = [], [], []

        async def cycle(i, ep, conn):
            server, first, took = await self.boot(i, ep, conn)
            accepted.append(first)
            booted.append(took)
            deleted.append(await self.gone(ep, conn, server))
        return await self.crowd(total, cycle) + (accepted, booted, deleted)

    async def keep(self, total):
        booted, accepted = [], []

        async def one(i, ep, conn):
            _, first, took = await self.boot(i, ep, conn)
            accepted.append(first)
            booted.append(took)
        return await self.crowd(total, one) + (accepted, booted)

    async def pages(self, clients, seconds):
        """Lists everything again and again; answers times of pages and of whole lists, and how many servers a list had."""
        times, lists, counts, failures = [], [], [], []

        async def one(i, ep, conn):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                marker, seen, begun = '', 0, time.monotonic()
                while True:
                    t = time.monotonic()
                    status, _, body = await self.call(ep, conn, 'GET', '/servers/detail?limit=1000' + marker)
                    times.append(time.monotonic() - t)
                    if status != 200:
                        failures.append('list: %d %s' % (status, body[:200]))
                        return
                    # parsing megabytes in this client would be measured as the cloud's latency: others wait for it
                    n = body.count(b'"hostId":')
                    following = re.search(rb'[?&]marker=([0-9a-f-]{36})', body[-1000:])
                    seen += n
                    if n < 1000 or not following:
                        break
                    marker = '&marker=' + following.group(1).decode()
                lists.append(time.monotonic() - begun)
                counts.append(seen)
        await asyncio.gather(*(self.client(i, one) for i in range(clients)))
        return times, lists, counts, failures

    # -------------------------------------------------------------------------------------- figures
    def measured(self, what, n, run):
        before, begun = processes(), machine()
        cpu = {p.name: p.cpu(before) for p in self.parts}
        result = asyncio.run(run)
        after, (busy, stolen, idle) = processes(), (b - a for a, b in zip(begun, machine()))
        spent = {p.name: p.cpu(after) - cpu[p.name] for p in self.parts}
        # a rate says little about a machine that somebody else uses or that is not there all the time
        self.others[what] = tuple(100 * x / (busy + stolen + idle) for x in (max(0, busy - sum(spent.values())), stolen))
        self.say('%s: CPU seconds %s' % (what, ', '.join('%s %.1f' % kv for kv in spent.items())))
        return result, spent

    def per(self, spent, n):
        return ' | '.join('%.1f' % (1000 * spent[p] / max(1, n)) for p in ('control', 'agents', 'PostgreSQL', 'RabbitMQ'))

    def run(self):
        a = self.args
        self.coming, self.leaving = Pace(), Pace()
        self.start()
        self.prepare()
        asyncio.run(self.cycles(a.warm))
        self.say('warmed up with %d cycles' % a.warm)
        rows = ['| work | done | failed | rate /s | p50 ms | p95 ms | p99 ms | control CPU ms | agents CPU ms | PostgreSQL CPU ms | RabbitMQ CPU ms |',
                '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|']

        def row(what, times, failed, seconds, cpu):
            rows.append('| %s | %d | %d | %.1f | %s | %s | %s | %s |' % (
                what, len(times), failed, len(times) / seconds, ms(quantile(times, .5)), ms(quantile(times, .95)),
                ms(quantile(times, .99)), cpu))
            print(rows[-1], flush=True)
        none = ' | '.join([''] * 4)
        failures = []
        _, spent = self.measured('idle', a.seconds, asyncio.sleep(a.seconds))
        rows.append('| idle, each second | %d | | | | | | %s |' % (a.seconds, self.per(spent, a.seconds)))
        print(rows[-1], flush=True)
        (took, failed, accepted, booted, deleted), spent = self.measured('cycles', a.cycles, self.cycles(a.cycles))
        failures += failed
        row('boot to ACTIVE and delete to 404, %d clients' % a.clients, [b + d for b, d in zip(booted, deleted)], len(failed), took,
            self.per(spent, len(deleted)))
        row('- of it the 202', accepted, 0, took, none)
        row('- of it boot to ACTIVE', booted, 0, took, none)
        row('- of it delete to 404', deleted, 0, took, none)
        if a.keep:
            (took, failed, accepted, booted), spent = self.measured('keep', a.keep, self.keep(a.keep))
            failures += failed
            row('boot %d that stay' % a.keep, booted, len(failed), took, self.per(spent, len(booted)))
            for clients in (1, 8):
                (times, lists, counts, failed), spent = self.measured('list by %d' % clients, a.seconds, self.pages(clients, a.seconds))
                failures += failed
                row('GET servers/detail?limit=1000 of %d, %d client%s' % (max(counts or [0]), clients, 's' * (clients > 1)), times,
                    len(failed), a.seconds, self.per(spent, len(times)))
                rows.append('| - all pages, one after the other | %d | | | %s | %s | %s | %s |' % (
                    len(lists), ms(quantile(lists, .5)), ms(quantile(lists, .95)), ms(quantile(lists, .99)), none))
        table = processes()
        memory = [(p.name, len(p.pids(table)), p.pss(table)) for p in self.parts[:-1]]
        rows += [''] + ['During "%s" others used %.0f %% of the CPUs, and %.0f %% were stolen by the host of this virtual machine.' % (
            (what,) + of) for what, of in self.others.items()]
        rows += ['', '| part | processes | PSS MiB |', '|---|---:|---:|']
        rows += ['| %s | %d | %.0f |' % m for m in memory]
        rows += ['| all | %d | %.0f |' % (sum(m[1] for m in memory), sum(m[2] for m in memory))]
        for f in failures[:5]:
            self.say('failed: ' + f)
        self.say('%d of %d hypervisors are up' % (self.hypervisors(), a.hosts))
        text = '\n'.join(rows) + '\n'
        print('\n' + text)
        if a.out:
            with open(a.out, 'w') as f:
                f.write('%d simulated hypervisors in %d processes, one control process (heap %s), PostgreSQL %s, RabbitMQ %s.\n\n%s' % (
                    a.hosts, a.agents, a.control_heap, self.database.version(), self.broker.version(), text))
        return 1 if failures else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--hosts', type=int, default=1000, help='simulated hypervisors')
    p.add_argument('--agents', type=int, default=3, help='processes they are in')
    p.add_argument('--clients', type=int, default=50, help='servers in flight')
    p.add_argument('--warm', type=int, default=5000, help='cycles before the measurement: a program that just started compiles itself meanwhile')
    p.add_argument('--cycles', type=int, default=2000)
    p.add_argument('--keep', type=int, default=10000, help='servers that stay and are listed; 0 for none')
    p.add_argument('--seconds', type=int, default=15, help='of listing')
    p.add_argument('--control-heap', default='768m')
    p.add_argument('--agent-heap', default='256m')
    p.add_argument('--tmp', help='where the state folder goes')
    p.add_argument('--out', help='writes the tables here')
    p.add_argument('--leave', action='store_true', help='keeps the state folder, with the logs')
    scale = Scale(p.parse_args())

    def stopped(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, stopped)
    try:
        return scale.run()
    except engines.Missing as e:
        print('cannot measure: %s' % e, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        scale.stop()


if __name__ == '__main__':
    sys.exit(main())
