#!/usr/bin/python3
"""Writes WORKSPACE/etc/tempest.conf for the cloud of the OS_* variables. usage: configure.py WORKSPACE FEATURES.INI

What a cloud can do and cannot say by itself stands in features.ini; the rest is asked from the cloud. Images and
flavors that Tempest needs are made when they are not there.
"""
import configparser
import os
import sys
import tempfile

import openstack

ENV = os.environ.get


def images(conn):
    """Two public images; Tempest wants an alternative one for rebuilds."""
    have = {i.name: i for i in conn.image.images() if i.status == 'active'}
    for name in ('tempest-image', 'tempest-image-alt'):
        if name not in have:
            file = ENV('IMAGE_FILE')
            if not file:
                with tempfile.NamedTemporaryFile(delete=False) as f:
                    f.truncate(1 << 20)
                file = f.name
            have[name] = conn.create_image(
                name, filename=file, disk_format='qcow2' if ENV('IMAGE_FILE') else 'raw', container_format='bare',
                wait=True, visibility='public')
            if not ENV('IMAGE_FILE'):
                os.unlink(file)
    return have['tempest-image'].id, have['tempest-image-alt'].id


def flavors(conn):
    have = {f.name: f for f in conn.compute.flavors()}
    ram = int(ENV('FLAVOR_RAM', '64'))
    for name, mb, gb in (('tempest.nano', ram, 1), ('tempest.micro', 2 * ram, 2)):
        if name not in have:
            have[name] = conn.compute.create_flavor(name=name, ram=mb, disk=gb, vcpus=1)
    return have['tempest.nano'].id, have['tempest.micro'].id


def compute_versions(conn):
    endpoint = conn.compute.get_endpoint().split('/v2.1')[0]
    answer = conn.session.get(endpoint + '/').json()
    return next(v for v in answer['versions'] if v['id'] == 'v2.1')


def main(ws, features):
    conn = openstack.connect()
    services = {s['type'] for s in conn.service_catalog}
    cfg = configparser.RawConfigParser()
    cfg.optionxform = str

    def put(section, **options):
        if section != 'DEFAULT' and not cfg.has_section(section):
            cfg.add_section(section)
        for key, value in options.items():
            if value is not None:
                cfg.set(section, key, str(value).lower() if isinstance(value, bool) else str(value))

    region = ENV('OS_REGION_NAME') or 'RegionOne'
    auth = ENV('OS_AUTH_URL').rstrip('/')
    put('DEFAULT', debug=True, log_file='tempest.log', log_dir=ws + '/logs', use_stderr=False)
    put('oslo_concurrency', lock_path=ws + '/lock')
    put('auth', use_dynamic_credentials=True, create_isolated_networks='network' in services, tempest_roles='member',
        admin_username=ENV('OS_USERNAME'), admin_password=ENV('OS_PASSWORD'), admin_project_name=ENV('OS_PROJECT_NAME'),
        admin_domain_name=ENV('OS_USER_DOMAIN_NAME', 'Default'), default_credentials_domain_name='Default')
    if ENV('PERSONAS') == '1':
        cfg.remove_option('auth', 'admin_project_name')
        put('auth', admin_system='all')
    put('identity', uri_v3=auth, uri=auth.replace('/v3', '/v2.0'), auth_version='v3', region=region,
        v3_endpoint_type='public', default_domain_id=ENV('OS_DEFAULT_DOMAIN_ID', 'default'), admin_role='admin')
    put('service_available', **{name: kind in services for name, kind in dict(
        cinder='block-storage', neutron='network', glance='image', swift='object-store', nova='compute').items()})
    external = None
    if 'network' in services:
        external = next(iter(conn.network.networks(is_router_external=True)), None)
        put('network', region=region, project_network_cidr='10.100.0.0/16', project_network_mask_bits=28,
            project_networks_reachable=False, build_interval=1, build_timeout=120)
        if external:
            put('network', public_network_id=external.id, floating_network_name=external.name)
        put('network-feature-enabled', available_features='all',
            api_extensions=','.join(sorted(e.alias for e in conn.network.extensions())))
    if 'image' in services:
        ref, alt = images(conn)
        put('image', region=region)
        put('compute', image_ref=ref, image_ref_alt=alt)
    if 'compute' in services:
        nano, micro = flavors(conn)
        version = compute_versions(conn)
        put('compute', flavor_ref=nano, flavor_ref_alt=micro, region=region, endpoint_type='public', build_interval=1,
            build_timeout=ENV('BUILD_TIMEOUT', '120'), ready_wait=0, min_microversion=version['min_version'],
            max_microversion=version['version'],
            min_compute_nodes=max(1, len(list(conn.compute.hypervisors()))))
        put('placement', region=region)
    validation = ENV('RUN_VALIDATION') == '1'
    put('validation', run_validation=validation, connect_method='floating', auth_method='keypair',
        image_ssh_user='cirros', image_ssh_password='gocubsgo', ping_timeout=90, ssh_timeout=180,
        network_for_ssh=external.name if external else None, security_group=True, security_group_rules=True)
    put('scenario', img_file=ENV('IMAGE_FILE'), img_disk_format='qcow2')
    flags = configparser.RawConfigParser()
    flags.optionxform = str
    flags.read(features)
    for section in flags.sections():
        put(section, **dict(flags.items(section)))
    with open(os.open(ws + '/etc/tempest.conf', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
        cfg.write(f)
    print('Tempest: %s/etc/tempest.conf; external network: %s' % (ws, external.name if external else 'none'))


if __name__ == '__main__':
    main(*sys.argv[1:])
