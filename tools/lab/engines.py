"""What an operator has before there is a cloud: PostgreSQL, RabbitMQ and a load balancer, of Debian's packages.

Their folders are bound to where the packages keep things, in the host's own view of the file system: other users can
reach them there, wherever the lab's state folder lies.
"""
import glob
import os
import pwd
import secrets
import signal

from host import Failed, alive, wait_until, write

PACKAGES = ('postgresql', 'rabbitmq-server', 'haproxy')


class Engine:
    """A program on a host that the lab starts, kills and looks at."""
    name = ''
    needle = ()

    def __init__(self, host):
        self.host = host
        self.log = os.path.join(host.folder, self.name + '.log')

    def pids(self):
        return self.host.pids(*self.needle)

    def kill(self):
        """kill -9; answers when it is gone."""
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(20, self.name + ' to die', lambda: not any(alive(p) for p in pids) and not self.pids())

    def _bind(self, place, owner):
        """The engine's folder, seen at place by everybody on the host."""
        folder = os.path.join(self.host.folder, self.name)
        os.makedirs(folder, exist_ok=True)
        user = pwd.getpwnam(owner)
        os.chown(folder, user.pw_uid, user.pw_gid)
        if self.host.run('mountpoint', '-q', place).returncode:
            self.host.must('mount', '--bind', folder, place)
        return folder

    def _secret(self):
        """A password kept beside the engine, made at first use."""
        path = os.path.join(self.host.folder, self.name + '.password')
        if not os.path.exists(path):
            write(path, secrets.token_urlsafe(18), 0o600)
        with open(path) as f:
            return f.read()


class PostgreSQL(Engine):
    name = 'postgresql'
    needle = ('postgres',)
    place = '/var/lib/postgresql'
    user = 'welkin'

    def __init__(self, host, size=None):
        """size: the database's disk, a file system in memory of so many MiB; None for the machine's disk."""
        super().__init__(host)
        self.size = size
        self.data = self.place + '/data'

    def program(self, name):
        found = sorted(glob.glob('/usr/lib/postgresql/*/bin/' + name))
        if not found:
            raise Failed('no PostgreSQL: package postgresql')
        return found[-1]

    def _as(self, *argv, text=None):
        return self.host.must('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', *argv, text=text, cwd='/var/lib',
                              env={'LC_ALL': 'C.UTF-8', 'HOME': self.place})

    def start(self):
        if self.size:
            if self.host.run('mountpoint', '-q', self.place).returncode:
                self.host.must('mount', '-t', 'tmpfs', '-o', 'mode=755,size=%dm' % self.size, 'tmpfs', self.place)
                self.host.must('chown', 'postgres:postgres', self.place)
        else:
            self._bind(self.place, 'postgres')
        new = self.host.run('test', '-f', self.data + '/PG_VERSION').returncode
        if new:
            self._as(self.program('initdb'), '-D', self.data, '-U', 'postgres', '-A', 'peer', '--auth-host=reject', '-E', 'UTF8',
                     '--locale=C.UTF-8')
            self._as('sh', '-c', 'printf "local all all peer\\nhost all all all scram-sha-256\\n" >"$0/pg_hba.conf"; '
                     'cat >>"$0/postgresql.conf"', self.data,
                     text="listen_addresses = '*'\nunix_socket_directories = '%s'\nmax_connections = 300\n"
                     "shared_buffers = 64MB\nlog_min_messages = warning\n" % self.place)
        self.host.start(self.log, 'setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--',
                        self.program('postgres'), '-D', self.data, env={'LC_ALL': 'C.UTF-8'})
        wait_until(60, 'PostgreSQL; its log is ' + self.log, self.answers)
        if new:
            # all services' databases are of one owner, who may make more
            self.sql("CREATE ROLE %s LOGIN CREATEDB PASSWORD '%s'" % (self.user, self._secret()))
            self.sql('CREATE DATABASE %s OWNER %s' % (self.user, self.user))

    def answers(self):
        return self.host.run(self.program('pg_isready'), '-q', '-h', self.host.address).returncode == 0

    def sql(self, statement, database='postgres'):
        """Runs it as the superuser; rows as lists of texts."""
        out = self._as(self.program('psql'), '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', self.place,
                       '-d', database, '-c', statement)
        return [line.split('\t') for line in out.splitlines() if line]

    def url(self, database=None):
        return 'postgresql://%s:%s@%s:5432/%s' % (self.user, self._secret(), self.host.name, database or self.user)


