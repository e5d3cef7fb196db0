#!/usr/bin/python3
"""A domain whose users are in OpenLDAP, as docs/operators/identity-ldap.md connects it, typed with the openstack client.
usage: ldap.py OPENRC"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from client import Walk

SUFFIX = 'dc=example,dc=org'
LDIF = '''\
dn: {s}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=People,{s}
objectClass: organizationalUnit
ou: People

dn: ou=Groups,{s}
objectClass: organizationalUnit
ou: Groups

dn: uid=alice,ou=People,{s}
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: A
mail: alice@example.org
userPassword: alice-pass

dn: uid=bob,ou=People,{s}
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
userPassword: bob-pass

dn: cn=ops,ou=Groups,{s}
objectClass: groupOfNames
cn: ops
member: uid=bob,ou=People,{s}
'''.format(s=SUFFIX)

CONF = '''\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "{s}"
rootdn "cn=welkin,{s}"
rootpw lookup-pass
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
'''


class Slapd:
    def __init__(self, folder):
        self.conf = os.path.join(folder, 'slapd.conf')
        os.mkdir(os.path.join(folder, 'data'))
        with open(self.conf, 'w') as f:
            f.write(CONF.format(s=SUFFIX, folder=folder))
        subprocess.run(['/usr/sbin/slapadd', '-q', '-f', self.conf], input=LDIF, text=True, check=True)
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        self.url = 'ldap://127.0.0.1:%d' % self.port
        self.start()

    def start(self):
        self.process = subprocess.Popen(['/usr/sbin/slapd', '-d', '0', '-f', self.conf, '-h', self.url + '/'])
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError('slapd does not answer')

    def stop(self):
        self.process.kill()
        self.process.wait()


def configure(w, domain, ldap):
    token = w.do('token', 'issue', '-f', 'value', '-c', 'id').strip()
    request = urllib.request.Request(
        '%s/domains/%s/config' % (w.admin['OS_AUTH_URL'], domain), method='PUT',
        data=json.dumps({'config': {'identity': {'driver': 'ldap'}, 'ldap': ldap}}).encode(),
        headers={'X-Auth-Token': token, 'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=30) as answer:
        said = answer.read().decode()
        w.check('the configuration is taken, its password not shown', answer.status == 201 and 'lookup-pass' not in said, said)


def as_person(w, name, password, project='ldap-demo'):
    w.as_user(name, password, project)
    w.env['OS_USER_DOMAIN_NAME'] = 'corp'
    w.env.pop('OS_USER_DOMAIN_ID', None)


def main(openrc):
    w = Walk(openrc)
    with tempfile.TemporaryDirectory() as folder:
        slapd = Slapd(folder)
        try:
            walk(w, slapd)
        finally:
            slapd.stop()
    return w.end()


def walk(w, slapd):
    with w.chapter('a directory is connected'):
        domain = w.show('domain', 'create', 'corp')['id']
        configure(w, domain, {
            'url': slapd.url, 'user': 'cn=welkin,' + SUFFIX, 'password': 'lookup-pass',
            'user_tree_dn': 'ou=People,' + SUFFIX, 'user_id_attribute': 'uid', 'user_name_attribute': 'uid',
            'group_tree_dn': 'ou=Groups,' + SUFFIX, 'group_name_attribute': 'cn'})
        w.same('its users', sorted(u['Name'] for u in w.show('user', 'list', '--domain', 'corp')), ['alice', 'bob'])
        w.same('its groups', [g['Name'] for g in w.show('group', 'list', '--domain', 'corp')], ['ops'])
        w.same('who is in one', [u['Name'] for u in w.show('user', 'list', '--group', 'ops', '--domain', 'corp')], ['bob'])
        w.same('a user', w.show('user', 'show', '--domain', 'corp', 'alice')['email'], 'alice@example.org')
        w.do('group', 'contains', 'user', '--group-domain', 'corp', '--user-domain', 'corp', 'ops', 'bob')
        w.refused('write operations', 'user', 'create', '--domain', 'corp', 'carol')
        w.refused('write operations', 'user', 'set', '--domain', 'corp', '--email', 'x@y', 'alice')
    with w.chapter('roles and logins'):
        w.do('project', 'create', 'ldap-demo')
        w.do('role', 'add', '--user', 'alice', '--user-domain', 'corp', '--project', 'ldap-demo', 'member')
        w.do('role', 'add', '--group', 'ops', '--group-domain', 'corp', '--project', 'ldap-demo', 'reader')
        as_person(w, 'alice', 'alice-pass')
        w.check('a token', w.show('token', 'issue')['id'])
        w.do('network', 'create', 'alices')
        w.do('network', 'delete', 'alices')
        as_person(w, 'bob', 'bob-pass')
        w.do('network', 'list')
        w.refused(('403', 'not allowed', "doesn't allow"), 'network', 'create', 'bobs')
        as_person(w, 'alice', 'wrong')
        w.refused('401', 'token', 'issue')
        as_person(w, 'alice', '*')
        w.refused('401', 'token', 'issue')
        w.as_user()
        rows = w.show('role', 'assignment', 'list', '--names', '--effective', '--project', 'ldap-demo')
        w.check('who may, by name', {'alice@corp', 'bob@corp'} <= {r['User'] for r in rows}, rows)
    with w.chapter('the directory is away, and back'):
        slapd.stop()
        as_person(w, 'alice', 'alice-pass')
        w.refused('503', 'token', 'issue')
        w.as_user()
        w.do('user', 'list')
        slapd.start()
        as_person(w, 'alice', 'alice-pass')
        w.until('alice logs in again', 30, lambda: w.run('token', 'issue')[0] == 0)
    w.as_user()
    with w.chapter('and taken away'):
        w.do('domain', 'set', '--disable', 'corp')
        as_person(w, 'alice', 'alice-pass')
        w.refused('401', 'token', 'issue')
        w.as_user()
        w.do('domain', 'delete', 'corp')
        w.do('project', 'delete', 'ldap-demo')


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
