#!/usr/bin/python3
"""A pinged guest goes live from hypervisor to hypervisor. usage: live.py ROOT

The lab of WELKIN_HOME is up with quickstart's things in it. The first server answers 5 pings a second at its floating
IP, which reach it from the network host through the vxlan network. Meanwhile it goes
to another hypervisor and back, and loses one ping each time at most: the network leads to its new host before it goes, and
what is sent to it waits there. Then it is to go over a slow wire, and is called back; is to go again, and is hurried. Last it
goes while the agent it leaves is killed: it may then stand still until the agent is back, and arrives all the same.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

ROOT = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(ROOT, 'tools', 'lab'), os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'trials', 'walks')]
import tour  # noqa: E402
from client import Walk  # noqa: E402
from lab import COMPUTE, Lab  # noqa: E402

EVERY = 0.2     # seconds between two pings
AFTER = 3       # seconds of pings before and after a move
LOST = 1        # pings that a move may cost
SLOW = '16mbit'  # a wire over which a guest takes a minute


class Pings:
    """Pings an address five times a second; knows what was lost and the longest time without an answer."""

    def __init__(self, address):
        self.process = subprocess.Popen(['ping', '-n', '-D', '-i', str(EVERY), address], stdout=subprocess.PIPE, text=True)
        self.answers = {}
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            got = re.match(r'\[([0-9.]+)\] \d+ bytes from .*icmp_seq=(\d+)', line)
            if got:
                self.answers[int(got.group(2))] = float(got.group(1))

    def end(self):
        """(sent, lost, the longest gap in milliseconds)"""
        time.sleep(AFTER)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.reader.join()
        seen = sorted(self.answers)
        if len(seen) < 2:
            return len(seen), len(seen) + 1, 0
        times = sorted(self.answers.values())
        gap = max(b - a for a, b in zip(times, times[1:]))
        return seen[-1] - seen[0] + 1, seen[-1] - seen[0] + 1 - len(seen), round(gap * 1000)


class Live:
    def __init__(self):
        self.lab = Lab(os.environ['WELKIN_HOME'])
        self.w = Walk(os.path.join(self.lab.desk, 'openrc'))
        self.w.env['OS_COMPUTE_API_VERSION'] = '2.90'
        self.id = self.show('first')['id']
        self.rows = []

    def show(self, server):
        return self.w.show('server', 'show', server)

    def host(self):
        return self.show('first')['OS-EXT-SRV-ATTR:host']

    def told(self, host):
        """What the agents of the hosts have said about moves of the guest so far."""
        with open(self.lab.processes[host].log) as f:
            return re.findall(r'guest %s moved to .*?diskProcessedBytes=(\d+).*?downtimeMs=(\d+), elapsedMs=(\d+)' % self.id, f.read())

    def target(self, source):
        """Its neighbour stays on another hypervisor than it."""
        return next(h for h in COMPUTE if h not in (source, self.show(tour.NEIGHBOUR)['OS-EXT-SRV-ATTR:host']))

    def move(self, title, meanwhile=None, bound=LOST):
        """One live migration while pings go on; the row for the table."""
        w = self.w
        source = self.host()
        target = self.target(source)
        before = len(self.told(source))
        pings = Pings(tour.address(self.lab))
        time.sleep(AFTER)
        begin = time.monotonic()
        if meanwhile:
            threading.Thread(target=meanwhile, args=(source,)).start()
        w.do('server', 'migrate', '--live-migration', '--host', target, 'first')
        w.until(title + ': it is there', 180, lambda: self.host() == target and self.show('first')['status'] == 'ACTIVE', 0.5)
        took = time.monotonic() - begin
        sent, lost, gap = pings.end()
        # a machine busy with other things stops agents and pings alike: one more for each four times its processors that wait
        allowed = bound + int(os.getloadavg()[0] / (4 * os.cpu_count()))
        w.check('%s: at most %d of %d pings lost' % (title, allowed, sent), lost <= allowed, '%d lost, longest gap %d ms' % (lost, gap))
        said = self.told(source)[before:]
        disk, downtime, whole = said[-1] if said else ('?', '?', '?')
        self.rows.append((title, '%s to %s' % (source, target), '%.1f' % took, whole, downtime, gap, sent, lost))

    def slowly(self, title, target, then):
        """It is to go over a slow wire; what is then said to it; the status its migration ends with."""
        w, source = self.w, self.host()
        host = self.lab.hosts[source]
        host.must('tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', 'rate', SLOW, 'burst', '64kb', 'latency', '100ms')
        try:
            w.do('server', 'migrate', '--live-migration', '--host', target, 'first')
            w.until(title + ': it is on its way', 60, lambda: self.newest()['Status'] == 'running', 0.2)
            w.do('server', 'migration', *then, 'first', str(self.newest()['Id']))
        finally:
            host.must('tc', 'qdisc', 'del', 'dev', 'eth0', 'root')
        w.until(title + ': it is over', 60, lambda: self.newest()['Status'] not in ('running', 'preparing') and self.show('first')['status'] == 'ACTIVE')
        w.until(title + ': it answers', 20, lambda: subprocess.run(
            ['ping', '-c', '3', '-i', '0.2', '-W', '1', tour.address(self.lab)], capture_output=True).returncode == 0)
        return self.newest()['Status']

    def newest(self):
        return max(self.w.show('server', 'migration', 'list', '--server', 'first'), key=lambda m: int(m['Id']))

    def killed(self, source):
        """kill -9 of the agent the guest leaves, as soon as its QEMU sends; then it is started again."""
        guest = os.path.join(self.lab.processes[source].home, 'compute', 'guests', self.id, 'guest.json')
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with open(guest) as f:
                    if '"departure":{' in f.read():
                        break
            except OSError:
                pass
            time.sleep(0.02)
        self.lab.processes[source].kill()
        self.lab.processes[source].start()

    def walk(self):
        w = self.w
        with w.chapter('a pinged guest goes live to another hypervisor'):
            self.boots = self.log_boots()
            self.move('there')
        with w.chapter('and back'):
            self.move('back')
        with w.chapter('called back on its way, and hurried'):
            source = self.host()
            target = self.target(source)
            w.same('it was called back', self.slowly('called back', target, ['abort']), 'cancelled')
            w.same('and stays', self.host(), source)
            w.same('it was hurried', self.slowly('hurried', target, ['force', 'complete']), 'completed')
            w.same('and is there', self.host(), target)
        with w.chapter('while the agent it leaves is killed'):
            self.move('agent killed', self.killed, 100)
        with w.chapter('it never noticed'):
            w.same('boots', self.log_boots(), self.boots)
            uptime = tour.guest(self.lab, 'cat /proc/uptime')
            w.check('ssh', uptime)
            w.same('one process in all', len(self.processes()), 1)
        print('\n| move | from | client waits s | migration ms | downtime ms | longest gap ms | pings | lost |\n|---|---|---|---|---|---|---|---|')
        for row in self.rows:
            print('| ' + ' | '.join(map(str, row)) + ' |')
        return w.end()

    def log_boots(self):
        return self.w.do('console', 'log', 'show', 'first').count('Linux version')

    def processes(self):
        return [p for h in COMPUTE for p in self.lab.hosts[h].pids('qemu-system', '-uuid', self.id)]


if __name__ == '__main__':
    sys.exit(Live().walk())