class RabbitMQ(Engine):
    name = 'rabbitmq'
    needle = ('rabbit', 'beam')
    place = '/var/lib/rabbitmq'
    home = '/usr/lib/rabbitmq/bin'
    user = 'welkin'

    def _env(self):
        return {'HOME': self.place, 'RABBITMQ_NODENAME': 'rabbit@' + self.host.name, 'RABBITMQ_MNESIA_BASE': self.place + '/mnesia',
                'RABBITMQ_LOG_BASE': self.place + '/log', 'RABBITMQ_CONFIG_FILE': self.place + '/rabbitmq',
                'RABBITMQ_ENABLED_PLUGINS_FILE': self.place + '/enabled_plugins', 'RABBITMQ_PID_FILE': self.place + '/pid',
                'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '+sbwt none +sbwtdcpu none +sbwtdio none +S 1:1', 'LC_ALL': 'C.UTF-8'}

    def _as(self, *argv):
        return ('setpriv', '--reuid=rabbitmq', '--regid=rabbitmq', '--clear-groups', '--', *argv)

    def start(self):
        if not os.path.exists(self.home):
            raise Failed('no RabbitMQ: package rabbitmq-server')
        folder = self._bind(self.place, 'rabbitmq')
        for name, text in (('rabbitmq.conf', 'listeners.tcp.default = 5672\nmanagement.tcp.ip = 0.0.0.0\nlog.console = false\n'
                            'disk_free_limit.absolute = 50MB\n'), ('enabled_plugins', '[rabbitmq_management].\n')):
            write(os.path.join(folder, name), text)
        for name in ('mnesia', 'log'):
            self.host.must('install', '-d', '-o', 'rabbitmq', '-g', 'rabbitmq', os.path.join(self.place, name))
        self.host.start(self.log, *self._as(self.home + '/rabbitmq-server'), env=self._env(), cwd=self.place)
        wait_until(90, 'RabbitMQ; its log is ' + self.log, self.answers, 0.3)
        # without its store it has forgotten its users; the default one must not stay
        users = self.ctl('list_users', '--quiet')
        if self.user not in users.split():
            self.ctl('add_user', self.user, self._secret())
            self.ctl('set_user_tags', self.user, 'administrator')
            self.ctl('set_permissions', '-p', '/', self.user, '.*', '.*', '.*')
        if 'guest' in users.split():
            self.ctl('delete_user', 'guest')

    def ctl(self, *argv):
        return self.host.must(*self._as(self.home + '/rabbitmqctl', '--timeout', '30', *argv), env=self._env(), cwd=self.place)

    def answers(self):
        try:
            return self.host.run('python3', '-c', 'import socket; s = socket.create_connection(("127.0.0.1", 5672), 2);'
                                 's.sendall(b"AMQP\\0\\0\\x09\\x01"); s.settimeout(3); assert s.recv(1)').returncode == 0
        except Failed:
            return False

    def kill(self):
        super().kill()
        for pid in self.host.pids('epmd'):
            os.kill(pid, signal.SIGKILL)

    def forget(self):
        """Empties its store; it must not run."""
        self.host.must('rm', '-rf', self.place + '/mnesia')

    def url(self):
        return 'amqp://%s:%s@%s:5672/' % (self.user, self._secret(), self.host.name)

    def management(self):
        return 'http://%s:%s@%s:15672' % (self.user, self._secret(), self.host.name)


class LoadBalancer(Engine):
    """haproxy in front of the control hosts: asks each whether it is well, and sends requests only to those."""
    name = 'haproxy'
    needle = ('haproxy', '-f')

    def start(self, port, servers):
        config = os.path.join(self.host.folder, 'haproxy.cfg')
        write(config, 'global\n  maxconn 4096\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 3s\n  timeout client 120s\n'
              '  timeout server 120s\n  retries 2\n  option redispatch\n  option http-server-close\n'
              '  retry-on conn-failure empty-response\n'
              'frontend cloud\n  bind :%d\n  default_backend control\n'
              'backend control\n  balance roundrobin\n  option forwardfor\n  option httpchk GET /v3\n'
              '  default-server check inter 500ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down\n' % port +
              ''.join('  server %s %s:%d\n' % (s.name, s.name, port) for s in servers))
        self.host.start(self.log, 'haproxy', '-db', '-f', config)
        wait_until(10, 'haproxy; its log is ' + self.log, lambda: self.pids(), 0.05)
