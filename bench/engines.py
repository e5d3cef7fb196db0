"""A PostgreSQL and a RabbitMQ of a measurement's own: in a folder of its own, on ports of its own, ended by process id."""
import glob
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time


class Missing(Exception):
    """Something that a measurement needs is not installed or did not start."""


def free_port(low=26000):
    for port in range(low, 32000):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
    raise Missing('no free port')


def wait_until(seconds, what, state, process=None):
    end = time.monotonic() + seconds
    while not state():
        if process is not None and process.poll() is not None:
            raise Missing('%s ended' % what)
        if time.monotonic() > end:
            raise Missing('%s did not start within %d s' % (what, seconds))
        time.sleep(0.1)


def accepts(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


def end(process):
    if process is not None and process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class PostgreSQL:
    name = 'postgresql'

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port(26000)
        self.password = secrets.token_urlsafe(18)
        self.process = None
        # it refuses to run as root
        self.user = pwd.getpwnam('postgres') if os.getuid() == 0 else None

    def _program(self, name):
        found = sorted(glob.glob('/usr/lib/postgresql/*/bin/' + name))
        if not found:
            raise Missing('PostgreSQL is not installed (Debian: postgresql)')
        return found[-1]

    def _who(self):
        return {'user': self.user.pw_uid, 'group': self.user.pw_gid, 'extra_groups': []} if self.user else {}

    def start(self):
        initdb, postgres = self._program('initdb'), self._program('postgres')
        os.makedirs(self.folder, mode=0o755)
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        word = os.path.join(self.folder, 'word')
        with open(word, 'w') as f:
            f.write(self.password + '\n')
        if self.user:
            os.chown(word, self.user.pw_uid, self.user.pw_gid)
        data = os.path.join(self.folder, 'data')
        log = open(os.path.join(self.folder, 'log'), 'w')
        subprocess.run([initdb, '-D', data, '-U', 'welkin', '-A', 'scram-sha-256', '--pwfile', word, '-E', 'UTF8', '--locale=C.UTF-8'],
                       check=True, stdout=log, stderr=log, cwd='/', **self._who())
        os.unlink(word)
        self.process = subprocess.Popen(
            [postgres, '-D', data, '-p', str(self.port), '-k', self.folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=300',
             *os.environ.get('WELKIN_SCALE_POSTGRES', '').split()],
            stdout=log, stderr=log, cwd='/', start_new_session=True, **self._who())
        env = dict(os.environ, PGPASSWORD=self.password)
        at = ['-h', '127.0.0.1', '-p', str(self.port), '-U', 'welkin']
        wait_until(60, 'PostgreSQL', lambda: subprocess.run(
            [self._program('pg_isready'), '-q', *at], env=env).returncode == 0, self.process)
        subprocess.run([self._program('createdb'), *at, 'welkin'], check=True, env=env)

    def url(self):
        return 'postgresql://welkin:%s@127.0.0.1:%d/welkin' % (self.password, self.port)

    def version(self):
        return subprocess.run([self._program('postgres'), '--version'], capture_output=True, text=True).stdout.split()[2]

    def stop(self):
        end(self.process)


class RabbitMQ:
    name = 'rabbitmq'
    home = '/usr/lib/rabbitmq/bin/'

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port(27000)
        self.password = secrets.token_urlsafe(18)
        self.process = self.epmd = None

    def start(self):
        if not os.path.exists(self.home + 'rabbitmq-server') or not shutil.which('epmd'):
            raise Missing('RabbitMQ is not installed (Debian: rabbitmq-server)')
        for d in ('home', 'data', 'log'):
            os.makedirs(os.path.join(self.folder, d))
        def path(name):
            return os.path.join(self.folder, name)
        with open(os.open(path('rabbitmq.conf'), os.O_WRONLY | os.O_CREAT, 0o600), 'w') as f:
            f.write('listeners.tcp.1 = 127.0.0.1:%d\ndefault_user = welkin\ndefault_pass = %s\nlog.file = false\nlog.console = true\n'
                    % (self.port, self.password))
        with open(path('plugins'), 'w') as f:
            f.write('[].\n')
        with open(os.open(path('home/.erlang.cookie'), os.O_WRONLY | os.O_CREAT, 0o400), 'w') as f:
            f.write(secrets.token_hex(10))
        log = open(path('log/out'), 'w')
        epmd = free_port(28000)
        self.epmd = subprocess.Popen(['epmd', '-port', str(epmd), '-address', '127.0.0.1'], stdout=log, stderr=log, start_new_session=True)
        env = {k: v for k, v in os.environ.items() if not k.startswith(('RABBITMQ_', 'ERL_'))}
        env.update(HOME=path('home'), ERL_EPMD_PORT=str(epmd), RUNNING_UNDER_SYSTEMD='true',
                   RABBITMQ_NODENAME='welkin-%d@localhost' % self.port, RABBITMQ_DIST_PORT=str(free_port(29000)),
                   RABBITMQ_CONFIG_FILE=path('rabbitmq.conf'), RABBITMQ_CONF_ENV_FILE='/dev/null', RABBITMQ_MNESIA_BASE=path('data'),
                   RABBITMQ_LOG_BASE=path('log'), RABBITMQ_ENABLED_PLUGINS_FILE=path('plugins'), RABBITMQ_PID_FILE=path('pid'),
                   RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+sbwt none +sbwtdcpu none +sbwtdio none '
                                                       '-kernel inet_dist_use_interface {127,0,0,1}')
        self.process = subprocess.Popen([self.home + 'rabbitmq-server'], stdout=log, stderr=log, env=env, start_new_session=True)
        wait_until(90, 'RabbitMQ', lambda: accepts(self.port), self.process)

    def url(self):
        return 'amqp://welkin:%s@127.0.0.1:%d/' % (self.password, self.port)

    def version(self):
        found = glob.glob('/usr/lib/rabbitmq/lib/rabbitmq_server-*')
        return found[0].rsplit('-', 1)[1] if found else '?'

    def stop(self):
        end(self.process)
        end(self.epmd)
