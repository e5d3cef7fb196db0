"""What an operator has before there is a cloud: PostgreSQL or MariaDB, RabbitMQ and a load balancer, of Debian's packages.

Their folders are bound to where the packages keep things, in the host's own view of the file system: other users can
reach them there, wherever the lab's state folder lies.
"""
import base64
import glob
import hashlib
import json
import os
import pwd
import re
import secrets
import signal
import threading
import time
import urllib.parse

from host import Failed, alive, wait_until, write

PACKAGES = ('postgresql', 'rabbitmq-server', 'haproxy')


LOCK = threading.Lock()


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

    def _folder(self):
        return os.path.join(self.host.folder, self.name)

    def _bind(self, place, owner):
        """The engine's folder, seen at place by everybody on the host."""
        folder = self._folder()
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


class Database(Engine):
    """What both have: a folder that can be moved to a file system of its own, and that filled."""
    place = owner = ''
    user = 'welkin'

    def onto_disk_of(self, mib):
        """Moves it onto a file system of its own of so many MiB, in memory; must run, and runs again."""
        self.stop()
        self.host.must('mount', '-t', 'tmpfs', '-o', 'mode=755,size=%dm' % mib, 'tmpfs', self.place)
        self.host.must('sh', '-c', 'cp -a "$0/." "$1/" && chown "$2:$2" "$1"', self._folder(), self.place, self.owner, timeout=300)
        self.start()

    def back(self):
        """Moves it back to where its data was."""
        self.stop()
        self.host.must('sh', '-c', 'rm -rf "$0/data" && cp -a "$1/data" "$0/" && umount "$1"', self._folder(), self.place, timeout=300)
        self.start()

    def fill(self):
        """Leaves no room on its file system, nor in what it holds in reserve: it comes to feel it."""
        room = int(self.host.must('df', '--output=avail', '-k', self.place).split()[-1]) - 8192
        self.host.must('fallocate', '-l', '%dk' % room, self.place + '/ballast')
        self.use_up()
        self.host.run('sh', '-c', 'cat /dev/zero >>"$0/ballast"', self.place)

    def empty(self):
        """Makes room again, and starts it if that ended it."""
        self.host.must('rm', '-f', self.place + '/ballast')
        time.sleep(1)   # it may be just about to end
        self.start()


class PostgreSQL(Database):
    name = 'postgresql'
    needle = ('postgres',)
    place, owner = '/var/lib/postgresql', 'postgres'

    def __init__(self, host):
        super().__init__(host)
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
        self._bind(self.place, 'postgres')
        if self.pids():
            return
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

    def stop(self):
        """An orderly end."""
        pids = self.pids()
        self._as(self.program('pg_ctl'), 'stop', '-D', self.data, '-m', 'fast', '-t', '60')
        wait_until(10, 'PostgreSQL to end', lambda: not any(alive(p) for p in pids))

    def use_up(self):
        """Writes into its log until it feels that there is no room: it holds some in reserve."""
        try:
            self.sql("DO $$ BEGIN FOR i IN 1..60 LOOP PERFORM pg_logical_emit_message(false, 'fill', repeat('x', 4000000)); "
                     "END LOOP; END $$")
        except Failed:
            pass    # that was wanted

    def answers(self):
        return self.host.run(self.program('pg_isready'), '-q', '-h', self.host.address).returncode == 0

    def sql(self, statement, database='postgres'):
        """Runs it as the superuser; rows as lists of texts."""
        out = self._as(self.program('psql'), '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-h', self.place,
                       '-d', database, '-c', statement)
        return [line.split('\t') for line in out.splitlines() if line]

    now = '(extract(epoch FROM now()) * 1000000)'

    def ask(self, statement):
        """Rows of a statement over the services' tables."""
        return self.sql(statement, self.user)

    @staticmethod
    def place_of(service):
        """What stands before the dot of a service's table."""
        return service

    @staticmethod
    def number(column, member):
        """A whole number out of a column of JSON."""
        return "(%s::json->>'%s')::bigint" % (column, member)

    def url(self):
        return 'postgresql://%s:%s@%s:5432/%s' % (self.user, self._secret(), self.host.name, self.user)


