#!/usr/bin/python3
"""Makes what load.py works on: bench-image, bench.tiny, bench-net, and no quota in the way. usage: prepare.py OPENRC"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools'))
from rest import Cloud, openrc  # noqa: E402


def main(path):
    cloud = Cloud(openrc(path))
    cloud.put('compute', '/os-quota-sets/' + cloud.project, {'quota_set': {
        'instances': -1, 'cores': -1, 'ram': -1, 'force': True}})
    cloud.put('network', '/v2.0/quotas/' + cloud.project, {'quota': {'port': -1, 'network': -1, 'subnet': -1}})
    if not cloud.named('image', '/v2/images', 'bench-image'):
        image = cloud.post('image', '/v2/images', {'name': 'bench-image', 'disk_format': 'raw', 'container_format': 'bare',
                                                   'visibility': 'public'})
        with tempfile.NamedTemporaryFile() as f:
            f.truncate(1 << 20)
            cloud.upload(image['id'], f.name)
    if not any(f['name'] == 'bench.tiny' for f in cloud.get('compute', '/flavors')['flavors']):
        cloud.post('compute', '/flavors', {'flavor': {'name': 'bench.tiny', 'ram': 64, 'disk': 1, 'vcpus': 1}})
    if not cloud.named('network', '/v2.0/networks', 'bench-net'):
        net = cloud.post('network', '/v2.0/networks', {'network': {'name': 'bench-net'}})['network']
        cloud.post('network', '/v2.0/subnets', {'subnet': {
            'network_id': net['id'], 'ip_version': 4, 'cidr': '10.32.0.0/16', 'enable_dhcp': False}})


if __name__ == '__main__':
    main(sys.argv[1])
