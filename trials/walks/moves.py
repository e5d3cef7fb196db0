#!/usr/bin/python3
"""Every way a server moves, typed with the openstack client against a cloud with at least three simulated hosts.
usage: moves.py OPENRC"""
import os
import sys
import tempfile

from client import Walk


def column(rows, name):
    return [r[name] for r in rows]


def host(w, server):
    return w.show('server', 'show', server)['OS-EXT-SRV-ATTR:host']


def status(w, server):
    return w.show('server', 'show', server)['status']


def becomes(w, server, wanted):
    w.until('%s becomes %s' % (server, wanted), 60, lambda: status(w, server) == wanted)


def hosts(w):
    return column(w.show('compute', 'service', 'list', '--service', 'nova-compute'), 'Host')


def build(w, folder):
    with w.chapter('what a server needs'):
        raw = os.path.join(folder, 'disk.raw')
        with open(raw, 'wb') as f:
            f.write(os.urandom(1 << 20))
        w.do('image', 'create', '--file', raw, '--disk-format', 'raw', '--public', 'moves-image')
        w.do('flavor', 'create', '--ram', '128', '--disk', '1', '--vcpus', '1', 'moves.small')
        w.do('flavor', 'create', '--ram', '256', '--disk', '2', '--vcpus', '2', 'moves.big')
        w.do('network', 'create', 'moves-net')
        w.do('subnet', 'create', '--network', 'moves-net', '--subnet-range', '10.79.0.0/24', 'moves-v4')
        w.do('server', 'create', '--image', 'moves-image', '--flavor', 'moves.small', '--network', 'moves-net', '--wait', 'mover')
        w.check('there are three hosts', len(hosts(w)) >= 3)


def cold(w):
    with w.chapter('server migrate, confirm, revert'):
        before, address = host(w, 'mover'), str(w.show('server', 'show', 'mover')['addresses'])
        w.do('server', 'migrate', '--wait', 'mover')
        w.same('it waits', status(w, 'mover'), 'VERIFY_RESIZE')
        w.check('it is elsewhere', host(w, 'mover') != before)
        w.do('server', 'migration', 'confirm', 'mover')
        becomes(w, 'mover', 'ACTIVE')
        w.same('its address stayed', str(w.show('server', 'show', 'mover')['addresses']), address)
        before = host(w, 'mover')
        to = next(h for h in hosts(w) if h != before)
        w.do('--os-compute-api-version', '2.56', 'server', 'migrate', '--host', to, '--wait', 'mover')
        w.same('it went where it was sent', host(w, 'mover'), to)
        w.do('server', 'migration', 'revert', 'mover')
        becomes(w, 'mover', 'ACTIVE')
        w.same('it is back', host(w, 'mover'), before)
    with w.chapter('server resize, confirm, revert'):
        w.do('server', 'resize', '--flavor', 'moves.big', '--wait', 'mover')
        w.same('it waits', status(w, 'mover'), 'VERIFY_RESIZE')
        w.do('server', 'resize', 'revert', 'mover')
        becomes(w, 'mover', 'ACTIVE')
        w.check('it is small again', 'moves.small' in str(w.show('server', 'show', 'mover')['flavor']))
        w.do('server', 'resize', '--flavor', 'moves.big', '--wait', 'mover')
        w.do('server', 'resize', 'confirm', 'mover')
        becomes(w, 'mover', 'ACTIVE')
        w.check('it is big', 'moves.big' in str(w.show('server', 'show', 'mover')['flavor']))
        w.refused(('400', 'disk'), 'server', 'resize', '--flavor', 'moves.small', 'mover')
        w.refused(('409', 'Cannot', '400'), 'server', 'resize', 'confirm', 'mover')
    with w.chapter('server migration list, server event list'):
        rows = w.show('--os-compute-api-version', '2.80', 'server', 'migration', 'list', '--server', 'mover')
        w.check('they are listed', {'confirmed', 'reverted'} <= set(column(rows, 'Status')), rows)
        w.check('with their types', {'migration', 'resize'} <= set(column(rows, 'Type')), rows)
        rows = w.show('--os-compute-api-version', '2.80', 'server', 'migration', 'list', '--status', 'reverted', '--limit', '1')
        w.same('a page of one', len(rows), 1)
        events = column(w.show('server', 'event', 'list', 'mover'), 'Action')
        w.check('events', {'migrate', 'resize', 'confirmResize', 'revertResize'} <= set(events), events)