class MariaDB(Database):
    name = 'mariadb'
    needle = ('mariadbd',)
    place, owner = '/var/lib/mysql', 'mysql'

    def start(self):
        if not os.path.exists('/usr/sbin/mariadbd'):
            raise Failed('no MariaDB: package mariadb-server')
        self._bind(self.place, 'mysql')
        if self.pids():
            return
        new = self.host.run('test', '-d', self.place + '/data/mysql').returncode
        if new:
            self.host.must('mariadb-install-db', '--no-defaults', '--user=mysql', '--datadir=%s/data' % self.place,
                           '--auth-root-authentication-method=socket', '--skip-test-db')
        self.host.start(self.log, 'mariadbd', '--no-defaults', '--user=mysql', '--datadir=%s/data' % self.place,
                        '--socket=%s/sock' % self.place, '--bind-address=0.0.0.0', '--skip-name-resolve', '--max-connections=300',
                        '--character-set-server=utf8mb4')
        wait_until(60, 'MariaDB; its log is ' + self.log, self.answers)
        if new:
            self.sql("CREATE USER %s IDENTIFIED BY '%s'" % (self.user, self._secret()))
            self.sql('GRANT ALL ON `%s\\_%%`.* TO %s' % (self.user, self.user))

    def stop(self):
        """An orderly end."""
        pids = self.pids()
        self.host.must('mariadb-admin', '--no-defaults', '--socket=%s/sock' % self.place, 'shutdown')
        wait_until(60, 'MariaDB to end', lambda: not any(alive(p) for p in pids))

    def use_up(self):
        """Writes until no table space may grow."""
        self.sql('CREATE DATABASE fill; CREATE TABLE fill.room (x LONGBLOB)')
        try:
            self.sql("INSERT INTO room SELECT repeat('x', 500000) FROM seq_1_to_1000", 'fill')
        except Failed as e:
            if 'full' not in str(e) and self.answers():     # that was wanted
                raise

    def empty(self):
        super().empty()
        self.sql('DROP DATABASE IF EXISTS fill')

    def answers(self):
        return self.host.run('mariadb-admin', '--no-defaults', '--socket=%s/sock' % self.place, 'ping').returncode == 0

    def sql(self, statement, database=None):
        """Runs it as the administrator; rows as lists of texts."""
        out = self.host.must('mariadb', '--no-defaults', '--socket=%s/sock' % self.place, '-N', '-B', *([database] if database else []),
                             '-e', statement)
        return [line.split('\t') for line in out.splitlines() if line]

    now = '(unix_timestamp(now(6)) * 1000000)'

    def ask(self, statement):
        """Rows of a statement over the services' tables."""
        return self.sql(statement)

    def place_of(self, service):
        """What stands before the dot of a service's table."""
        return '%s_%s' % (self.user, service)

    @staticmethod
    def number(column, member):
        """A whole number out of a column of JSON."""
        return "cast(json_value(%s, '$.%s') AS integer)" % (column, member)

    def url(self):
        return 'mariadb://%s:%s@%s:3306/%s' % (self.user, self._secret(), self.host.name, self.user)


