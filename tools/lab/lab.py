"""The lab: which hosts there are, how they are joined, and what runs where."""
import concurrent.futures
import ipaddress
import os
import re
import shutil
import time

from cloud import Process, answers, secret
from engines import LoadBalancer, PostgreSQL, RabbitMQ
from host import Failed, Host, wait_until
from wire import Switch

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONTROL, COMPUTE, NETWORK = ('control-1', 'control-2'), ('compute-1', 'compute-2', 'compute-3'), ('network-1',)
INFRA = 'infra-1'
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
        self.hosts = {}
        for names, first in (((INFRA,), 10), (CONTROL, 11), (COMPUTE, 21), (NETWORK, 31)):
            for i, name in enumerate(names):
                self.hosts[name] = Host(self.folder, name, str(self.wire[first + i]))
        infra = self.hosts[INFRA]
        self.database = PostgreSQL(infra)
        self.broker = RabbitMQ(infra)
        self.balancer = LoadBalancer(infra)
        self.processes = {n: Process(self, self.hosts[n]) for n in CONTROL + COMPUTE + NETWORK}
        self.desk = os.path.join(self.folder, 'desk')

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
        return text.replace('external:BRIDGE', '%s:%s' % (PHYSICAL, BRIDGE))

    # ---- up and down
    def power(self, name):
        """Powers one host on and plugs it in."""
        host = self.hosts[name]
        if host.pid():
            return
        try:
            host.on(self.names())
            self.switch.plug(host, self.wire.prefixlen)
            if name in NETWORK:
                self.switch.plug_outside(host, BRIDGE)
        except Failed:
            host.off()      # half a host would be taken for a whole one the next time
            raise

    def wire_up(self):
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        self.switch.on('%s/%d' % (self.wire[254], self.wire.prefixlen), '%s/%d' % (self.outside[1], self.outside.prefixlen))
        for name in self.hosts:
            self.power(name)

    def up(self):
        """Everything, found or started; says how long each took."""
        step('wire and %d hosts' % len(self.hosts), self.wire_up)
        step('PostgreSQL and RabbitMQ', lambda: together(self.database.start, self.broker.start))
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