def live(w):
    with w.chapter('server migrate --live-migration'):
        before = host(w, 'mover')
        w.do('--os-compute-api-version', '2.30', 'server', 'migrate', '--live-migration', '--wait', 'mover')
        w.same('it runs', status(w, 'mover'), 'ACTIVE')
        w.check('elsewhere', host(w, 'mover') != before)
        before = host(w, 'mover')
        to = next(h for h in hosts(w) if h != before)
        w.do('--os-compute-api-version', '2.30', 'server', 'migrate', '--live-migration', '--host', to,
             '--block-migration', '--wait', 'mover')
        w.same('where it was sent', host(w, 'mover'), to)
        w.do('--os-compute-api-version', '2.24', 'server', 'migrate', '--live-migration', '--block-migration', '--wait', 'mover')
        w.check('the old way', host(w, 'mover') != to)
        rows = w.show('--os-compute-api-version', '2.80', 'server', 'migration', 'list', '--type', 'live-migration')
        w.check('they are listed', column(rows, 'Status').count('completed') >= 3, rows)
        number = str(rows[0]['Id'])
        w.refused(('404', 'not in progress', 'not found', 'No'), '--os-compute-api-version', '2.80', 'server', 'migration', 'show', 'mover', number)
        w.refused(('400', '404', 'Cannot', 'not'), '--os-compute-api-version', '2.80', 'server', 'migration', 'abort', 'mover', number)
        w.refused(('400', '404', 'Cannot', 'not'), '--os-compute-api-version', '2.80', 'server', 'migration', 'force', 'complete', 'mover', number)


def dead(w):
    with w.chapter('compute service set, server evacuate'):
        down = host(w, 'mover')
        w.refused(('400', 'still in use'), 'server', 'evacuate', 'mover')
        w.do('--os-compute-api-version', '2.11', 'compute', 'service', 'set', '--down', down, 'nova-compute')
        row = next(s for s in w.show('compute', 'service', 'list') if s['Host'] == down)
        w.same('it is down', row['State'], 'down')
        address = str(w.show('server', 'show', 'mover')['addresses'])
        code, out, err = w.run('--os-compute-api-version', '2.68', 'server', 'evacuate', 'mover')
        # this client asks the answer for an id it does not have; what it asked for is done
        w.check('server evacuate mover', code == 0 or 'TupleWithMeta' in out + err, out + err)
        w.until('it is evacuated', 60, lambda: host(w, 'mover') != down)
        becomes(w, 'mover', 'ACTIVE')
        w.check('it lives elsewhere', host(w, 'mover') != down)
        w.same('its address stayed', str(w.show('server', 'show', 'mover')['addresses']), address)
        w.do('--os-compute-api-version', '2.11', 'compute', 'service', 'set', '--up', down, 'nova-compute')
        w.until('the old host has forgotten it', 90, lambda: 'completed' in column(
            w.show('--os-compute-api-version', '2.80', 'server', 'migration', 'list', '--type', 'evacuation'), 'Status'))
    with w.chapter('compute service set --disable'):
        here = host(w, 'mover')
        others = [h for h in hosts(w) if h != here]
        for h in others:
            w.do('compute', 'service', 'set', '--disable', '--disable-reason', 'the walk', h, 'nova-compute')
        row = next(s for s in w.show('compute', 'service', 'list', '--long') if s['Host'] == others[0])
        w.same('with its reason', (row['Status'], row['Disabled Reason']), ('disabled', 'the walk'))
        w.do('server', 'migrate', 'mover')
        w.until('nowhere to go', 30, lambda: 'error' in column(
            w.show('--os-compute-api-version', '2.80', 'server', 'migration', 'list', '--server', 'mover'), 'Status'))
        w.same('it runs on', (status(w, 'mover'), host(w, 'mover')), ('ACTIVE', here))
        for h in others:
            w.do('compute', 'service', 'set', '--enable', h, 'nova-compute')


