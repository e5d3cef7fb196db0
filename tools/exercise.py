#!/usr/bin/python3
"""Walks the reading half of every API: what a first client does. usage: exercise.py OPENRC"""
import sys
import urllib.error

from rest import Cloud, Refused, openrc

LISTS = {
    'identity': ['/users', '/projects', '/roles', '/domains', '/services', '/endpoints', '/role_assignments'],
    'image': ['/v2/images', '/v2/schemas/image'],
    'compute': ['/servers/detail', '/flavors/detail', '/os-keypairs', '/os-services', '/os-hypervisors/detail',
                '/limits', '/os-availability-zone'],
    'network': ['/v2.0/networks', '/v2.0/subnets', '/v2.0/ports', '/v2.0/routers', '/v2.0/security-groups',
                '/v2.0/floatingips', '/v2.0/agents', '/v2.0/extensions'],
    'placement': ['/resource_providers', '/allocation_candidates?resources=VCPU:1'],
}


def main(path):
    cloud = Cloud(openrc(path))
    for service, paths in LISTS.items():
        for path in paths * 3 if service in cloud.endpoints else ():
            try:
                cloud.get(service, path, version='1.39' if service == 'placement' else None)
            except (Refused, urllib.error.URLError, OSError):
                pass    # a service that is not there teaches nothing, and harms nothing


if __name__ == '__main__':
    main(sys.argv[1])
