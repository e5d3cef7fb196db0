#!/usr/bin/python3
"""Every client command people know, typed against a cloud with simulated hosts. usage: simulated.py OPENRC"""
import os
import re
import sys
import tempfile

from client import Walk

TABLE = re.compile(r'^\+-+\+.*\n\|', re.M)


def ids(rows):
    return [r['ID'] for r in rows]


def column(rows, name):
    return [r[name] for r in rows]


def identity(w):
    with w.chapter('token and catalogue'):
        token = w.show('token', 'issue')
        w.check('a token has its fields', {'expires', 'id', 'project_id', 'user_id'} <= set(token), token)
        w.check('tables are tables', TABLE.search(w.do('service', 'list')))
        services = w.show('service', 'list')
        types = set(column(services, 'Type'))
        w.check('services', {'identity', 'image', 'compute', 'network', 'placement'} <= types, types)
        catalog = w.show('catalog', 'list')
        w.check('catalogue', {c['Type'] for c in catalog} >= {'identity', 'compute'}, catalog)
        ends = w.show('endpoint', 'list')
        w.check('endpoints have public interfaces', 'public' in column(ends, 'Interface'), ends)
        w.do('catalog', 'show', 'compute')
        w.do('endpoint', 'list', '--service', 'compute', '--interface', 'public')
        w.do('region', 'list')
    with w.chapter('domains, projects, users, groups, roles'):
        w.show('domain', 'create', '--description', 'walk', 'walk-domain')
        w.do('domain', 'show', 'walk-domain')
        w.check('domain list', 'walk-domain' in column(w.show('domain', 'list'), 'Name'))
        project = w.show('project', 'create', '--domain', 'default', '--description', 'of the walk', 'walk')
        w.same('project show', w.show('project', 'show', 'walk')['description'], 'of the walk')
        w.do('project', 'set', '--property', 'colour=blue', 'walk')
        w.check('project list', 'walk' in column(w.show('project', 'list'), 'Name'))
        user = w.show('user', 'create', '--project', 'walk', '--password', 'walk-pass-1', '--email', 'w@example.org', 'walker')
        w.same('user show', w.show('user', 'show', 'walker')['email'], 'w@example.org')
        w.do('user', 'create', '--password', 'other-pass-1', 'stranger')
        w.check('user list', {'walker', 'stranger'} <= set(column(w.show('user', 'list'), 'Name')))
        w.do('group', 'create', 'walkers')
        w.do('group', 'add', 'user', 'walkers', 'walker')
        w.do('group', 'contains', 'user', 'walkers', 'walker')
        w.check('group list', 'walkers' in column(w.show('group', 'list'), 'Name'))
        w.do('group', 'show', 'walkers')
        w.do('role', 'create', 'walk-role')
        w.check('role list', {'admin', 'manager', 'member', 'reader', 'walk-role'} <= set(column(w.show('role', 'list'), 'Name')))
        w.do('role', 'show', 'walk-role')
        w.do('role', 'add', '--project', 'walk', '--user', 'walker', 'member')
        w.do('role', 'add', '--project', 'walk', '--group', 'walkers', 'walk-role')
        rows = w.show('role', 'assignment', 'list', '--project', 'walk', '--names')
        w.check('role assignment list --names', any(r['User'].startswith('walker') and r['Role'] == 'member' for r in rows), rows)
        w.check('effective: groups and implied roles', {'member', 'reader'} <= {
            r['Role'] for r in w.show('role', 'assignment', 'list', '--project', 'walk', '--user', 'walker', '--effective', '--names')})
        w.do('role', 'remove', '--project', 'walk', '--group', 'walkers', 'walk-role')
        w.do('role', 'delete', 'walk-role')
        w.do('group', 'remove', 'user', 'walkers', 'walker')
        w.do('group', 'delete', 'walkers')
        w.do('domain', 'set', '--disable', 'walk-domain')
        w.do('domain', 'delete', 'walk-domain')
        w.refused(('Conflict', '409'), 'user', 'create', '--password', 'x-pass-1', 'walker')
        w.refused('No user with a name or ID', 'user', 'show', 'nobody-here')
    return project, user


