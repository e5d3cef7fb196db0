"""What joins the hosts: a switch in a namespace of its own with two bridges, the wire and the external network.

The machine itself has a leg in each: it is the operator's desk and the world outside. Devices and an address range are
all the lab has in the machine's own namespace.
"""
import os
import subprocess

from host import Failed, Host

NAME = os.environ.get('WELKIN_LAB_NAME', 'wklab')     # another name, and a second lab stands beside the first
WIRE, OUTSIDE = NAME + '-wire', NAME + '-ext'
BRIDGES = {'wire': 'wire', 'ext': 'ext'}


def ip(*lines):
    """Lines of "ip" in the machine's own namespace."""
    done = subprocess.run(['ip', '-batch', '-'], input='\n'.join(lines) + '\n', text=True, capture_output=True)
    if done.returncode:
        raise Failed('ip: %s' % done.stderr.strip())


def exists(device):
    return subprocess.run(['ip', 'link', 'show', device], capture_output=True).returncode == 0


class Switch:
    """The switch: hosts are plugged into it, and can be cut off."""

    def __init__(self, folder):
        self.host = Host(folder, 'switch', None)

    def on(self, wire_address, outside_address):
        """Powers it on and gives the machine its two legs; addresses with prefix lengths."""
        if self.host.pid():
            return
        for device in (WIRE, OUTSIDE):
            if exists(device):
                raise Failed('the machine has a device %s already: a lab of another state folder runs' % device)
        self.host.on('127.0.0.1 localhost\n')
        for bridge in BRIDGES.values():
            self.host.must('ip', 'link', 'add', bridge, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0', 'mcast_snooping', '0')
            self.host.must('ip', 'link', 'set', bridge, 'up')
        for device, bridge, address in ((WIRE, 'wire', wire_address), (OUTSIDE, 'ext', outside_address)):
            self._leg(None, device, 'desk', bridge)
            ip('addr add %s dev %s' % (address, device), 'link set dev %s up' % device)

    def _leg(self, pid, device, port, bridge):
        where = '' if pid is None else ' netns %d' % pid
        ip('link add dev %s%s type veth peer name %s-%s netns %d' % (device, where, bridge, port, self.host.pid()))
        self.host.must('ip', 'link', 'set', '%s-%s' % (bridge, port), 'master', bridge, 'up')

    def plug(self, host, prefix):
        """Gives a host its eth0 on the wire."""
        self._leg(host.pid(), 'eth0', host.name, 'wire')
        host.must('ip', 'addr', 'add', '%s/%d' % (host.address, prefix), 'dev', 'eth0')
        host.must('ip', 'link', 'set', 'eth0', 'up')

    def plug_outside(self, host, bridge):
        """Gives a host a bridge with a leg in the external network and no address there."""
        self._leg(host.pid(), 'eth1', host.name, 'ext')
        for line in ('link add %s type bridge stp_state 0 forward_delay 0' % bridge, 'link set %s up' % bridge,
                     'link set eth1 master %s up' % bridge):
            host.must('ip', *line.split())
        host.must('sysctl', '-qw', 'net.ipv6.conf.%s.disable_ipv6=1' % bridge, 'net.ipv6.conf.eth1.disable_ipv6=1')

    def cut(self, host):
        """Pulls the host's cable out of the wire."""
        self.host.must('ip', 'link', 'set', 'wire-' + host.name, 'down')

    def mend(self, host):
        self.host.must('ip', 'link', 'set', 'wire-' + host.name, 'up')

    def off(self):
        for device in (WIRE, OUTSIDE):
            if self.host.pid() and exists(device):
                ip('link del ' + device)
        self.host.off()
