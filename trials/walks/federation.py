#!/usr/bin/python3
"""Users whom somebody else logs in, as docs/operators/identity-federation.md connects them, typed with the openstack
client: an OpenID provider, a SAML identity provider (pysaml2), a browser, and another cloud ("keystone to keystone").
usage: federation.py OPENRC OPENRC-OF-ANOTHER-CLOUD PROVIDER-PORT ROOT"""
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from client import Walk
from openid_provider import Provider

DASHBOARD = 'http://horizon.example.org/auth/websso/'
OIDC_RULES = [{
    'local': [{'user': {'id': '{0}', 'name': '{1}', 'email': '{2}'}},
              {'group': {'name': 'guests', 'domain': {'id': 'default'}}}],
    'remote': [{'type': 'HTTP_OIDC_SUB'}, {'type': 'HTTP_OIDC_PREFERRED_USERNAME'}, {'type': 'HTTP_OIDC_EMAIL'},
               {'type': 'HTTP_OIDC_GROUPS', 'any_one_of': ['cloud-users']}]}]
ON = ('--os-project-name', 'shared', '--os-project-domain-id', 'default')
SHOWN = ('token', 'issue', '-f', 'json')


def got(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def rules(value, user='REMOTE_USER'):
    out = tempfile.NamedTemporaryFile('w', suffix='.json')
    json.dump(value or [{'local': [{'user': {'name': '{0}'}, 'group': {'name': 'guests', 'domain': {'id': 'default'}}}],
                         'remote': [{'type': user}]}], out)
    out.flush()
    return out


def connect(w, name, protocol, entity, mapping):
    w.as_user()
    with mapping as file:
        w.do('mapping', 'create', '--rules', file.name, name)
    w.do('identity', 'provider', 'create', '--remote-id', entity, name)
    w.do('federation', 'protocol', 'create', '--identity-provider', name, '--mapping', name, protocol)


class Cloud:
    def __init__(self, openrc):
        self.walk = Walk(openrc)
        self.auth = self.walk.admin['OS_AUTH_URL']
        self.home = os.path.dirname(os.path.abspath(openrc))
        self.base = self.auth[:self.auth.index('/v3')] if '/v3' in self.auth else self.auth
        self.v3 = self.base + '/v3'


def by(cloud, plugin, provider, protocol, *more):
    return ('--os-auth-type', plugin, '--os-auth-url', cloud.v3, '--os-identity-provider', provider, '--os-protocol',
            protocol, '--os-identity-api-version', '3') + more


def openid(w, here, port):
    provider = Provider(port)
    try:
        with w.chapter('an OpenID provider is connected'):
            w.do('group', 'create', 'guests')
            w.do('project', 'create', 'shared')
            w.do('role', 'add', '--group', 'guests', '--project', 'shared', 'member')
            connect(w, 'acme', 'openid', provider.url, rules(OIDC_RULES))
        w.env = {}
        client = ('--os-client-id', 'openstack-cli', '--os-client-secret', 'any', '--os-discovery-endpoint',
                  provider.url + '/.well-known/openid-configuration') + ON
        anna = ('--os-username', 'anna', '--os-password', 'right')
        password = by(here, 'v3oidcpassword', 'acme', 'openid', *client, *anna)
        for kind in ('signed tokens', 'signed tokens after a change of keys', 'opaque tokens'):
            with w.chapter('keystoneauth\'s plugins, ' + kind):
                if 'keys' in kind:
                    provider.rotate()
                provider.opaque = kind.startswith('opaque')
                w.do(*password, *SHOWN)
                w.do(*by(here, 'v3oidcclientcredentials', 'acme', 'openid', *client), *SHOWN)
                code = 'c-' + kind
                provider.codes[code] = {'redirect_uri': 'http://127.0.0.1/cli', 'client_id': 'openstack-cli'}
                w.do(*by(here, 'v3oidcauthcode', 'acme', 'openid', *client, '--os-redirect-uri', 'http://127.0.0.1/cli',
                         '--os-code', code), *SHOWN)
                w.do(*by(here, 'v3oidcaccesstoken', 'acme', 'openid', '--os-access-token',
                         provider.access('openstack-cli'), *ON), *SHOWN)
        with w.chapter('what they may'):
            w.same('projects', json.loads(w.do(*password, 'federation', 'project', 'list', '-f', 'json'))[0]['Name'], 'shared')
            w.do(*password, 'network', 'create', 'annas')
            w.do(*password, 'network', 'delete', 'annas')
            w.refused('403', *password, 'user', 'list')
            w.refused('HTTP 400', *by(here, 'v3oidcpassword', 'acme', 'openid', *client, '--os-username', 'anna',
                                            '--os-password', 'wrong'), *SHOWN)
            w.refused('401', *by(here, 'v3oidcaccesstoken', 'acme', 'openid', '--os-access-token',
                                 provider.access('somebody-else'), *ON), *SHOWN)
        device(w, by(here, 'v3oidcdeviceauthz', 'acme', 'openid', *client))
        with w.chapter('what they leave behind ends with the provider'):
            made = json.loads(w.do(*password, 'application', 'credential', 'create', 'robot', '-f', 'json'))
            robot = ('--os-auth-type', 'v3applicationcredential', '--os-auth-url', here.v3, '--os-application-credential-id',
                     made['id'], '--os-application-credential-secret', made['secret'])
            w.do(*robot, *SHOWN)
            w.as_user()
            w.do('identity', 'provider', 'set', '--disable', 'acme')
            w.env = {}
            w.refused('403', *password, *SHOWN)
            w.refused('401', *robot, *SHOWN)
            w.as_user()
            w.do('identity', 'provider', 'set', '--enable', 'acme')
            w.env = {}
            w.do(*robot, *SHOWN)
        with w.chapter('a browser'):
            browser(w, here)
    finally:
        provider.close()


def device(w, command):
    """Debian 12's keystoneauth has not got this plugin, later ones have."""
    from keystoneauth1.loading import get_available_plugin_names
    if 'v3oidcdeviceauthz' not in get_available_plugin_names():
        w.skipped.append('v3oidcdeviceauthz: not in this keystoneauth')
        return
    with w.chapter('a device'):
        w.do(*command, *SHOWN)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def browse(opener, url):
    try:
        return opener.open(url, timeout=30)
    except urllib.error.HTTPError as e:
        return e


def browser(w, here):
    begin = (here.v3 + '/auth/OS-FEDERATION/identity_providers/acme/protocols/openid/websso?origin='
             + urllib.parse.quote(DASHBOARD, safe=''))
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), Stay())
    sent = browse(opener, begin)
    w.same('sent to the provider', sent.status, 302)
    back = browse(opener, sent.headers['Location']).headers['Location']
    w.same('another browser', browse(urllib.request.build_opener(Stay()), back).status, 401)
    page = browse(opener, back).read().decode()
    w.check('handed to the dashboard', 'action="%s"' % DASHBOARD in page, page)
    found = re.search(r'name="token" id="token" value="([^"]*)"', page)
    if w.check('with a token', found):
        w.do('--os-auth-type', 'v3token', '--os-auth-url', here.v3, '--os-token', found.group(1), *ON, *SHOWN)
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
    log = ''
    for folder, _, names in os.walk(here.home):
        for name in names:
            if name.endswith('.log'):
                with open(os.path.join(folder, name), errors='replace') as f:
                    log += f.read()
    w.check('the log has the login', '/websso?code=*&state=*' in log, log[-300:])
    w.check('but neither code nor state', not any(state[k][0] in log for k in ('code', 'state')))