def admin(w, folder):
    with w.chapter('flavors'):
        w.show('flavor', 'create', '--ram', '256', '--disk', '1', '--vcpus', '1', '--property', 'hw_rng:allowed=True', 'walk.small')
        w.same('flavor show', w.show('flavor', 'show', 'walk.small')['ram'], 256)
        w.check('flavor list', 'walk.small' in column(w.show('flavor', 'list'), 'Name'))
        w.do('flavor', 'set', '--property', 'quota:cpu_shares=100', 'walk.small')
        w.do('flavor', 'create', '--ram', '64', '--disk', '99999999', '--vcpus', '1', 'walk.huge')
        w.do('flavor', 'create', '--ram', '64', '--disk', '0', '--vcpus', '1', 'walk.gone')
        w.do('flavor', 'delete', 'walk.gone')
        w.refused(('No flavor', 'No Flavor'), 'flavor', 'show', 'walk.gone')
    with w.chapter('images'):
        raw = os.path.join(folder, 'disk.raw')
        with open(raw, 'wb') as f:
            f.write(os.urandom(1 << 20))
        w.show('image', 'create', '--file', raw, '--disk-format', 'raw', '--public', 'walk-image')
        image = w.show('image', 'show', 'walk-image')
        w.same('image is active', (image['status'], image['size'], image['visibility']), ('active', 1 << 20, 'public'))
        w.check('image list', 'walk-image' in column(w.show('image', 'list'), 'Name'))
        w.do('image', 'save', '--file', raw + '.back', 'walk-image')
        with open(raw, 'rb') as a, open(raw + '.back', 'rb') as b:
            w.check('image save gives the bytes back', a.read() == b.read())
        w.do('image', 'set', '--property', 'os_distro=debian', '--tag', 'walk', 'walk-image')
        w.check('image set', 'walk' in w.show('image', 'show', 'walk-image')['tags'])
        liar = os.path.join(folder, 'liar.qcow2')
        with open(liar, 'wb') as f:
            f.write(b'not a qcow2 at all' * 100)
        status, out, err = w.run('image', 'create', '--file', liar, '--disk-format', 'qcow2', 'liar')
        listed = {i['Name']: i['Status'] for i in w.show('image', 'list')}
        w.check('an image that is not what it claims is refused', status != 0 or listed.get('liar') != 'active', out + err)
        for row in w.show('image', 'list', '--name', 'liar'):
            w.do('image', 'delete', row['ID'])
    with w.chapter('external network'):
        net = w.show('network', 'create', '--external', '--provider-network-type', 'flat',
                     '--provider-physical-network', 'external', 'walk-public')
        w.same('it is flat', (net['provider:network_type'], net['provider:physical_network']), ('flat', 'external'))
        w.do('subnet', 'create', '--network', 'walk-public', '--subnet-range', '203.0.113.0/24', '--no-dhcp',
             '--gateway', '203.0.113.1', 'walk-public-v4')
    with w.chapter('what operators look at'):
        binaries = set(column(w.show('compute', 'service', 'list'), 'Binary'))
        w.check('compute service list', {'nova-scheduler', 'nova-conductor', 'nova-compute'} <= binaries, binaries)
        agents = w.show('network', 'agent', 'list')
        w.check('network agent list', agents and all(a['Alive'] in (True, ':-)') for a in agents), agents)
        hosts = w.show('hypervisor', 'list')
        w.check('hypervisor list', len(hosts) >= 3, hosts)
        w.do('hypervisor', 'show', hosts[0]['Hypervisor Hostname'])
        w.do('hypervisor', 'stats', 'show')
        providers = w.show('resource', 'provider', 'list')
        w.check('resource provider list', len(providers) >= 3, providers)
        inventory = w.show('resource', 'provider', 'inventory', 'list', providers[0]['uuid'])
        w.check('inventories', {'VCPU', 'MEMORY_MB', 'DISK_GB'} <= {i['resource_class'] for i in inventory}, inventory)
        w.do('resource', 'provider', 'usage', 'show', providers[0]['uuid'])
        candidates = w.show('--os-placement-api-version', '1.10', 'allocation', 'candidate', 'list',
                            '--resource', 'VCPU=1', '--resource', 'MEMORY_MB=256')
        w.check('allocation candidates', len(candidates) >= 3, candidates)
        w.check('availability zone list', 'nova' in column(w.show('availability', 'zone', 'list', '--compute'), 'Zone Name'))
        w.do('availability', 'zone', 'list', '--network')
        w.do('quota', 'set', '--instances', '7', '--networks', '9', 'walk')
        quota = w.show('quota', 'show', 'walk')
        quota = {r['Resource']: r['Limit'] for r in quota} if isinstance(quota, list) else quota
        w.same('quota show', (quota['instances'], quota['networks']), (7, 9))
        limits = {r['Name']: r['Value'] for r in w.show('limits', 'show', '--absolute')}
        w.check('limits show', 'maxTotalInstances' in limits, limits)


