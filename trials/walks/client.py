"""The openstack client as a person types it, and checks on what it prints.

Every command runs the unmodified client of Debian in a process of its own, forked after the imports: they cost more
than the cloud does. Each command logs in anew, as at a prompt.
"""
import contextlib
import json
import os
import shlex
import sys
import tempfile
import time
import warnings

warnings.filterwarnings('ignore')
from openstackclient import shell  # noqa: E402


class Failed(Exception):
    """A command that should have worked did not; the walk cannot go on from there."""


class Walk:
    def __init__(self, openrc):
        self.admin = {}
        with open(openrc) as f:
            for line in f:
                if line.startswith('export OS_'):
                    name, value = line[7:].strip().split('=', 1)
                    self.admin[name] = shlex.split(value)[0] if value else ''
        self.env = dict(self.admin)
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.begin = time.monotonic()

    # ---- running
    def run(self, *argv):
        """(exit status, what it printed, what it complained) of "openstack ARGV"."""
        with tempfile.TemporaryFile('w+') as out, tempfile.TemporaryFile('w+') as err:
            child = os.fork()
            if child == 0:
                self._client(argv, out, err)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            out.seek(0)
            err.seek(0)
            return status, out.read(), err.read()

    def _client(self, argv, out, err):
        """In the forked child: becomes the client, and never comes back."""
        status = 1
        try:
            for name in [n for n in os.environ if n.startswith('OS_')]:
                del os.environ[name]
            os.environ.update(self.env)
            for file, number in ((out, 1), (err, 2)):
                os.dup2(file.fileno(), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            status = shell.OpenStackShell().run([str(a) for a in argv]) or 0
            if not isinstance(status, int):   # sys.exit() would print it
                print(status, file=sys.stderr)
                status = 1
            sys.stdout.flush()
            sys.stderr.flush()
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else 1
        finally:
            os._exit(status & 0xff)

    def do(self, *argv):
        """The command must work; its words are the check's name. Answers what it printed."""
        status, out, err = self.run(*argv)
        self.check(' '.join(shlex.quote(str(a)) for a in argv)[:110], status == 0, (err or out).strip()[-400:])
        if status:
            raise Failed(' '.join(map(str, argv)))
        return out

    def show(self, *argv):
        """The command must work and print JSON with "-f json"; answers it read."""
        return json.loads(self.do(*argv, '-f', 'json') or 'null')

    def refused(self, part, *argv):
        """The command must fail and say PART (any of several, when a tuple)."""
        status, out, err = self.run(*argv)
        said = out + err
        parts = part if isinstance(part, tuple) else (part,)
        self.check('refused: ' + ' '.join(map(str, argv))[:100], status != 0 and any(p in said for p in parts),
                   'exit %d: %s' % (status, said.strip()[-300:]))

    # ---- judging
    def check(self, title, good, detail=''):
        if good:
            self.passed += 1
        else:
            self.failed.append(title)
            print('  FAIL %s\n       %s' % (title, str(detail).replace('\n', '\n       ')), flush=True)
        return bool(good)

    def same(self, title, got, wanted):
        return self.check(title, got == wanted, 'got %r, wanted %r' % (got, wanted))

    def until(self, title, seconds, ask, every=0.5):
        """Asks until the answer is true; the check fails when the time is over."""
        end = time.monotonic() + seconds
        while True:
            got = ask()
            if got or time.monotonic() > end:
                self.check(title, got, 'not within %d s' % seconds)
                return got
            time.sleep(every)

    @contextlib.contextmanager
    def chapter(self, name):
        """A part of the walk: what fails in it does not stop the next part."""
        begin, before = time.monotonic(), (self.passed, len(self.failed))
        try:
            yield
        except Failed as e:
            print('  left the chapter "%s" at: %s' % (name, e), flush=True)
        except Exception as e:  # a walk goes on: the other chapters have something to say, too
            self.check(name, False, '%s: %s' % (type(e).__name__, e))
        print('  %-4s %-56s %6.1f s  %d checks, %d failed' % (
            'ok' if len(self.failed) == before[1] else 'FAIL', name, time.monotonic() - begin,
            self.passed - before[0] + len(self.failed) - before[1], len(self.failed) - before[1]), flush=True)

    def as_user(self, name=None, password=None, project=None):
        self.env = dict(self.admin)
        if name:
            self.env.update(OS_USERNAME=name, OS_PASSWORD=password, OS_PROJECT_NAME=project)
            for key in ('OS_PROJECT_ID', 'OS_USER_ID'):
                self.env.pop(key, None)

    def end(self):
        """The last line a caller reads, and the exit status."""
        for title in self.skipped:
            print('  SKIP %s' % title)
        print('%d passed, %d failed, %d skipped' % (self.passed, len(self.failed), len(self.skipped)))
        return 1 if self.failed or not self.passed else 0
