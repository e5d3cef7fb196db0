"""A lab host: a process tree in network, mount, pid, hostname and IPC namespaces of its own.

Its first process does nothing but bury the dead; ending it is cutting the host's power: the kernel ends all its
processes and takes its mounts, namespaces and devices away. So nothing has to be cleaned up by name, and nothing leaks.
What lies on its disk stays, as it would.
"""
import os
import signal
import subprocess
import time

# bash as process 1 reaps whatever is handed to it
INIT = 'trap : TERM CHLD; while :; do sleep infinity & wait $!; done'

# /run/netns is the host's own: agents of several hosts make namespaces of the same names. /sys shows the devices of the
# network namespace it was mounted in. Anything in /run or /dev/shm would stay behind in the machine's.
PREPARE = '''
set -e
mount --make-rprivate /
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir /run/netns /run/lock
mount --bind "$1/etc-hosts" /etc/hosts
[ ! -e /etc/resolv.conf ] || mount --bind "$2" /etc/resolv.conf
hostname "$3"
ip link set lo up
'''


class Failed(Exception):
    """Something the lab needs did not happen; the text says what."""


class Host:
    """One host. Its folder is its disk: HOST/etc-hosts, HOST/host.pid and whatever runs there keeps in it."""

    def __init__(self, folder, name, address):
        self.folder = os.path.join(folder, name)
        self.name = name
        self.address = address
        self.pid_file = os.path.join(self.folder, 'host.pid')

    # ---- power
    def pid(self):
        """The pid of its first process as the machine sees it, or None when it is off."""
        try:
            with open(self.pid_file) as f:
                pid, started = f.read().split()
            return int(pid) if started_at(int(pid)) == started else None
        except (OSError, ValueError):
            return None

    def on(self, names):
        """Powers it on. names is the text of its /etc/hosts."""
        if self.pid():
            return
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        write(os.path.join(self.folder, 'etc-hosts'), names)
        nowhere = os.path.join(self.folder, 'etc-resolv.conf')
        write(nowhere, '# only /etc/hosts is asked\n')
        outer = subprocess.Popen(
            ['setsid', 'unshare', '--mount', '--net', '--uts', '--ipc', '--pid', '--fork', '--mount-proc', 'bash', '-c', INIT],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pid = wait_until(10, self.name + ' to begin', lambda: own_pid_space(child(outer.pid)))
        write(self.pid_file, '%d %s\n' % (pid, started_at(pid)))
        self.must('sh', '-c', PREPARE, 'sh', self.folder, nowhere, self.name)

    def off(self):
        """Cuts its power and waits until nothing of it is left."""
        pid = self.pid()
        if pid:
            parent = parent_of(pid)
            os.kill(pid, signal.SIGKILL)
            wait_until(30, self.name + ' to end', lambda: not alive(pid))
            if parent and alive(parent):
                wait_until(10, self.name + ' to be forgotten', lambda: not alive(parent) or parent_of(parent) == os.getpid())
        if os.path.exists(self.pid_file):
            os.remove(self.pid_file)

    # ---- running things there
    def words(self, *argv, env=None, cwd=None):
        """The argument vector that runs argv on the host."""
        pid = self.pid()
        if not pid:
            raise Failed('%s is off' % self.name)
        extra = ['%s=%s' % pair for pair in (env or {}).items()]
        return ['nsenter', '--target', str(pid), '--mount', '--net', '--uts', '--ipc', '--pid', '--',
                'env', '-C', cwd or '/', *extra, *argv]

    def run(self, *argv, env=None, cwd=None, text=None, timeout=120):
        """Runs it and answers the CompletedProcess with what it said."""
        return subprocess.run(self.words(*argv, env=env, cwd=cwd), input=text, text=True, timeout=timeout,
                              stdin=None if text is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def must(self, *argv, **kw):
        """Runs it and answers what it printed; Failed when it failed."""
        done = self.run(*argv, **kw)
        if done.returncode:
            raise Failed('%s: %s: exit %d\n%s' % (self.name, ' '.join(argv)[:200], done.returncode,
                                                  (done.stdout + done.stderr).strip()[-2000:]))
        return done.stdout

    def start(self, log, *argv, env=None, cwd=None):
        """Starts a program that goes on by itself; what it says goes to the log file."""
        with open(log, 'a') as out:
            return subprocess.Popen(['setsid', *self.words(*argv, env=env, cwd=cwd)], stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=out)

    def pids(self, *needles):
        """Pids, as the machine sees them, of its processes whose command line holds all the needles."""
        first = self.pid()
        if not first:
            return []
        space = os.readlink('/proc/%d/ns/pid' % first)
        found = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                if os.readlink('/proc/%s/ns/pid' % pid) == space:
                    line = open('/proc/%s/cmdline' % pid, 'rb').read().replace(b'\0', b' ').decode('utf8', 'replace')
                    if line and all(n in line for n in needles):
                        found.append(int(pid))
            except OSError:
                pass
        return found


def write(path, text, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'w') as f:
        f.write(text)


def stat(pid):
    with open('/proc/%d/stat' % pid) as f:
        return f.read().rsplit(')', 1)[1].split()


def alive(pid):
    """Whether a process runs; one that ended and was not reaped does not."""
    try:
        return stat(pid)[0] not in 'ZX'
    except OSError:
        return False


def started_at(pid):
    """Tells a process from a later one with the same pid."""
    return stat(pid)[19] if alive(pid) else None


def parent_of(pid):
    try:
        return int(stat(pid)[1])
    except OSError:
        return None


def child(pid):
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            words = f.read().split()
        return int(words[0]) if words else None
    except OSError:
        return None


def own_pid_space(pid):
    """The pid, once it is bash in namespaces of its own with its /proc mounted."""
    try:
        if pid and os.readlink('/proc/%d/exe' % pid).endswith('bash'):
            return pid
    except OSError:
        pass
    return None


def wait_until(seconds, what, check, every=0.05):
    """The check's first true answer; Failed after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > end:
            raise Failed('waited %d s for %s' % (seconds, what))
        time.sleep(every)
