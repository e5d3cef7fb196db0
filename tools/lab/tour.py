"""What "./welkin lab quickstart" does in the cloud: quickstart's things, and a neighbour on another hypervisor."""
import os
import shlex
import subprocess
import sys
import time

from host import Failed, wait_until

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from rest import Cloud, openrc  # noqa: E402

NEIGHBOUR = 'second'


def image(lab):
    """The guest image, built once and kept."""
    path = os.path.join(lab.folder, 'guest-image', 'guest.qcow2')
    if not os.path.exists(path):
        begin = time.monotonic()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        run(os.path.join(lab.root, 'guest-image', 'build.sh'), path, os.path.join(os.path.dirname(path), 'work'), quiet=True)
        print('  ok   %-56s %6.1f s' % ('build the guest image', time.monotonic() - begin), flush=True)
    return path


def take(lab):
    """The walk of quickstart with the lab's openrc, then the neighbour."""
    run(sys.executable, '-B', os.path.join(lab.root, 'tools', 'quickstart.py'), '--home', lab.desk, '--image', image(lab),
        '--external-cidr', str(lab.outside), '--stop', './welkin lab down')
    neighbour(lab)


def neighbour(lab):
    """A server on another hypervisor than the first one's, and a ping across."""
    begin = time.monotonic()
    cloud = Cloud(openrc(os.path.join(lab.desk, 'openrc')))
    first = cloud.named('compute', '/servers/detail', 'first')
    there = cloud.named('compute', '/servers/detail', NEIGHBOUR)
    if not there:
        elsewhere = next(n for n in sorted(lab.processes) if n.startswith('compute') and n != first['OS-EXT-SRV-ATTR:host'])
        network = cloud.named('network', '/v2.0/networks', 'private')
        made = cloud.post('compute', '/servers', {'server': {
            'name': NEIGHBOUR, 'imageRef': first['image']['id'], 'flavorRef': first['flavor']['id'], 'key_name': first['key_name'],
            'networks': [{'uuid': network['id']}], 'security_groups': [{'name': 'ssh-and-ping'}],
            'availability_zone': 'nova:' + elsewhere}})['server']

        def settled():
            now = cloud.get('compute', '/servers/' + made['id'])['server']
            return now if now['status'] != 'BUILD' else None
        there = wait_until(120, NEIGHBOUR, settled, 0.5)
        if there['status'] != 'ACTIVE':
            raise Failed('%s: %s' % (NEIGHBOUR, there.get('fault', {}).get('message')))
    ip = there['addresses']['private'][0]['addr']

    def reached():
        now = cloud.get('compute', '/servers/' + there['id'])['server']
        if now['status'] == 'SHUTOFF' and not now['OS-EXT-STS:task_state']:     # as after a loss of power
            cloud.post('compute', '/servers/%s/action' % there['id'], {'os-start': None})
        return guest(lab, 'ping -c 1 -W 2 ' + ip) is not None
    wait_until(180, 'a ping from first to second', reached, 1)
    print('  ok   %-56s %6.1f s  %s to %s' % ('first reaches second', time.monotonic() - begin, first['OS-EXT-SRV-ATTR:host'],
                                               there['OS-EXT-SRV-ATTR:host']), flush=True)


def address(lab):
    """The floating address of the first server."""
    cloud = Cloud(openrc(os.path.join(lab.desk, 'openrc')))
    return next(f['floating_ip_address'] for f in cloud.get('network', '/v2.0/floatingips')['floatingips'] if f['port_id'])


def guest(lab, command, at=None, seconds=30):
    """What a command prints in the first guest (or the one at an address), None when it fails."""
    argv = ['ssh', '-i', os.path.join(lab.desk, 'quickstart', 'id_ed25519'), '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=4', '-o',
            'LogLevel=ERROR', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', 'cirros@' + (at or address(lab))]
    try:
        done = subprocess.run([*argv, command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def run(*argv, quiet=False):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else None,
                          stderr=subprocess.STDOUT if quiet else None, text=True)
    if done.returncode:
        raise Failed('%s failed\n%s' % (shlex.join(argv[:3]), (done.stdout or '')[-2000:]))
