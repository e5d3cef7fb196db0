"""The lab: which hosts there are, how they are joined, and what runs where."""
import concurrent.futures
import ipaddress
import json
import os
import re
import shutil
import time

from cloud import Process, answers, secret
from engines import LoadBalancer, MariaDB, PostgreSQL, RabbitMQ
from host import Failed, Host, wait_until, write
from wire import Switch

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONTROL, COMPUTE = ('control-1', 'control-2'), ('compute-1', 'compute-2', 'compute-3')
INFRA = 'infra-1'
ENGINES = {'postgresql': PostgreSQL, 'mariadb': MariaDB}
PORT = 5000
PHYSICAL, BRIDGE = 'external', 'br-ex'


def step(title, work):
    """Does it and says how long it took."""
    begin = time.monotonic()
    answer = work()
    print('  ok   %-56s %6.1f s' % (title, time.monotonic() - begin), flush=True)
    return answer


def together(*works):
    """Does all of them at once; the first failure is raised when all have ended."""
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        return [f.result() for f in [pool.submit(w) for w in works]]


class Lab:
    """A lab in a state folder. Whatever it knows is found again in that folder and in the kernel."""

    root, port, physical, bridge = ROOT, PORT, PHYSICAL, BRIDGE

    def __init__(self, home, wire='10.213.0.0/24', outside='172.24.213.0/24'):
        self.folder = os.path.join(os.path.abspath(home), 'lab')
        self.wire = ipaddress.ip_network(os.environ.get('WELKIN_LAB_WIRE', wire))
        self.outside = ipaddress.ip_network(os.environ.get('WELKIN_LAB_OUTSIDE', outside))
        self.switch = Switch(self.folder)
        self.desk = os.path.join(self.folder, 'desk')
        self.network, self.hosts, self.processes = (), {}, {}
        for names, first in (((INFRA,), 10), (CONTROL, 11), (COMPUTE, 21)):
            for i, name in enumerate(names):
                self._host(name, first + i)
        infra = self.hosts[INFRA]
        shape = self._shape()
        self.database = ENGINES[shape['database']](infra)
        self.broker = RabbitMQ(infra)
        self.balancer = LoadBalancer(infra)
        self._network_hosts(shape['networks'])

    def _host(self, name, number):
        self.hosts[name] = Host(self.folder, name, str(self.wire[number]))
        if name != INFRA:
            self.processes[name] = Process(self, self.hosts[name])

    def _network_hosts(self, count):
        self.network = tuple('network-%d' % (i + 1) for i in range(count))
        for i, name in enumerate(self.network):
            if name not in self.hosts:
                self._host(name, 31 + i)

    # ---- what it was asked to be
    def _shape(self):
        path = os.path.join(self.folder, 'shape.json')
        shape = {'database': 'postgresql', 'networks': 1, 'shared': False}
        if os.path.exists(path):
            with open(path) as f:
                shape.update(json.load(f))
        return shape

    def shape(self, database=None, networks=None, shared=False):
        """
        Its engine and where disks lie, which stay what they were at first, and how many network hosts, which may become more;
        kept for later.
        """
        shape = self._shape()
        if database and database != shape['database']:
            if os.path.exists(self.hosts[INFRA].folder):
                raise Failed('this lab is on %s; another WELKIN_HOME holds another lab' % shape['database'])
            shape['database'] = database
            self.database = ENGINES[database](self.hosts[INFRA])
        if shared and not shape['shared']:
            if os.path.exists(self.hosts[COMPUTE[0]].folder):
                raise Failed('disks of this lab lie on each hypervisor; another WELKIN_HOME holds another lab')
            shape['shared'] = True
        shape['networks'] = max(networks or 0, shape['networks'])
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        write(os.path.join(self.folder, 'shape.json'), json.dumps(shape) + '\n')
        self._network_hosts(shape['networks'])

    def names(self):
        """/etc/hosts of every host: the wire's names and no others."""
        lines = ['127.0.0.1 localhost', '::1 localhost']
        lines += ['%s %s%s' % (h.address, h.name, ' cloud' if h.name == INFRA else '') for h in self.hosts.values()]
        return '\n'.join(lines) + '\n'

    def endpoint(self):
        """Where clients go: an address, since the machine does not know the lab's names."""
        return 'http://%s:%d' % (self.hosts[INFRA].address, PORT)

    def secret(self, name):
        return secret(os.path.join(self.folder, name + '.secret'))

    def init_host(self, host, network):
        """The welkin.yaml of a new host, with a bus credential of its own: ./welkin init-host beside the broker."""
        text = self.hosts[INFRA].must(
            os.path.join(self.root, 'welkin'), 'init-host', host.name, '--tunnel-ip', host.address, '--node', 'rabbit@' + INFRA,
            '--rabbitmqctl', '/usr/sbin/rabbitmqctl', *(['--network-host'] if network else []),
            env={'WELKIN_HOME': self.processes[CONTROL[0]].home, 'PATH': os.environ['PATH'],
                 'JAVA_HOME': os.environ.get('JAVA_HOME', '')})
        self.broker.keep_agent(host.name, re.search(r'^bus: (.*)$', text, re.M).group(1))
        if self._shape()['shared'] and not network:
            text = text.replace('tunnel_ip: %s}' % host.address, 'tunnel_ip: %s, instances_path: %s}' % (host.address, self.instances()))
        return text.replace('external:BRIDGE', '%s:%s' % (PHYSICAL, BRIDGE))

    def instances(self):
        """A file server's folder for the disks of all guests, which every hypervisor mounts."""
        path = os.path.join(self.folder, 'instances')
        os.makedirs(path, mode=0o755, exist_ok=True)
        return path

    # ---- up and down
    def power(self, name):
        """Powers one host on and plugs it in."""
        host = self.hosts[name]
        if host.pid():
            return
        try:
            host.on(self.names())
            self.switch.plug(host, self.wire.prefixlen)
            if name in self.network:
                self.switch.plug_outside(host, BRIDGE)
        except Failed:
            host.off()      # half a host would be taken for a whole one the next time
            raise

    def wire_up(self):
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        self.switch.on('%s/%d' % (self.wire[254], self.wire.prefixlen), '%s/%d' % (self.outside[1], self.outside.prefixlen))
        for name, host in self.hosts.items():
            if host.pid():
                write(os.path.join(host.folder, 'etc-hosts'), self.names())     # a host may be new
            self.power(name)

    def up(self):
        """Everything, found or started; says how long each took."""
        step('wire and %d hosts' % len(self.hosts), self.wire_up)
        step('%s and RabbitMQ' % type(self.database).__name__, lambda: together(self.database.start, self.broker.start))
        step('load balancer', lambda: self.balancer.start(PORT, [self.hosts[n] for n in CONTROL]))
        # the first control host makes the schemas, the administrator and the keys that the others find
        step('control-1', self.processes['control-1'].start)
        step('configuration and bus credential of each host', self.init_hosts)
        step('all other hosts', lambda: together(*[p.start for n, p in self.processes.items() if n != 'control-1']))
        step('the cloud answers at ' + self.endpoint(), self.well)
        self.credentials()

    def init_hosts(self):
        """Made once, kept for later starts."""
        together(*[p.prepare for p in self.processes.values() if p.kind != 'control'])

    def well(self):
        wait_until(60, self.endpoint(), lambda: answers(self.endpoint() + '/v3'), 0.2)

    def credentials(self):
        """openrc and clouds.yaml where a person looks for them; control-1 made them."""
        os.makedirs(self.desk, exist_ok=True)
        for name in ('openrc', 'clouds.yaml'):
            shutil.copy(os.path.join(self.processes['control-1'].home, name), os.path.join(self.desk, name))

    def down(self):
        """Cuts everybody's power at once. Disks stay."""
        together(*[h.off for h in self.hosts.values()])
        self.switch.off()

    def status(self):
        for name, host in self.hosts.items():
            runs = []
            if host.pid():
                if name == INFRA:
                    runs = [e.name for e in (self.database, self.broker, self.balancer) if e.pids()]
                elif self.processes[name].pids():
                    runs = ['welkin ' + self.processes[name].kind]
                guests = len(host.pids('qemu-system'))
                runs += ['%d guests' % guests] if guests else []
            print('%-12s %-14s %-4s %s' % (name, host.address, 'on' if host.pid() else 'off', ', '.join(runs)))
        return 0 if any(h.pid() for h in self.hosts.values()) else 3


__all__ = ['Failed', 'Lab', 'step', 'together']
