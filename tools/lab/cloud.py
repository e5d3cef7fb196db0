"""The cloud in the lab: what each host's configuration says, and Welkin's own processes there."""
import os
import secrets
import signal
import urllib.error
import urllib.request

from host import Failed, alive, wait_until, write

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
        self.prepare()
        self.welkin('up', '--listen', '0.0.0.0', '--port', str(self.lab.port))

    def kill(self, sign=signal.SIGKILL):
        """kill -9; answers when it is gone."""
        pids = self.pids()
        for pid in pids:
            os.kill(pid, sign)
        wait_until(60, 'Welkin on %s to end' % self.host.name, lambda: not any(alive(p) for p in pids))

    def prepare(self):
        """Its state folder and welkin.yaml: a control host's is written here, a host's by ./welkin init-host, as an operator would."""
        os.makedirs(self.home, exist_ok=True)
        lab, path = self.lab, os.path.join(self.home, 'welkin.yaml')
        if self.kind != 'control':
            if not os.path.exists(path):
                write(path, lab.init_host(self.host, self.kind == 'network'), 0o600)
            return
        images = os.path.join(lab.folder, 'images')     # a file server's folder, seen by both control hosts
        os.makedirs(images, mode=0o700, exist_ok=True)
        self._cluster_key()
        write(path, '\n'.join([
            '# written by ./welkin lab', 'roles: api,worker', 'endpoint: ' + lab.endpoint(), 'database: ' + lab.database.url(),
            'bus: ' + lab.broker.url(), 'metadata: {shared_secret: %s}' % lab.secret('metadata'),
            'glance_store: {filesystem_store_datadir: %s}' % images,
            # so that a trial need not wait a minute until somebody is taken for dead
            'network: {agent_down_time: 30}', 'DEFAULT: {service_down_time: 30}']) + '\n', 0o600)

    def _cluster_key(self):
        """The first control host made it; an operator copies it to the others."""
        first, here = (os.path.join(p.home, 'cluster.key') for p in (self.lab.processes['control-1'], self))
        if os.path.exists(first) and not os.path.exists(here):
            with open(first) as f:
                write(here, f.read(), 0o600)


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