class RabbitMQ(Engine):
    name = 'rabbitmq'
    needle = ('rabbit', 'beam')
    place = '/var/lib/rabbitmq'
    home = '/usr/lib/rabbitmq/bin'
    user = 'welkin'

    def env(self):
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
        if self.pids():
            return
        for name, text in (('rabbitmq.conf', 'listeners.tcp.default = 5672\nlog.console = false\n'
                            'disk_free_limit.absolute = 50MB\nload_definitions = %s/definitions.json\n' % self.place),
                           ('enabled_plugins', '[].\n')):
            write(os.path.join(folder, name), text)
        write(os.path.join(folder, 'definitions.json'), json.dumps(self._definitions()))
        for name in ('mnesia', 'log'):
            self.host.must('install', '-d', '-o', 'rabbitmq', '-g', 'rabbitmq', os.path.join(self.place, name))
        self.host.start(self.log, *self._as(self.home + '/rabbitmq-server'), env=self.env(), cwd=self.place)
        wait_until(90, 'RabbitMQ; its log is ' + self.log, self.answers, 0.3)

    def _definitions(self):
        """Users and what they may, as an operator keeps them outside the broker: it reads them at every start."""
        users = dict({self.user: (self._secret(), ('.*', '.*', '.*'))}, **self._agents())
        return {'vhosts': [{'name': '/'}],
                'users': [{'name': u, 'password_hash': hashed(p), 'hashing_algorithm': 'rabbit_password_hashing_sha256', 'tags': []}
                          for u, (p, _) in users.items()],
                'permissions': [dict(zip(('configure', 'write', 'read'), may), user=u, vhost='/') for u, (_, may) in users.items()]}

    def keep_agent(self, host, url):
        """Remembers a host's credential and what it may, as an operator's records do."""
        name = 'agent-' + host
        line = next(l for l in self.ctl('list_permissions', '-p', '/', '--silent').splitlines() if l.split('\t')[0] == name)
        with LOCK:
            self._keep(name, (urllib.parse.unquote(re.match(r'amqps?://[^:]+:([^@]+)@', url).group(1)), line.split('\t')[1:4]))

    def _keep(self, name, record):
        agents = self._agents()
        agents[name] = record
        write(self._records(), json.dumps(agents), 0o600)

    def _records(self):
        return os.path.join(self.host.folder, 'bus-agents.json')

    def _agents(self):
        if not os.path.exists(self._records()):
            return {}
        with open(self._records()) as f:
            return json.load(f)

    def tool(self):
        """rabbitmqctl, as the user it must be."""
        return self._as(self.home + '/rabbitmqctl', '--timeout', '30')

    def ctl(self, *argv):
        return self.host.must(*self.tool(), *argv, env=self.env(), cwd=self.place)

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


def hashed(password):
    """A password as RabbitMQ keeps it: a salt, and SHA-256 over salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


class LoadBalancer(Engine):
    """haproxy in front of the control hosts: asks each whether it is well, and sends requests only to those."""
    name = 'haproxy'
    needle = ('haproxy', '-f')

    def start(self, port, servers):
        if self.pids():
            return
        config = os.path.join(self.host.folder, 'haproxy.cfg')
        write(config, 'global\n  maxconn 4096\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 3s\n  timeout client 120s\n'
              '  timeout server 120s\n  retries 2\n  option redispatch\n  option http-server-close\n'
              '  retry-on conn-failure empty-response\n'
              'frontend cloud\n  bind :%d\n  default_backend control\n'
              # when no control host is well (the database or the broker is away), they still answer for themselves, with
              # a Retry-After; the balancer speaks only when it reaches none
              'backend control\n  balance roundrobin\n  option forwardfor\n  option httpchk GET /healthcheck\n  option allbackups\n'
              # a POST is sent again only when it says so itself that it may be
              '  http-request disable-l7-retry if METH_POST !{ req.hdr(Idempotency-Key) -m found }\n'
              '  http-error status 503 content-type text/plain string "no control host answers" hdr Retry-After 1\n' % port +
              ''.join('  server %s %s:%d check inter 500ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down\n'
                      % (s.name, s.name, port) for s in servers) +
              ''.join('  server %s-anyway %s:%d backup\n' % (s.name, s.name, port) for s in servers))
        self.host.start(self.log, 'haproxy', '-db', '-f', config)
        wait_until(10, 'haproxy; its log is ' + self.log, lambda: self.pids(), 0.05)