def tenant(w, folder):
    w.as_user('walker', 'walk-pass-1', 'walk')
    with w.chapter('a tenant: key and networks'):
        private = w.do('keypair', 'create', 'walk-key')
        w.check('keypair create prints the private key', 'PRIVATE KEY' in private)
        w.check('keypair list', 'walk-key' in column(w.show('keypair', 'list'), 'Name'))
        w.do('network', 'create', 'walk-net')
        w.do('subnet', 'create', '--network', 'walk-net', '--subnet-range', '10.77.0.0/24', '--dns-nameserver', '192.0.2.53', 'walk-v4')
        w.do('network', 'create', 'walk-net-2')
        w.do('subnet', 'create', '--network', 'walk-net-2', '--subnet-range', '10.78.0.0/24', 'walk-v4-2')
        port = w.show('port', 'create', '--network', 'walk-net', '--fixed-ip', 'subnet=walk-v4,ip-address=10.77.0.99', 'walk-port')
        w.same('the port has the address', port['fixed_ips'][0]['ip_address'], '10.77.0.99')
        w.do('router', 'create', 'walk-router')
        w.do('router', 'set', '--external-gateway', 'walk-public', 'walk-router')
        w.do('router', 'add', 'subnet', 'walk-router', 'walk-v4')
        w.do('router', 'show', 'walk-router')
        w.do('security', 'group', 'create', 'walk-sg')
        w.do('security', 'group', 'rule', 'create', '--proto', 'tcp', '--dst-port', '22', 'walk-sg')
        w.do('security', 'group', 'rule', 'create', '--proto', 'icmp', 'walk-sg')
        rules = w.show('security', 'group', 'rule', 'list', 'walk-sg')
        w.check('rules', len(rules) == 4, rules)
    with w.chapter('a server'):
        data = os.path.join(folder, 'user-data')
        with open(data, 'w') as f:
            f.write('#!/bin/sh\necho walk\n')
        server = w.show('server', 'create', '--image', 'walk-image', '--flavor', 'walk.small', '--network', 'walk-net',
                        '--key-name', 'walk-key', '--security-group', 'walk-sg', '--user-data', data,
                        '--config-drive', 'True', '--property', 'who=walk', '--wait', 'walk-server')
        w.same('it is ACTIVE', server['status'], 'ACTIVE')
        server = w.show('server', 'show', 'walk-server')
        w.check('it has an address', '10.77.0.' in str(server['addresses']), server['addresses'])
        w.check('its properties', 'walk' in str(server['properties']), server['properties'])
        w.check('server list', 'walk-server' in column(w.show('server', 'list'), 'Name'))
        w.do('server', 'set', '--name', 'walk-renamed', 'walk-server')
        w.do('server', 'set', '--name', 'walk-server', 'walk-renamed')
        w.do('server', 'set', '--property', 'more=1', 'walk-server')

        def becomes(status):
            w.until('becomes %s' % status, 30, lambda: w.show('server', 'show', 'walk-server')['status'] == status)
        for words, after in ((('stop',), 'SHUTOFF'), (('start',), 'ACTIVE'), (('pause',), 'PAUSED'),
                             (('unpause',), 'ACTIVE'), (('suspend',), 'SUSPENDED'), (('resume',), 'ACTIVE')):
            w.do('server', *words, 'walk-server')
            becomes(after)
        w.do('server', 'reboot', '--soft', '--wait', 'walk-server')
        becomes('ACTIVE')
        w.do('server', 'reboot', '--hard', '--wait', 'walk-server')
        becomes('ACTIVE')
        w.refused(('409', 'Conflict', 'Cannot'), 'server', 'start', 'walk-server')
        w.do('server', 'lock', 'walk-server')
        w.refused(('locked', '409'), 'server', 'stop', 'walk-server')
        w.do('server', 'unlock', 'walk-server')
        w.do('console', 'log', 'show', 'walk-server')
    with w.chapter('addresses, interfaces, events'):
        fip = w.show('floating', 'ip', 'create', 'walk-public')['floating_ip_address']
        w.do('server', 'add', 'floating', 'ip', 'walk-server', fip)
        w.check('the server shows it', fip in str(w.show('server', 'show', 'walk-server')['addresses']))
        w.do('server', 'remove', 'floating', 'ip', 'walk-server', fip)
        w.do('floating', 'ip', 'delete', fip)
        w.do('server', 'add', 'port', 'walk-server', 'walk-port')
        w.until('the port is there', 20, lambda: '10.77.0.99' in str(w.show('server', 'show', 'walk-server')['addresses']))
        w.do('server', 'remove', 'port', 'walk-server', 'walk-port')
        w.do('server', 'add', 'network', 'walk-server', 'walk-net-2')
        w.until('the network is there', 20, lambda: '10.78.0.' in str(w.show('server', 'show', 'walk-server')['addresses']))
        w.do('server', 'remove', 'network', 'walk-server', 'walk-net-2')
        w.until('the network is gone', 20, lambda: '10.78.0.' not in str(w.show('server', 'show', 'walk-server')['addresses']))
        events = w.show('server', 'event', 'list', 'walk-server')
        w.check('server event list', {'create', 'stop', 'start', 'reboot'} <= set(column(events, 'Action')), events)
        create = next(e for e in events if e['Action'] == 'create')
        w.do('server', 'event', 'show', 'walk-server', create['Request ID'])
    with w.chapter('what must be refused'):
        w.refused(('No flavor', 'No Flavor'), 'server', 'create', '--image', 'walk-image', '--flavor', 'nothing', '--network', 'walk-net', 'x')
        w.do('server', 'create', '--image', 'walk-image', '--flavor', 'walk.huge', '--network', 'walk-net', 'too-big')
        w.until('too big: ERROR', 30, lambda: w.show('server', 'show', 'too-big')['status'] == 'ERROR')
        w.check('and says why', 'No valid host' in str(w.show('server', 'show', 'too-big').get('fault')))
        w.do('server', 'delete', 'too-big')
        w.until('and goes away', 20, lambda: 'too-big' not in column(w.show('server', 'list'), 'Name'))
        w.refused(('403', 'Forbidden', 'not authorized', 'disallowed', "doesn't permit"), 'flavor', 'create', '--ram', '1', '--disk', '0', '--vcpus', '1', 'mine')
        w.refused(('403', 'You are not authorized'), 'user', 'list')
        w.refused(('409', 'in use', 'Conflict'), 'network', 'delete', 'walk-net')
        w.refused(('overlap', '400'), 'subnet', 'create', '--network', 'walk-net', '--subnet-range', '10.77.0.0/25', 'twice')
        w.env['OS_PASSWORD'] = 'wrong'
        w.refused(('401', 'requires authentication'), 'token', 'issue')
        w.as_user('walker', 'walk-pass-1', 'walk')


