#!/usr/bin/python3
"""The cloud side of "./welkin quickstart": image, flavors, networks, key, a first server, a floating address.

Everything is found by its name or made; a second run makes nothing. Things already there are left as they are.
"""
import argparse
import os
import re
import subprocess
import sys
import time

from rest import Cloud, Refused, openrc, wait_until

FLAVORS = [('m1.nano', 128, 1), ('m1.tiny', 512, 1), ('m1.small', 2048, 20)]    # name, MB of memory, GB of disk
IMAGE, SERVER, KEY, GROUP = 'guest', 'first', 'quickstart', 'ssh-and-ping'


class Walk:
    def __init__(self, args):
        self.args = args
        self.cloud = Cloud(openrc(os.path.join(args.home, 'openrc')))
        self.made = 0

    def step(self, title, find, make=None):
        """find() answers the thing or None; make() makes it. Says which, and how long it took."""
        begin = time.monotonic()
        thing, word = find(), 'found'
        if thing is None:
            thing, word = make(), 'made'
            self.made += 1
        print('  ok   %-56s %6.1f s  %s' % (title, time.monotonic() - begin, word), flush=True)
        return thing

    def named(self, *args, **query):
        return lambda: self.cloud.named(*args, **query)

    # ---- image and flavors
    def image(self):
        def make():
            image = self.cloud.post('image', '/v2/images', {
                'name': IMAGE, 'disk_format': self.image_format(), 'container_format': 'bare', 'visibility': 'public',
                'min_ram': 96, 'hw_rng_model': 'virtio'})
            try:
                self.cloud.upload(image['id'], self.image_file())
            except BaseException:
                self.cloud.delete('image', '/v2/images/' + image['id'])
                raise
            return image
        return self.step('image %s' % IMAGE, self.named('image', '/v2/images', IMAGE, status='active'), make)

    def image_file(self):
        if self.args.image:
            return self.args.image
        # simulated hosts start anything: a mebibyte of nothing is enough
        path = os.path.join(self.args.home, 'quickstart', 'empty.raw')
        with open(path, 'wb') as f:
            f.truncate(1 << 20)
        return path

    def image_format(self):
        return 'qcow2' if self.args.image else 'raw'

    def flavor(self, name, ram, disk):
        def find():
            return next((f for f in self.cloud.get('compute', '/flavors')['flavors'] if f['name'] == name), None)
        return self.step('flavor %s: %d MB, %d GB' % (name, ram, disk), find, lambda: self.cloud.post(
            'compute', '/flavors', {'flavor': {'name': name, 'ram': ram, 'disk': disk, 'vcpus': 1}})['flavor'])

    # ---- networks
    def network(self, name, title, **fields):
        return self.step(title, self.named('network', '/v2.0/networks', name), lambda: self.cloud.post(
            'network', '/v2.0/networks', {'network': dict(name=name, **fields)})['network'])

    def subnet(self, name, network, cidr, **fields):
        return self.step('subnet %s: %s' % (name, cidr), self.named('network', '/v2.0/subnets', name),
                         lambda: self.cloud.post('network', '/v2.0/subnets', {'subnet': dict(
                             name=name, network_id=network['id'], ip_version=4, cidr=cidr, **fields)})['subnet'])

    def external_network(self):
        network = self.network('public', 'external network public: flat on %s' % self.args.physical_network, **{
            'router:external': True, 'shared': False, 'provider:network_type': 'flat',
            'provider:physical_network': self.args.physical_network})
        prefix = self.args.external_cidr.rsplit('.', 1)[0]
        self.subnet('public-v4', network, self.args.external_cidr, gateway_ip=prefix + '.1', enable_dhcp=False,
                    allocation_pools=[{'start': prefix + '.10', 'end': prefix + '.250'}])
        return network

    def router(self, name, outside, inside):
        router = self.step('router %s: gateway on %s' % (name, outside['name']),
                           self.named('network', '/v2.0/routers', name),
                           lambda: self.cloud.post('network', '/v2.0/routers', {'router': {
                               'name': name, 'external_gateway_info': {'network_id': outside['id']}}})['router'])

        def find():
            ports = self.cloud.get('network', '/v2.0/ports?device_id=' + router['id'])['ports']
            return next((p for p in ports if any(f['subnet_id'] == inside['id'] for f in p['fixed_ips'])), None)
        self.step('router %s: interface on %s' % (name, inside['name']), find, lambda: self.cloud.put(
            'network', '/v2.0/routers/%s/add_router_interface' % router['id'], {'subnet_id': inside['id']}))
        return router

    def security_group(self):
        group = self.step('security group %s' % GROUP,
                          self.named('network', '/v2.0/security-groups', GROUP, project_id=self.cloud.project),
                          lambda: self.cloud.post('network', '/v2.0/security-groups', {'security_group': {
                              'name': GROUP, 'description': 'lets in ssh and ping'}})['security_group'])
        for protocol, ports in (('tcp', {'port_range_min': 22, 'port_range_max': 22}), ('icmp', {})):
            wanted = dict(ports, protocol=protocol, direction='ingress', ethertype='IPv4')

            def find(wanted=wanted):
                rules = self.cloud.get('network', '/v2.0/security-group-rules?security_group_id=' + group['id'])
                return next((r for r in rules['security_group_rules']
                             if all(r.get(k) == v for k, v in wanted.items())), None)
            self.step('  rule: in, %s%s' % (protocol, ' 22' if ports else ''), find,
                      lambda wanted=wanted: self.cloud.post('network', '/v2.0/security-group-rules', {
                          'security_group_rule': dict(wanted, security_group_id=group['id'])}))
        return group

    # ---- key and server
    def keypair(self, path):
        def find():
            pairs = [k['keypair'] for k in self.cloud.get('compute', '/os-keypairs')['keypairs']]
            pair = next((k for k in pairs if k['name'] == KEY), None)
            if pair and not os.path.exists(path):
                self.cloud.delete('compute', '/os-keypairs/' + KEY)    # its private half is lost
                return None
            return pair

        def make():
            body = {'name': KEY}
            try:
                if not os.path.exists(path):
                    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'welkin quickstart', '-f', path],
                                   check=True)
                with open(path + '.pub') as f:
                    body['public_key'] = f.read().strip()
            except FileNotFoundError:
                pass    # no ssh-keygen here: the cloud makes the pair
            pair = self.cloud.post('compute', '/os-keypairs', {'keypair': body})['keypair']
            if 'private_key' in pair:
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
                    f.write(pair['private_key'])
            return pair
        return self.step('keypair %s' % KEY, find, make)

    def server(self, image, flavor, network, group):
        def find():
            found = self.cloud.named('compute', '/servers/detail', SERVER)
            if found and found['status'] == 'ERROR':
                raise Refused('boot', SERVER, 500, 'an earlier run left it in ERROR: %s; "openstack server delete %s" '
                              'and try again' % (found.get('fault', {}).get('message'), SERVER))
            return found

        def a_host():
            services = self.cloud.get('compute', '/os-services?binary=nova-compute')['services']
            return next((s for s in services if s['state'] == 'up' and s['status'] == 'enabled'), None)

        def make():
            wait_until(60, 'a host for servers', a_host)    # it may still be finding out what it can do
            made = self.cloud.post('compute', '/servers', {'server': {
                'name': SERVER, 'imageRef': image['id'], 'flavorRef': flavor['id'], 'key_name': KEY,
                'networks': [{'uuid': network['id']}], 'security_groups': [{'name': group['name']}]}})['server']

            def settled():
                now = self.cloud.get('compute', '/servers/' + made['id'])['server']
                if now['status'] == 'ERROR':
                    raise Refused('boot', SERVER, 500, now.get('fault', {}).get('message', 'no reason given'))
                return now if now['status'] == 'ACTIVE' else None
            return wait_until(300, 'ACTIVE server', settled)
        return self.step('server %s: ACTIVE' % SERVER, find, make)

    def floating_ip(self, server, outside):
        port = self.cloud.get('network', '/v2.0/ports?device_id=' + server['id'])['ports'][0]

        def find():
            return next(iter(self.cloud.get('network', '/v2.0/floatingips?port_id=' + port['id'])['floatingips']), None)
        return self.step('floating IP for %s' % SERVER, find, lambda: self.cloud.post(
            'network', '/v2.0/floatingips', {'floatingip': {
                'floating_network_id': outside['id'], 'port_id': port['id']}})['floatingip'])['floating_ip_address']

    def powered(self, server):
        """Starts it when it is off: its host lost its power, and may have said so only now."""
        now = self.cloud.get('compute', '/servers/' + server['id'])['server']
        if now['status'] == 'SHUTOFF' and not now['OS-EXT-STS:task_state']:
            self.cloud.post('compute', '/servers/%s/action' % server['id'], {'os-start': None})

    def ssh(self, argv, server):
        def answers():
            self.powered(server)
            done = subprocess.run(argv + ['hostname'], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            return done.stdout.strip() if done.returncode == 0 else None
        begin = time.monotonic()
        try:
            name = wait_until(self.args.ssh_timeout, 'ssh', answers)
        except TimeoutError:
            print('  FAIL no ssh after %d s; the end of the guest\'s console:' % self.args.ssh_timeout)
            log = self.cloud.post('compute', '/servers/%s/action' % server['id'], {'os-getConsoleOutput': {'length': 25}})
            print(re.sub('^', '       | ', log['output'], flags=re.M))
            raise
        print('  ok   %-56s %6.1f s  it calls itself "%s"' % ('ssh answers', time.monotonic() - begin, name), flush=True)

    # ---- all of it
    def run(self):
        args = self.args
        os.makedirs(os.path.join(args.home, 'quickstart'), mode=0o700, exist_ok=True)
        key = os.path.join(args.home, 'quickstart', 'id_ed25519')
        if args.only_network:
            self.external_network()
            return
        image = self.image()
        flavors = [self.flavor(*f) for f in FLAVORS]
        outside = self.external_network()
        inside = self.network('private', 'network private')
        subnet = self.subnet('private-v4', inside, '10.0.0.0/24', dns_nameservers=args.dns)
        self.router('router', outside, subnet)
        group = self.security_group()
        self.keypair(key)
        server = self.server(image, flavors[0], inside, group)
        address = self.floating_ip(server, outside)
        ssh = ['ssh', '-i', key, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5', '-o', 'LogLevel=ERROR',
               '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', 'cirros@' + address]
        if not args.simulated:
            self.ssh(ssh, server)
        self.farewell(address, key)

    def farewell(self, address, key):
        def short(path):
            return './' + os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path
        auth = self.cloud.env['OS_AUTH_URL']
        print('\n%s\n' % ('Nothing had to be made: all of it was there.' if not self.made else 'Your cloud stands.'))
        print('  endpoint    %s' % auth)
        print('  clients     OS_CLIENT_CONFIG_FILE=%s OS_CLOUD=welkin, or: . %s' % (
            short(os.path.join(self.args.home, 'clouds.yaml')), short(os.path.join(self.args.home, 'openrc'))))
        if self.args.simulated:
            print('  server      %s at %s, on a simulated host: there is nothing to ssh into' % (SERVER, address))
        else:
            print('  ssh         ssh -i %s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null cirros@%s' % (
                short(key), address))
        print('  dashboard   %s (to come)' % re.sub(r'/v3/?$', '/dashboard', auth))
        print('  look        openstack server list; openstack console log show %s' % SERVER)
        print('  stop        %s\n' % self.args.stop)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--home', required=True)
    p.add_argument('--image', help='the guest image; without one an empty disk')
    p.add_argument('--simulated', action='store_true', help='hosts are simulated: nothing answers ssh')
    p.add_argument('--external-cidr', default='172.24.4.0/24')
    p.add_argument('--physical-network', default='external')
    p.add_argument('--dns', action='append', default=[])
    p.add_argument('--stop', default='./welkin down       start again: ./welkin up', help='what the farewell says of that')
    p.add_argument('--only-network', action='store_true', help='make the external network and nothing else')
    p.add_argument('--ssh-timeout', type=int, default=180)
    try:
        Walk(p.parse_args()).run()
    except (Refused, TimeoutError) as e:
        print('  FAIL %s' % e, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
