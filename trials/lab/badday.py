#!/usr/bin/python3
"""Bad days in the lab, each with numbers. usage: badday.py ROOT [NAME...]

The lab of WELKIN_HOME is up with quickstart's things in it. Under a steady load of creates, deletes and lists a part is
killed, cut off or filled up, and comes back. Counted are requests refused and failed, the seconds until the cloud
answers and builds again, and what was lost or is left over.
"""
import json
import os
import signal
import subprocess
import sys
import time

ROOT = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(ROOT, 'tools', 'lab'), os.path.join(ROOT, 'tools')]
import invariants  # noqa: E402
from lab import Lab, together  # noqa: E402
from load import BROKEN, OK, REFUSED, RUDE, Client, Load  # noqa: E402
from ping import Ping  # noqa: E402
from rest import Cloud, Refused, openrc  # noqa: E402

WARM, AFTER = 8, 10     # seconds of load before the fault and after the cloud is well


class Days:
    def __init__(self, lab):
        self.lab = lab
        self.cloud = Cloud(openrc(os.path.join(lab.desk, 'openrc')))
        self.passed, self.failed, self.rows = 0, 0, []

    def check(self, title, good, detail=''):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print('  FAIL %s: %s' % (title, detail), flush=True)
        return good

    # ---- what the load needs
    def prepare(self):
        c = self.cloud

        def first(service, path, key, name, body):
            found = [t for t in c.get(service, path)[key] if t['name'] == name]
            return found[0]['id'] if found else body()
        blank = os.path.join(self.lab.desk, 'blank.raw')
        with open(blank, 'wb') as f:
            f.truncate(1 << 20)

        def image():
            made = c.post('image', '/v2/images', {'name': 'blank', 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'public'})
            c.upload(made['id'], blank)
            return made['id']
        self.image = first('image', '/v2/images', 'images', 'blank', image)
        self.flavor = first('compute', '/flavors', 'flavors', 'blank', lambda: c.post(
            'compute', '/flavors', {'flavor': {'name': 'blank', 'ram': 64, 'disk': 0, 'vcpus': 1}})['flavor']['id'])

        def network():
            made = c.post('network', '/v2.0/networks', {'network': {'name': 'load'}})['network']['id']
            c.post('network', '/v2.0/subnets', {'subnet': {'network_id': made, 'ip_version': 4, 'cidr': '10.60.0.0/16'}})
            return made
        self.net = first('network', '/v2.0/networks', 'networks', 'load', network)
        c.put('compute', '/os-quota-sets/' + c.project, {'quota_set': {'instances': -1, 'cores': -1, 'ram': -1}})
        c.put('network', '/v2.0/quotas/' + c.project, {'quota': {'port': -1}})
        addresses = c.get('network', '/v2.0/floatingips')['floatingips']
        self.guest = next((f['floating_ip_address'] for f in addresses if f['port_id']), None)

    # ---- one bad day
    def day(self, name, title, fault, repair, hold=0, well=10, settle=90):
        """fault() breaks something; after hold seconds repair() brings it back (or nothing needs to)."""
        print('== %s: %s' % (name, title), flush=True)
        client = Client(self.cloud.endpoints, self.cloud.token)
        load = Load(client, self.image, self.flavor, self.net, prefix=name).start()
        ping = Ping(self.guest) if self.guest else None
        time.sleep(WARM)
        before = client.since(0)
        if not self.check('%s: the load ran before the fault' % name, any(o[2] == OK for o in before) and load.built or hold,
                          before[-3:]):
            print([o for o in before if o[2] != OK][:5])
        broke = time.monotonic()
        fault()
        time.sleep(hold)
        repair()
        back = time.monotonic()
        answers = self.until(lambda: self.quiet(client, back), 60)
        probe = self.until(lambda: any(asked >= broke and active >= back for asked, active, _ in load.built), 120)
        time.sleep(AFTER)
        load.stop()
        sent, lost_pings = ping.end() if ping else (0, 0)
        during = client.since(broke)
        count = {k: sum(o[2] == k for o in during) for k in (OK, REFUSED, RUDE, BROKEN)}
        lost = self.lost(load)
        left = self.until(lambda: not invariants.broken(self.lab), settle, every=2) is None and invariants.broken(self.lab) or []
        row = {'day': name, 'requests': len(during), 'refused': count[REFUSED], 'failed': count[RUDE] + count[BROKEN],
               'fault_s': round(back - broke, 1), 'answers_s': answers, 'builds_s': probe, 'pings': sent, 'pings_lost': lost_pings,
               'errors': len(load.errors), 'lost': len(lost), 'left': len(left)}
        self.rows.append(row)
        for title, seen in (('rude', RUDE), ('broken', BROKEN)):
            examples = sorted({(o[1], o[4][:160]) for o in during if o[2] == seen})[:4]
            for e in examples:
                print('       %s: %s %s' % (title, *e), flush=True)
        for e in load.errors[:3]:
            print('       in ERROR: %s %s' % e[1:], flush=True)
        print('  %s' % json.dumps(row), flush=True)
        self.check(name + ': the cloud answers within %d s' % well, answers is not None and answers <= well, answers)
        self.check(name + ': it builds again', probe is not None, load.slow[:3])
        self.check(name + ': nothing is stuck', not load.slow, load.slow[:3])
        self.check(name + ': nothing acknowledged is lost', not lost, lost[:3])
        self.check(name + ': nothing is left over', not left, '\n       '.join(left))
        return row

    @staticmethod
    def until(what, seconds, every=0.1):
        """Seconds until it is so, or None."""
        begin = time.monotonic()
        while True:
            if what():
                return round(time.monotonic() - begin, 1)
            if time.monotonic() - begin > seconds:
                return None
            time.sleep(every)

    @staticmethod
    def quiet(client, since):
        """Five answers in a row."""
        last = client.since(since)[-5:]
        return len(last) == 5 and all(o[2] == OK for o in last)

    def lost(self, load):
        """Servers that were acknowledged and are not there, or were acknowledged as deleted and are."""
        servers = {s['id'] for s in self.cloud.get('compute', '/servers?limit=1000')['servers']}
        return [s for s, what in load.acknowledged.items() if (what == 'made') != (s in servers)]

    # ---- the days
    def control(self, name, host):
        p = self.lab.processes[host]
        self.day(name, 'kill -9 of %s on %s, started again after 5 s' % ('the API and worker process', host), p.kill, p.start, hold=5)

    def api(self):
        self.control('api', 'control-2')

    def worker(self):
        self.control('worker', 'control-1')

    def compute(self):
        p = self.lab.processes['compute-1']
        self.day('compute', 'kill -9 of the agent of compute-1, started again after 5 s', p.kill, p.start, hold=5)

    def network(self):
        name = self.players()[0]
        p = self.lab.processes[name]
        row = self.day('network', 'kill -9 of the agent of %s, started again after 10 s' % name, p.kill, p.start, hold=10)
        # a start that takes longer than agent_down_time lets another network host, when there is one, have the routers
        moved = self.players() != [name]
        print('       its routers %s' % ('went to another host meanwhile' if moved else 'stayed'), flush=True)
        self.check('guest traffic does not stop', moved or row['pings_lost'] == 0, row['pings_lost'])

    def broker(self):
        b = self.lab.broker
        self.day('broker', 'kill -9 of RabbitMQ, started again with an empty store', b.kill, lambda: (b.forget(), b.start()), hold=5)

    def database(self):
        d = self.lab.database
        self.day('database', 'kill -9 of %s, started again after 5 s' % type(d).__name__, d.kill, d.start, hold=5)

    def cut(self):
        name = self.vacant()
        host = self.lab.hosts[name]
        self.day('cut', name + ' off the wire for a minute', lambda: self.lab.switch.cut(host), lambda: self.lab.switch.mend(host),
                 hold=60)

    def fence(self):
        """A host cut off for so long that its server is evacuated; it comes back with the guest still running."""
        name = self.vacant()
        host, stray = self.lab.hosts[name], self.stray(name)
        self.day('fence', name + ' off the wire until its server lives elsewhere, then back', lambda: self.lab.switch.cut(host),
                 lambda: (self.evacuate(stray, name), self.lab.switch.mend(host)))
        self.buried(stray, host)

    def dead(self):
        """The power of a hypervisor is cut; its server is evacuated; the host is powered on again."""
        name = self.vacant()
        host, stray = self.lab.hosts[name], self.stray(name)
        self.day('dead', 'the power of %s cut, its server evacuated, the host on again' % name, host.off,
                 lambda: (self.evacuate(stray, name), self.lab.power(name), self.lab.processes[name].start()))
        self.buried(stray, host)

    def vacant(self):
        """A hypervisor without the guest that is pinged."""
        taken = {s['OS-EXT-SRV-ATTR:host'] for s in self.cloud.get('compute', '/servers/detail')['servers']}
        return next(n for n, p in sorted(self.lab.processes.items()) if p.kind == 'compute' and n not in taken)

    def stray(self, host):
        """A server on that host."""
        server = self.cloud.post('compute', '/servers', {'server': {
            'name': 'stray', 'imageRef': self.image, 'flavorRef': self.flavor, 'networks': [{'uuid': self.net}],
            'availability_zone': 'nova:' + host}})['server']['id']
        self.check('a server on ' + host, self.until(lambda: self.server(server)['status'] == 'ACTIVE', 60) is not None)
        return server

    def server(self, server):
        return self.cloud.get('compute', '/servers/' + server)['server']

    def evacuate(self, server, host):
        def down():
            services = self.cloud.get('compute', '/os-services?binary=nova-compute')['services']
            return next(s['state'] for s in services if s['host'] == host) == 'down'
        print('       down after %s s' % self.until(down, 120, 0.5), flush=True)
        self.cloud.post('compute', '/servers/%s/action' % server, {'evacuate': {}}, version='2.68')

        def elsewhere():
            now = self.server(server)
            return now['status'] == 'ACTIVE' and now['OS-EXT-SRV-ATTR:host'] != host
        took = self.until(elsewhere, 90, 0.5)
        print('       evacuated in %s s' % took, flush=True)
        self.check('its server lives elsewhere', took is not None, self.server(server)['status'])

    def buried(self, server, host):
        """On the host that came back the guest ends."""
        took = self.until(lambda: server not in invariants.guests(host), 60, 0.5)
        print('       its old guest is gone %s s later' % took, flush=True)
        self.check('no server twice', took is not None)
        self.cloud.delete('compute', '/servers/' + server)
        self.until(lambda: not any(s['id'] == server for s in self.cloud.get('compute', '/servers')['servers']), 60)

    def clocks(self):
        """One control host and one hypervisor 30 s ahead of the others."""
        def ahead(offset):
            def turn():
                for name in ('control-2', 'compute-3'):
                    p = self.lab.processes[name]
                    p.kill(signal.SIGTERM)
                    p.clock(offset)
                    p.start()
            return turn
        self.day('clocks', 'control-2 and compute-3 30 s ahead', ahead(30), lambda: None, hold=20)
        ahead(0)()

    def full(self):
        """The file system of the database full, then room again."""
        d = self.lab.database
        d.onto_disk_of(600)
        try:
            self.day('full', "the database's disk full for 20 s", d.fill, d.empty, hold=20)
        finally:
            d.back()

    def l3_agents(self):
        """Network host to the id of its L3 agent."""
        return {a['host']: a['id'] for a in self.cloud.get('network', '/v2.0/agents')['agents'] if a['agent_type'] == 'L3 agent'}

    def players(self):
        """The network hosts that have routers."""
        return [h for h, a in sorted(self.l3_agents().items()) if self.cloud.get('network', '/v2.0/agents/%s/l3-routers' % a)['routers']]

    def player_of_two(self):
        """The network host that has the routers, when there is another that could."""
        if len(self.lab.network) < 2:
            self.lab.shape(networks=2)
            self.lab.up()
        self.check('a second network host', self.until(lambda: len(self.l3_agents()) > 1, 30) is not None)
        return self.players()[0]

    def handover(self):
        """The agent of a network host, which itself passes packets all the time, is away until another host has its routers."""
        name = self.player_of_two()
        p = self.lab.processes[name]

        def moved():
            took = self.until(lambda: self.players() not in ([name], []), 120, 0.5)
            print('       another network host plays the router after %s s' % took, flush=True)
            self.check('another network host plays the router', took is not None, self.players())
            time.sleep(5)
            p.start()
        row = self.day('handover', 'kill -9 of the agent of %s until another host has its routers, then back' % name, p.kill, moved)
        self.check('guest traffic hardly notices', row['pings_lost'] <= 5, row['pings_lost'])
        self.check('one host plays the router', len(self.players()) == 1, self.players())

    def router(self):
        """The power of a network host is cut for good until another has its routers; then it is back."""
        name = self.player_of_two()
        host = self.lab.hosts[name]

        def reaches():
            return subprocess.run(['ping', '-c', '1', '-W', '1', self.guest], capture_output=True).returncode == 0

        def rescue():
            took = self.until(reaches, 120, 0.2)
            print('       the floating IP answers again after %s s' % took, flush=True)
            self.check('another network host plays the router', took is not None and self.players() != [name], self.players())
            self.lab.power(name)
            self.lab.processes[name].start()
        self.day('router', 'the power of %s cut, its routers with another network host, the host on again' % name, host.off, rescue)
        self.check('one host plays the router', len(self.players()) == 1, self.players())
        self.check('the floating IP answers', reaches())

    NAMES = ('api', 'worker', 'compute', 'network', 'broker', 'database', 'cut', 'fence', 'dead', 'clocks', 'full', 'handover', 'router')

    def end(self):
        print()
        columns = list(self.rows[0]) if self.rows else []
        print('| ' + ' | '.join(columns) + ' |')
        print('|' + '---|' * len(columns))
        for row in self.rows:
            print('| ' + ' | '.join(str(row[c]) for c in columns) + ' |')
        print('%d passed, %d failed, 0 skipped' % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0


def main(names):
    days = Days(Lab(os.environ['WELKIN_HOME']))
    unknown = [n for n in names if n not in Days.NAMES]
    if unknown:
        print('no trial %s; there are %s' % (unknown, ', '.join(Days.NAMES)), file=sys.stderr)
        return 2
    days.prepare()
    for name in names or Days.NAMES:
        getattr(days, name)()
    return days.end()


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[2:]))
    except Refused as e:
        print('  FAIL %s' % e)
        print('0 passed, 1 failed, 0 skipped')
        sys.exit(1)