def placed(w):
    def boot(name, *more):
        w.do(*[m for m in more if m.startswith('--os-')], *(['2.74'] if '--os-compute-api-version' in more else []),
             'server', 'create', '--image', 'moves-image', '--flavor', 'moves.small', '--network', 'moves-net',
             *[m for m in more if not m.startswith('--os-')], '--wait', name)
        return host(w, name)
    names = hosts(w)
    with w.chapter('where a server is wanted'):
        w.same('zone:host', boot('at-zone-host', '--availability-zone', 'nova:' + names[1]), names[1])
        w.same('--host', boot('at-host', '--os-compute-api-version', '--host', names[2]), names[2])
        w.same('--hypervisor-hostname', boot('at-node', '--os-compute-api-version', '--hypervisor-hostname', names[0]), names[0])
        ids = {n: w.show('server', 'show', n)['id'] for n in ('at-host', 'at-node')}
        w.same('same_host', boot('with', '--hint', 'same_host=' + ids['at-host']), names[2])
        w.check('different_host', boot('apart', '--hint', 'different_host=' + ids['at-host']) != names[2])
        w.do('server', 'delete', '--wait', 'at-zone-host', 'at-host', 'at-node', 'with', 'apart')
    with w.chapter('aggregates'):
        w.do('aggregate', 'create', '--zone', 'moves-zone', 'moves-aggregate')
        w.do('aggregate', 'add', 'host', 'moves-aggregate', names[0])
        w.do('aggregate', 'set', '--property', 'ssd=true', 'moves-aggregate')
        w.check('the zone is there', 'moves-zone' in column(w.show('availability', 'zone', 'list', '--compute'), 'Zone Name'))
        w.same('by zone', boot('in-zone', '--availability-zone', 'moves-zone'), names[0])
        w.do('flavor', 'create', '--ram', '128', '--disk', '1', '--vcpus', '1',
             '--property', 'aggregate_instance_extra_specs:ssd=true', 'moves.ssd')
        w.do('server', 'create', '--image', 'moves-image', '--flavor', 'moves.ssd', '--network', 'moves-net', '--wait', 'on-ssd')
        w.same('by extra spec', host(w, 'on-ssd'), names[0])
        w.refused(('409', '400', 'not empty', 'Conflict'), 'aggregate', 'delete', 'moves-aggregate')
        w.do('server', 'delete', '--wait', 'in-zone', 'on-ssd')
        w.do('aggregate', 'remove', 'host', 'moves-aggregate', names[0])
        w.do('aggregate', 'delete', 'moves-aggregate')
        w.do('flavor', 'delete', 'moves.ssd')
    with w.chapter('server groups'):
        w.do('--os-compute-api-version', '2.64', 'server', 'group', 'create', '--policy', 'anti-affinity', '--rule', 'max_server_per_host=1', 'apart')
        w.do('--os-compute-api-version', '2.64', 'server', 'group', 'create', '--policy', 'soft-affinity', 'together')
        apart = w.show('server', 'group', 'list')
        group = {g['Name']: g['ID'] for g in apart}
        where = [boot('apart-%d' % i, '--hint', 'group=' + group['apart']) for i in range(3)]
        w.same('apart', len(set(where)), 3)
        where = [boot('together-%d' % i, '--hint', 'group=' + group['together']) for i in range(3)]
        w.same('together', len(set(where)), 1)
        w.do('server', 'delete', '--wait', *['%s-%d' % (n, i) for n in ('apart', 'together') for i in range(3)])
        w.do('server', 'group', 'delete', 'apart', 'together')


def away(w):
    with w.chapter('all of it away again'):
        w.do('server', 'delete', '--wait', 'mover')
        w.do('network', 'delete', 'moves-net')
        used = [w.show('resource', 'provider', 'usage', 'show', p['uuid']) for p in w.show('resource', 'provider', 'list')]
        w.check('no allocation left', all(u['usage'] == 0 for us in used for u in us), used)
        w.do('image', 'delete', 'moves-image')
        w.do('flavor', 'delete', 'moves.small', 'moves.big')


def main(openrc):
    w = Walk(openrc)
    with tempfile.TemporaryDirectory() as folder:
        build(w, folder)
        cold(w)
        live(w)
        dead(w)
        placed(w)
        away(w)
    return w.end()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
