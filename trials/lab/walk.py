#!/usr/bin/python3
"""A cloud of many hosts, from nothing and back to nothing. usage: walk.py ROOT [--days NAME,...]

Brings the lab up in WELKIN_HOME, walks through what must work over several hosts with the unmodified client and real
guests, has a few bad days, takes the lab down and looks for traces.
"""
import os
import subprocess
import sys
import time
import zlib

ROOT = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(ROOT, 'tools', 'lab'), os.path.join(ROOT, 'tools'), os.path.join(ROOT, 'trials', 'walks')]
import tour  # noqa: E402
from client import Walk  # noqa: E402
from lab import COMPUTE, CONTROL, Lab  # noqa: E402
from wire import NAME  # noqa: E402

HOME = os.environ['WELKIN_HOME']


def lines(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return {line.strip() for line in done.stdout.splitlines() if line.strip()}


def traces():
    """What a lab can leave on the machine: links, namespaces, rules, mounts, shared memory."""
    found = {'link ' + n.split(':')[1].strip().split('@')[0] for n in lines('ip', '-o', 'link')}
    found |= {'address ' + ' '.join(n.split()[1:4]) for n in lines('ip', '-o', 'addr') if 'wklab' in n}
    found |= {'netns ' + n.split()[0] for n in lines('ip', 'netns', 'list')}
    found |= {'nft ' + n for n in lines('nft', 'list', 'tables')}
    found |= {'mount ' + n.split()[1] for n in lines('cat', '/proc/mounts')}
    found |= {'shared memory ' + n for n in os.listdir('/dev/shm')}
    if os.environ.get('CI') == 'true':
        return found
    # a machine that others work on, too: what bears the lab's name or the tag of one of its hosts
    ours = [NAME + '-', HOME + '/'] + ['wk' + ('%08x' % zlib.crc32(p.home.encode()))[:6] for p in Lab(HOME).processes.values()]
    return {t for t in found if any(o in t for o in ours)}


def spaces(lab):
    """The namespaces of all hosts, as the kernel names them."""
    return {os.readlink('/proc/%d/ns/%s' % (h.pid(), kind)) for h in [*lab.hosts.values(), lab.switch.host] if h.pid()
            for kind in ('pid', 'net', 'mnt')}


def inhabitants(those):
    """Processes that live in any of these namespaces."""
    found = set()
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if those & {os.readlink('/proc/%s/ns/%s' % (pid, kind)) for kind in ('pid', 'net', 'mnt')}:
                with open('/proc/%s/cmdline' % pid, 'rb') as f:
                    found.add('process %s %s' % (pid, f.read().replace(b'\0', b' ').decode('utf8', 'replace')[:80]))
        except OSError:
            continue
    return found


class LabWalk:
    def __init__(self):
        self.lab = Lab(HOME)
        self.w = None

    def welkin(self, *argv):
        return subprocess.run([os.path.join(ROOT, 'welkin'), 'lab', *argv], stdin=subprocess.DEVNULL).returncode

    def host(self, server):
        return self.w.show('server', 'show', server)['OS-EXT-SRV-ATTR:host']

    def quickstart(self):
        begin = time.monotonic()
        if self.welkin('quickstart'):
            print('0 passed, 1 failed, 0 skipped')
            return False
        print('  quickstart took %.1f s' % (time.monotonic() - begin), flush=True)
        self.w = Walk(os.path.join(self.lab.desk, 'openrc'))
        return True

    def hosts(self):
        w = self.w
        network = self.lab.network
        with w.chapter('every host is there, and plays its part'):
            services = w.show('compute', 'service', 'list')
            w.same('hypervisors up', sorted(s['Host'] for s in services if s['Binary'] == 'nova-compute' and s['State'] == 'up'),
                   list(COMPUTE))
            w.same('control hosts up', sorted(s['Host'] for s in services if s['Binary'] == 'nova-conductor' and s['State'] == 'up'),
                   list(CONTROL))
            agents = [a for a in w.show('network', 'agent', 'list') if a['Alive'] in (True, ':-)')]
            for kind, there in (('Linux bridge agent', COMPUTE + network), ('L3 agent', network), ('DHCP agent', network)):
                w.same(kind, sorted(a['Host'] for a in agents if a['Agent Type'] == kind), list(there))

    def across(self):
        w = self.w
        with w.chapter('one network over two hypervisors'):
            w.check('the servers are apart', self.host('first') != self.host('second'))
            second = w.show('port', 'list', '--server', 'second')[0]['Fixed IP Addresses'][0]['ip_address']
            w.check('first reaches second', self.guest('ping -c 3 -W 3 ' + second))
            w.same("and its ssh", self.guest('echo | nc -w 5 %s 22 | head -c 4' % second), 'SSH-')
            w.check('its gateway, on the network host', self.guest('ping -c 1 -W 3 10.0.0.1'))
            w.check('the world outside, by SNAT', self.guest('ping -c 1 -W 3 %s' % self.lab.outside[1]))
            w.same('metadata', (self.guest('curl -s http://169.254.169.254/latest/meta-data/local-hostname') or '').split('.')[0],
                   'first')
            w.check('the full size of the network', self.guest('ping -c 2 -W 3 -s 1422 ' + second))

    def groups(self):
        w = self.w
        with w.chapter('security groups across hosts'):
            second = w.show('port', 'list', '--server', 'second')[0]
            address = second['Fixed IP Addresses'][0]['ip_address']
            w.do('security', 'group', 'create', 'inner')
            w.do('port', 'unset', '--security-group', w.show('security', 'group', 'show', 'ssh-and-ping')['id'], second['ID'])
            w.do('port', 'set', '--security-group', 'inner', second['ID'])
            w.until('nothing comes in', 20, lambda: self.guest('ping -c 1 -W 1 ' + address) is None)
            rule = w.show('security', 'group', 'rule', 'create', '--proto', 'icmp', '--remote-group', 'ssh-and-ping', 'inner')['id']
            w.until('members of the other group come in', 20, lambda: self.guest('ping -c 1 -W 1 ' + address) is not None)
            w.do('security', 'group', 'rule', 'delete', rule)
            w.until('without the rule they do not', 20, lambda: self.guest('ping -c 1 -W 1 ' + address) is None)
            w.do('port', 'unset', '--security-group', w.show('security', 'group', 'show', 'inner')['id'], second['ID'])
            w.do('port', 'set', '--security-group', 'ssh-and-ping', second['ID'])
            w.until('back in its group', 20, lambda: self.guest('ping -c 1 -W 1 ' + address) is not None)
            w.do('security', 'group', 'delete', 'inner')

    def floating(self):
        w = self.w
        with w.chapter('a floating IP goes to another hypervisor'):
            fip = tour.address(self.lab)
            ports = {n: w.show('port', 'list', '--server', n)[0]['ID'] for n in ('first', 'second')}
            w.do('floating', 'ip', 'set', '--port', ports['second'], fip)
            w.until('it is the second now', 60, lambda: self.guest('hostname', fip) == 'second', 1)
            w.do('floating', 'ip', 'set', '--port', ports['first'], fip)
            w.until('and the first again', 60, lambda: self.guest('hostname', fip) == 'first', 1)
        with w.chapter('an administrator takes a router from its host and gives it back'):
            agent = next(a['ID'] for a in w.show('network', 'agent', 'list') if a['Agent Type'] == 'L3 agent')
            w.do('network', 'agent', 'remove', 'router', '--l3', agent, 'router')
            w.until('nobody plays it', 20, lambda: subprocess.run(['ping', '-c', '1', '-W', '1', fip], capture_output=True).returncode)
            w.run('network', 'agent', 'add', 'router', '--l3', agent, 'router')
            w.until('it is played again', 30, lambda: not subprocess.run(['ping', '-c', '1', '-W', '1', fip], capture_output=True).returncode)

    def guest(self, command, at=None):
        return tour.guest(self.lab, command, at, 20)

    def trial(self, script, *names):
        """Another trial in the same lab, counted with the rest."""
        done = subprocess.run([sys.executable, '-B', os.path.join(HERE, script), ROOT, *names], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
        print(done.stdout, end='', flush=True)
        words = (done.stdout.strip().splitlines() or [''])[-1].replace(',', '').split()
        if len(words) == 6 and words[0].isdigit():
            self.w.passed += int(words[0])
            self.w.failed += [script] * int(words[2])
        else:
            self.w.check(script, False, done.stdout[-500:])


def main(argv):
    names = argv[argv.index('--days') + 1].split(',') if '--days' in argv else []
    before = traces()
    walk = LabWalk()
    if not walk.quickstart():
        walk.welkin('status')
        return 1
    walk.hosts()
    walk.across()
    walk.groups()
    walk.floating()
    walk.trial('live.py')
    if names:
        walk.trial('badday.py', *names)
    w = walk.w
    with w.chapter('down leaves nothing'):
        during, those = traces() - before, spaces(Lab(HOME))    # a bad day may have added a host
        w.check('it was there', during and inhabitants(those))
        w.check('down', walk.welkin('down') == 0)
        left = traces() & during | inhabitants(those)
        w.check('no trace', not left, '\n'.join(sorted(left)))
    return w.end()


if __name__ == '__main__':
    sys.exit(main(sys.argv[2:]))