def away(w):
    w.as_user('walker', 'walk-pass-1', 'walk')
    with w.chapter('all of it away again'):
        w.do('server', 'delete', '--wait', 'walk-server')
        w.same('no server left', w.show('server', 'list'), [])
        w.do('router', 'remove', 'subnet', 'walk-router', 'walk-v4')
        w.do('router', 'delete', 'walk-router')
        w.do('port', 'delete', 'walk-port')
        w.do('network', 'delete', 'walk-net', 'walk-net-2')
        w.do('security', 'group', 'delete', 'walk-sg')
        w.do('keypair', 'delete', 'walk-key')
        w.same('no port left', w.show('port', 'list'), [])
        w.as_user()
        used = [w.show('resource', 'provider', 'usage', 'show', p['uuid']) for p in w.show('resource', 'provider', 'list')]
        w.check('no allocation left', all(u['usage'] == 0 for us in used for u in us), used)
        w.do('image', 'delete', 'walk-image')
        w.do('network', 'delete', 'walk-public')
        w.do('flavor', 'delete', 'walk.small', 'walk.huge')
        w.do('user', 'delete', 'walker', 'stranger')
        w.do('project', 'delete', 'walk')


def main(openrc):
    w = Walk(openrc)
    with tempfile.TemporaryDirectory() as folder:
        identity(w)
        admin(w, folder)
        tenant(w, folder)
        away(w)
    return w.end()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
