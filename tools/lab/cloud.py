"""The cloud in the lab: what each host's configuration says, and Welkin's own processes there."""
import os
import secrets
import signal
import urllib.error
import urllib.request

from host import Failed, alive, wait_until, write

ROLES = {'control': 'api,worker', 'compute': 'compute,network-agent', 'network': 'network-agent'}

# what control hosts share, as they would a folder of a file server: images, and the keys that seal tokens
SHARED = ('images', 'fernet-keys', 'credential-keys')

JAVA_OPTS = '-XX:-UsePerfData'   # its files would lie in the machine's /tmp, by pids of another namespace

# heap of a JVM in MiB: agents alone need little
HEAP = {'control': 256, 'compute': 96, 'network': 96}


class Process:
    """Welkin on one host, with a state folder of its own on that host's disk."""

    def __init__(self, lab, host):
        self.lab = lab
        self.host = host
        self.kind = host.name.split('-')[0]
        self.home = os.path.join(host.folder, 'welkin')
        self.log = os.path.join(self.home, 'log', 'welkin.log')
        self.env = {'WELKIN_HOME': self.home, 'WELKIN_AOT': os.environ.get('WELKIN_AOT', '1'),
                    'JAVA_HOME': os.environ.get('JAVA_HOME', ''), 'WELKIN_HEAP': '%dm' % HEAP[self.kind],
                    'WELKIN_JAVA_OPTS': JAVA_OPTS, 'PATH': os.environ['PATH']}

    def clock(self, ahead):
        """Its clock from the next start on: so many seconds ahead of the machine's.

        The program takes its clock from one place, which a property sets ahead. libfaketime would do it from outside,
        but makes the JVM's start ten times slower; kernel time namespaces do not cover the time of day.
        """
        self.env['WELKIN_JAVA_OPTS'] = JAVA_OPTS + (' -Dwelkin.clock.ahead=%d' % ahead if ahead else '')

    def pids(self):
        return self.host.pids('java', 'serve --home ' + self.home + ' ')

    def welkin(self, *argv, timeout=180):
        return self.host.must(os.path.join(self.lab.root, 'welkin'), *argv, env=self.env, cwd=self.lab.root, timeout=timeout)

    def start(self):
        """./welkin up, there; as the last time when it was started before."""
        if self.pids():
            return
        os.makedirs(self.home, exist_ok=True)
        if self.kind == 'control':
            self._share()
        self.configure()
        self.welkin('up', '--roles', ROLES[self.kind], '--listen', '0.0.0.0', '--port', str(self.lab.port))

    def kill(self, sign=signal.SIGKILL):
        """kill -9; answers when it is gone."""
        pids = self.pids()
        for pid in pids:
            os.kill(pid, sign)
        wait_until(60, 'Welkin on %s to end' % self.host.name, lambda: not any(alive(p) for p in pids))

    def _share(self):
        for name in SHARED:
            shared, here = os.path.join(self.lab.folder, 'shared', name), os.path.join(self.home, name)
            for folder in (shared, here):
                os.makedirs(folder, mode=0o700, exist_ok=True)
            if self.host.run('mountpoint', '-q', here).returncode:
                self.host.must('mount', '--bind', shared, here)

    def configure(self):
        lab = self.lab
        lines = ['# written by ./welkin lab', 'endpoint: ' + lab.endpoint(), 'bus: ' + self._bus(),
                 'metadata: {shared_secret: %s}' % lab.secret('metadata'),
                 'host: {tunnel_ip: %s}' % self.host.address]
        network = {'agent_down_time': 20}
        if self.kind == 'control':
            lines.append('database: ' + lab.database.url())
        if self.kind == 'compute':
            network['agents'] = 'l2'
        if self.kind == 'network':
            network['bridge_mappings'] = '%s:%s' % (lab.physical, lab.bridge)
        lines.append('network: {%s}' % ', '.join('%s: %s' % p for p in network.items()))
        lines += lab.settings.get(self.kind, [])
        write(os.path.join(self.home, 'welkin.yaml'), '\n'.join(lines) + '\n', 0o600)

    def _bus(self):
        """Services have the broker's whole virtual host; a hypervisor or network host only what is its own."""
        if self.kind == 'control':
            return self.lab.broker.url()
        with open(self.credential()) as f:
            return f.read().strip()

    def credential(self):
        """The file of this host's bus credential, made at first use."""
        path = os.path.join(self.host.folder, 'bus.url')
        if not os.path.exists(path):
            write(path, self.lab.host_credential(self.host.name), 0o600)
        return path


def answers(url, timeout=2):
    """Whether an HTTP server there says 200."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def secret(path):
    """A secret kept in a file, made at first use."""
    if not os.path.exists(path):
        write(path, secrets.token_urlsafe(24), 0o600)
    with open(path) as f:
        return f.read()


__all__ = ['Failed', 'Process', 'answers', 'secret']
