"""The lab: which hosts there are, how they are joined, and what runs where."""
import concurrent.futures
import ipaddress
import os
import time

from engines import LoadBalancer, PostgreSQL, RabbitMQ
from host import Host
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

    def __init__(self, home, wire='10.213.0.0/24', outside='172.24.213.0/24', database_size=None):
        self.folder = os.path.join(os.path.abspath(home), 'lab')
        self.wire = ipaddress.ip_network(os.environ.get('WELKIN_LAB_WIRE', wire))
        self.outside = ipaddress.ip_network(os.environ.get('WELKIN_LAB_OUTSIDE', outside))
        self.switch = Switch(self.folder)
        self.hosts = {}
        for names, first in (((INFRA,), 10), (CONTROL, 11), (COMPUTE, 21), (NETWORK, 31)):
            for i, name in enumerate(names):
                self.hosts[name] = Host(self.folder, name, str(self.wire[first + i]))
        infra = self.hosts[INFRA]
        self.database = PostgreSQL(infra, database_size)
        self.broker = RabbitMQ(infra)
        self.balancer = LoadBalancer(infra)

    def names(self):
        """/etc/hosts of every host: the wire's names and no others."""
        lines = ['127.0.0.1 localhost', '::1 localhost']
        lines += ['%s %s%s' % (h.address, h.name, ' cloud' if h.name == INFRA else '') for h in self.hosts.values()]
        return '\n'.join(lines) + '\n'

    def endpoint(self):
        """Where clients go: an address, since the machine does not know the lab's names."""
        return 'http://%s:%d' % (self.hosts[INFRA].address, PORT)

    def power(self, name):
        """Powers one host on and plugs it in."""
        host = self.hosts[name]
        if host.pid():
            return
        host.on(self.names())
        self.switch.plug(host, self.wire.prefixlen)
        if name in NETWORK:
            self.switch.plug_outside(host, BRIDGE)

    def wire_up(self):
        os.makedirs(self.folder, exist_ok=True)
        self.switch.on('%s/%d' % (self.wire[254], self.wire.prefixlen), '%s/%d' % (self.outside[1], self.outside.prefixlen))
        for name in self.hosts:
            self.power(name)

    def down(self):
        """Cuts everybody's power at once. Disks stay."""
        together(*[h.off for h in self.hosts.values()])
        self.switch.off()

    def on(self):
        return [h.name for h in self.hosts.values() if h.pid()]
