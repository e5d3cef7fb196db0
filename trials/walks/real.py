#!/usr/bin/python3
"""From nothing to a real guest and back to nothing, as a new user walks it. usage: real.py ROOT

The state folder, port and external bridge come from WELKIN_HOME, WELKIN_PORT, WELKIN_EXTERNAL_BRIDGE and
WELKIN_EXTERNAL_CIDR. Needs root and QEMU.
"""
import os
import signal
import subprocess
import sys
import time

from client import Walk

HOME = os.environ['WELKIN_HOME']
GATEWAY = os.environ['WELKIN_EXTERNAL_CIDR'].rsplit('.', 1)[0] + '.1'


def lines(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return {line.strip() for line in done.stdout.splitlines() if line.strip()}


def traces():
    """What a cloud can leave on a host: namespaces, links, rules, mounts, processes that name the state folder."""
    found = {'netns ' + n.split()[0] for n in lines('ip', 'netns', 'list')}
    found |= {'link ' + n.split(':')[1].strip().split('@')[0] for n in lines('ip', '-o', 'link')}
    found |= {'nft ' + n for n in lines('nft', 'list', 'tables')}
    found |= {'mount ' + n.split()[1] for n in lines('cat', '/proc/mounts')}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/cmdline' % pid, 'rb') as f:
                words = f.read().decode('utf8', 'replace').split('\0')
            words.append(os.readlink('/proc/%s/cwd' % pid) + '/')
        except OSError:
            continue
        if int(pid) != os.getpid() and os.path.basename(words[0]) not in ('python3', 'tee', 'bash', 'timeout') and any(HOME in w for w in words):
            found.add('process %s %s' % (pid, ' '.join(words)[:80]))
    return found


class Real:
    def __init__(self, root):
        self.root = root
        self.w = None
        self.key = os.path.join(HOME, 'quickstart', 'id_ed25519')
        self.address = None

    def welkin(self, *argv, shown=False):
        done = subprocess.run([os.path.join(self.root, 'welkin'), *argv], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if shown or done.returncode not in (0, 3):
            print(done.stdout, flush=True)
        return done.returncode, done.stdout

    def ssh_argv(self, address=None):
        return ['ssh', '-i', self.key, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=4', '-o', 'LogLevel=ERROR',
                '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', 'cirros@' + (address or self.address)]

    def guest(self, command, address=None, seconds=60):
        """What a command prints in the guest, or None when it fails."""
        try:
            done = subprocess.run(self.ssh_argv(address) + [command], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def status(self, name):
        return self.w.show('server', 'show', name)['status']

    def quickstart(self):
        code, out = self.welkin('quickstart', '--yes', '--port', os.environ.get('WELKIN_PORT', '5000'), shown=True)
        if code:
            print('0 passed, 1 failed, 0 skipped')
            return False
        self.w = Walk(os.path.join(HOME, 'openrc'))
        self.w.check('quickstart ends with an ssh line', 'cirros@' in out)
        self.address = out.split('cirros@')[-1].split()[0]
        code, out = self.welkin('quickstart', '--yes')
        self.w.check('a second quickstart changes nothing', code == 0 and 'Nothing had to be made' in out, out[-800:])
        self.w.check('status says up', self.welkin('status')[0] == 0)
        return True

    def inside(self):
        w = self.w
        with w.chapter('inside the guest'):
            w.same('its name', self.guest('hostname'), 'first')
            w.check('it reaches its gateway', self.guest('ping -c 2 -W 4 10.0.0.1'))
            w.check('it reaches the outside through SNAT', self.guest('ping -c 2 -W 4 %s' % GATEWAY))
            w.same('metadata, EC2 style', self.guest('curl -s http://169.254.169.254/latest/meta-data/local-hostname').split('.')[0], 'first')
            w.check('metadata, OpenStack style', '"uuid"' in (self.guest('curl -s http://169.254.169.254/openstack/latest/meta_data.json') or ''))
            w.check('its time is kept and its disk has grown', self.guest("df -m / | awk 'NR==2 {exit !($2 > 500)}'") is not None)
            w.check('console log', 'login:' in w.do('console', 'log', 'show', 'first'))

    def neighbour(self):
        w = self.w
        data = os.path.join(HOME, 'walk-user-data')
        with open(data, 'w') as f:
            # the guest will be deaf to the power button
            f.write('#!/bin/sh\necho user-data-ran-here\nrm -f /etc/acpi/PWRF/*\n')
        with w.chapter('a neighbour with user-data and config drive'):
            server = w.show('server', 'create', '--image', 'guest', '--flavor', 'm1.nano', '--network', 'private', '--key-name',
                            'quickstart', '--security-group', 'ssh-and-ping', '--user-data', data, '--config-drive', 'True',
                            '--wait', 'second')
            w.same('it is ACTIVE', server['status'], 'ACTIVE')
            w.until('user-data ran', 180, lambda: 'user-data-ran-here' in w.run('console', 'log', 'show', 'second')[1], 2)
            w.check('from the config drive', 'from configdrive' in w.run('console', 'log', 'show', 'second')[1])
            port = w.show('port', 'list', '--server', 'second')[0]
            address = port['Fixed IP Addresses'][0]['ip_address']
            w.until('the first reaches it', 60, lambda: self.guest('ping -c 1 -W 3 ' + address))
            w.same('and its ssh', self.guest("echo | nc -w 5 %s 22 | head -c 4" % address), 'SSH-')
        with w.chapter('anti-spoofing'):
            self.guest('sudo ip addr add 10.0.0.77/24 dev eth0')
            w.check('a foreign source address does not get out', self.guest('ping -c 2 -W 2 -I 10.0.0.77 10.0.0.1') is None)
            self.guest('sudo ip addr del 10.0.0.77/24 dev eth0')
            w.check('its own does', self.guest('ping -c 2 -W 4 10.0.0.1'))

    def security_group(self):
        w = self.w
        with w.chapter('a security group lets in, blocks, and cuts'):
            rule = next(r for r in w.show('security', 'group', 'rule', 'list', 'ssh-and-ping') if r['Port Range'] == '22:22')['ID']
            live = subprocess.Popen(self.ssh_argv() + ['-o', 'ServerAliveInterval=2', '-o', 'ServerAliveCountMax=3',
                                                       'while sleep 1; do echo alive; done'],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            w.check('a live connection', live.stdout.readline().strip() == 'alive')
            w.do('security', 'group', 'rule', 'delete', rule)
            w.until('without the rule no new connection', 20, lambda: self.guest('true', seconds=10) is None)
            w.until('and the live one is cut', 30, lambda: live.poll() is not None)
            if live.poll() is None:
                live.kill()
            w.do('security', 'group', 'rule', 'create', '--proto', 'tcp', '--dst-port', '22', 'ssh-and-ping')
            w.until('with the rule it connects', 30, lambda: self.guest('true') is not None)

    def life(self):
        w = self.w
        with w.chapter('stop, start, pause, reboot'):
            w.do('server', 'pause', 'second')
            w.until('PAUSED', 30, lambda: self.status('second') == 'PAUSED')
            w.do('server', 'unpause', 'second')
            w.until('ACTIVE', 30, lambda: self.status('second') == 'ACTIVE')
            begin = time.monotonic()
            w.do('server', 'stop', 'second')
            w.until('SHUTOFF', 120, lambda: self.status('second') == 'SHUTOFF', 1)
            w.check('a guest that ignores the power button has its minute and is cut off', time.monotonic() - begin > 50)
            w.do('server', 'start', 'second')
            w.until('ACTIVE again', 60, lambda: self.status('second') == 'ACTIVE')
            w.do('server', 'reboot', '--hard', '--wait', 'second')
            w.do('server', 'delete', '--wait', 'second')
        with w.chapter('kill -9 of the program'):
            with open(os.path.join(HOME, 'run', 'welkin.pid')) as f:
                os.kill(int(f.read()), signal.SIGKILL)
            uptime = self.guest('cat /proc/uptime')
            w.check('the guest goes on without it', uptime)
            w.until('up again', 60, lambda: self.welkin('up')[0] == 0, 1)
            w.same('the server is ACTIVE', self.status('first'), 'ACTIVE')
            after = self.guest('cat /proc/uptime')
            w.check('the same guest, not a new one', uptime and after and float(after.split()[0]) > float(uptime.split()[0]), (uptime, after))

    def down_and_up(self, before):
        w = self.w
        with w.chapter('down leaves nothing, up brings it back'):
            during = traces() - before
            w.check('down', self.welkin('down')[0] == 0)
            left = traces() & during
            w.check('nothing is left behind', not left, '\n'.join(sorted(left)))
            w.check('status says down', self.welkin('status')[0] == 3)
            w.check('up', self.welkin('up')[0] == 0)
            w.until('the server is ACTIVE again', 60, lambda: self.status('first') == 'ACTIVE')
            w.until('and answers ssh', 180, lambda: self.guest('hostname') == 'first', 2)
            w.do('server', 'delete', '--wait', 'first')
            w.check('down again', self.welkin('down')[0] == 0)
            left = traces() & during
            w.check('again nothing is left', not left, '\n'.join(sorted(left)))


def main(root):
    before = traces()
    walk = Real(root)
    if not walk.quickstart():
        return 1
    walk.inside()
    walk.neighbour()
    walk.security_group()
    walk.life()
    walk.down_and_up(before)
    return walk.w.end()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