def saml(w, here, root):
    script = os.path.join(root, 'trials/src/test/resources/welkin/trials/ecp_idp.py')
    with tempfile.TemporaryDirectory() as folder, w.chapter('a SAML identity provider, by ECP'):
        with open(os.path.join(folder, 'sp.xml'), 'w') as f:
            f.write(got(here.v3 + '/OS-FEDERATION/saml2/sp/metadata'))
        idp = subprocess.Popen(['/usr/bin/python3', '-W', 'ignore', script, folder], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
        try:
            url = idp.stdout.readline().strip()
            trust(here, 'company', os.path.join(folder, 'idp.xml'))
            connect(w, 'company', 'saml2', 'https://idp.example.org/ecp', rules(None))
            w.env = {}
            anna = by(here, 'v3samlpassword', 'company', 'saml2', '--os-identity-provider-url', url, '--os-username', 'anna',
                      '--os-password', 'secret', *ON)
            w.do(*anna, *SHOWN)
            w.same('projects', json.loads(w.do(*anna, 'federation', 'project', 'list', '-f', 'json'))[0]['Name'], 'shared')
            w.refused('Identity Provider', *by(here, 'v3samlpassword', 'company', 'saml2', '--os-identity-provider-url', url,
                                 '--os-username', 'anna', '--os-password', 'wrong', *ON), *SHOWN)
        finally:
            idp.stdin.close()
            idp.wait(20)


def trust(cloud, name, path):
    folder = os.path.join(cloud.home, 'saml')
    os.makedirs(folder, exist_ok=True)
    with open(path) as f, open(os.path.join(folder, name + '.xml'), 'w') as out:
        out.write(f.read())


def another(w, here, home, root):
    """HOME's users work in HERE."""
    with w.chapter('a user of another cloud'):
        metadata = got(home.v3 + '/OS-FEDERATION/saml2/metadata')
        entity = re.search('entityID="([^"]*)"', metadata).group(1)
        with tempfile.NamedTemporaryFile('w') as f:
            f.write(metadata)
            f.flush()
            trust(here, 'home', f.name)
        connect(w, 'home', 'saml2', entity, rules(None, 'openstack_user'))
        w.env = dict(home.walk.admin)
        w.do('service', 'provider', 'create', 'away', '--enable', '--auth-url',
             here.v3 + '/OS-FEDERATION/identity_providers/home/protocols/saml2/auth', '--service-provider-url',
             here.v3 + '/OS-FEDERATION/saml2/acs')
        away = ('--os-service-provider', 'away', '--os-remote-project-name', 'shared', '--os-remote-project-domain-id', 'default')
        w.do(*away, *SHOWN)
        said = w.do(*away, 'catalog', 'show', 'identity', '-f', 'value', '-c', 'endpoints')
        w.check('by the other cloud\'s catalog', here.base in said, said)
        w.do(*away, 'network', 'create', 'from-home')
        w.do(*away, 'network', 'delete', 'from-home')
    with w.chapter('new keys for assertions'):
        command = [os.path.join(root, 'welkin'), 'saml-certificate']
        env = dict(os.environ, WELKIN_HOME=home.home)

        def certificates(*more):
            said = subprocess.run(command + list(more), env=env, capture_output=True, text=True, check=True).stdout
            return re.findall('(?s)BEGIN CERTIFICATE-----(.*?)-----END', said)
        before = certificates()
        w.same('certificates', len(before), 2)
        w.same('the next one signs', certificates('--rotate')[0], before[1])
        w.do(*away, *SHOWN)
    with w.chapter('and no more'):
        w.do('service', 'provider', 'set', '--disable', 'away')
        w.refused('', *away, *SHOWN)  # keystoneauth has no words for a catalog without service providers


def main(openrc, other, port, root):
    here, home = Cloud(openrc), Cloud(other)
    w = here.walk
    openid(w, here, int(port))
    w.as_user()
    saml(w, here, root)
    another(w, here, home, root)
    return w.end()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
