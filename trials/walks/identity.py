#!/usr/bin/python3
"""Every command of the openstack client's Identity with each of its options, and what it shows.
usage: identity.py OPENRC

Which commands and options there are is asked from the client itself; one that the walk leaves out fails it. Shown
fields are those that keystone's answers have.
"""
import importlib.metadata
import json
import os
import pty
import re
import select
import sys
import tempfile
import time

from client import Walk
from osc_lib.command import command

USER = 'default_project_id description domain_id email enabled id name options password_expires_at'
PROJECT = 'description domain_id enabled id is_domain name options parent_id tags'
DOMAIN = 'description enabled id name options tags'
ROLE = 'description domain_id id name options'
GROUP = 'description domain_id id name'
SERVICE = 'description enabled id name type'
ENDPOINT = 'enabled id interface region region_id service_id service_name service_type url'
PROVIDER = 'authorization_ttl description domain_id enabled id remote_ids'
SERVICE_PROVIDER = 'auth_url description enabled id relay_state_prefix sp_url'
CREDENTIAL = 'blob id last_used_at project_id type user_id'   # last_used_at is Welkin's own
EC2 = 'access project_id secret trust_id user_id'
REGISTERED_LIMIT = 'default_limit description id region_id resource_name service_id'
LIMIT = 'description domain_id id project_id region_id resource_limit resource_name service_id'
TRUST = ('deleted_at expires_at id impersonation project_id redelegated_trust_id redelegation_count remaining_uses roles '
         'trustee_user_id trustor_user_id')
# the client breaks off by itself: its library takes no id
BROKEN = {('identity', 'provider', 'list'): {'--id'}}
RULES = [{'local': [{'user': {'name': '{0}'}}], 'remote': [{'type': 'REMOTE_USER'}]}]


def catalogue():
    """{words of a command: its options, each the set of its spellings}, without what formats output."""
    common = {}
    for base in (command.ShowOne, command.Lister, command.Command):
        plain = type('Plain', (base,), {'__module__': __name__, 'take_action': lambda self, args: None})
        common[base] = {o for a in plain(None, None).get_parser('x')._actions for o in a.option_strings}
    found = {}
    for entry in importlib.metadata.entry_points(group='openstack.identity.v3'):
        kind = entry.load()
        usual = next(words for base, words in common.items() if issubclass(kind, base))
        options = [set(a.option_strings) for a in kind(None, None).get_parser('x')._actions if a.option_strings]
        words = tuple(entry.name.split('_'))
        found[words] = [o for o in options if not o & usual and o != BROKEN.get(words)]
    return found


class Identity(Walk):
    """A walk that remembers which commands worked with which options."""

    def __init__(self, openrc, folder):
        super().__init__(openrc)
        self.folder = folder
        self.commands = catalogue()
        self.used = {}

    def run(self, *argv):
        answer = super().run(*argv)
        if answer[0] == 0:
            self.note(argv)
        return answer

    def note(self, argv):
        for length in (4, 3, 2):
            if tuple(argv[:length]) in self.commands:
                self.used.setdefault(tuple(argv[:length]), set()).update(a for a in argv if str(a).startswith('--'))
                return

    def complete(self):
        """A check for each command: it worked, with each of its options."""
        for words, options in sorted(self.commands.items()):
            used = self.used.get(words)
            self.check('every option of: ' + ' '.join(words), used is not None and all(o & used for o in options),
                       'never worked' if used is None else 'not with %s' % [sorted(o) for o in options if not o & used])

    def type(self, line, **wanted):
        """The words of LINE must work; what is shown has the wanted values (fields: exactly these fields)."""
        shown = self.show(*line) if isinstance(line, (list, tuple)) else self.show(*line.split())
        fields = wanted.pop('fields', None)
        title = line if isinstance(line, str) else ' '.join(map(str, line))
        if fields:
            self.same('fields of ' + title[:70], sorted(shown), sorted(fields.split()))
        for name, value in wanted.items():
            self.same('%s of %s' % (name, title[:70]), shown.get(name), value)
        return shown

    def quiet(self, line):
        return self.do(*line.split())

    def rows(self, line, **like):
        """Rows of a list that are LIKE; some must be."""
        rows = [r for r in self.show(*line.split()) if all(r[k.replace('_', ' ')] == v for k, v in like.items())]
        self.check('%s in: %s' % (like or 'rows', line[:80]), rows)
        return rows

    def names(self, line, column='Name'):
        return {r[column] for r in self.show(*line.split())}

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as f:
            f.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def prompted(self, answer, *argv):
        """A command at a terminal that asks for a password, twice."""
        child, terminal = pty.fork()
        if child == 0:
            env = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
            env.update(self.env, PATH='/usr/bin:/bin', PYTHONWARNINGS='ignore')
            os.execvpe('openstack', ['openstack', *argv], env)
        said, answered, end = '', 0, time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                said += os.read(terminal, 4096).decode(errors='replace')
            except OSError:   # it has ended
                break
            asked = len(re.findall(r'[Pp]assword:', said))
            while answered < asked:
                os.write(terminal, answer.encode() + b'\n')
                answered += 1
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(terminal)
        if self.check(' '.join(argv), status == 0 and answered == 2, said[-400:]):
            self.note(argv)

    def system(self):
        self.env = {k: v for k, v in self.admin.items() if not k.startswith('OS_PROJECT')}
        self.env['OS_SYSTEM_SCOPE'] = 'all'


def directory(w):
    with w.chapter('domains'):
        w.type('domain create --description first --enable walk-d', fields=DOMAIN, description='first', enabled=True)
        w.type('domain create --or-show walk-d', name='walk-d', description='first')
        w.type('domain create --disable --immutable walk-fixed', enabled=False, options={'immutable': True})
        w.refused(('403', 'immutable'), 'domain', 'delete', 'walk-fixed')
        w.quiet('domain set --no-immutable walk-fixed')
        w.quiet('domain set --name walk-loose --description second --enable walk-fixed')
        w.type('domain show walk-loose', fields=DOMAIN, description='second', enabled=True,
               options={'immutable': False})
        w.quiet('domain set --immutable walk-loose')
        w.quiet('domain set --no-immutable walk-loose')
        w.rows('domain list --name walk-loose', Name='walk-loose', Enabled=True, Description='second')
        w.quiet('domain set --disable walk-loose')
        w.check('domain list --enabled', 'walk-loose' not in w.names('domain list --enabled'))
        w.quiet('domain delete walk-loose')
        w.type('domain create --no-immutable walk-loose', options={'immutable': False})
        w.quiet('domain set --disable walk-loose')
        w.quiet('domain delete walk-loose')
    with w.chapter('projects'):
        top = w.type('project create --domain walk-d --description top --enable --property colour=blue --no-immutable '
                     '--tag one --tag two walk-p', description='top', enabled=True, tags=['one', 'two'], colour='blue',
                     is_domain=False)
        w.check('fields of a project', set(PROJECT.split()) <= set(top), top)
        w.type('project create --domain walk-d --or-show walk-p', id=top['id'])
        w.type('project create --domain walk-d --parent walk-p --disable --immutable walk-child', enabled=False,
               parent_id=top['id'], options={'immutable': True}, fields=PROJECT)
        w.refused(('403', 'immutable'), 'project', 'delete', '--domain', 'walk-d', 'walk-child')
        child = w.type('project show --domain walk-d walk-child')['id']
        w.check('project show --children', child in w.type(
            'project show --domain walk-d --children walk-p')['subtree'])
        w.check('project show --parents', top['id'] in w.type(
            'project show --domain walk-d --parents walk-child')['parents'])
        w.quiet('project set --domain walk-d --no-immutable walk-child')
        w.quiet('project set --domain walk-d --name walk-kid --description kid --enable --property colour=red '
                '--tag three walk-child')
        w.type('project show --domain walk-d walk-kid', description='kid', enabled=True, colour='red', tags=['three'])
        w.quiet('project set --domain walk-d --disable --immutable walk-kid')
        w.type('project show %s' % child, enabled=False, options={'immutable': True})
        w.quiet('project set --domain walk-d --no-immutable walk-kid')
        w.quiet('project set --domain walk-d --remove-tag one walk-p')
        w.type('project show %s' % top['id'], tags=['two'])
        w.quiet('project set --domain walk-d --clear-tags walk-kid')
        w.type('project show %s' % child, tags=[])
        w.rows('project list --domain walk-d --long', Name='walk-p', Domain_ID=top['domain_id'], Description='top',
               Enabled=True)
        w.same('project list --parent', w.names('project list --parent %s' % top['id']), {'walk-kid'})
        order = [r['Name'] for r in w.show('project', 'list', '--domain', 'walk-d', '--sort', 'name:desc')]
        w.same('project list --sort', order, ['walk-p', 'walk-kid'])
        w.same('--tags', w.names('project list --domain walk-d --tags two'), {'walk-p'})
        w.same('--tags-any', w.names('project list --domain walk-d --tags-any two,none'), {'walk-p'})
        w.same('--not-tags', w.names('project list --domain walk-d --not-tags two'), {'walk-kid'})
        w.same('--not-tags-any', w.names('project list --domain walk-d --not-tags-any two,none'), {'walk-kid'})
        w.rows('project list --my-projects', Name=w.admin['OS_PROJECT_NAME'])
        w.quiet('project delete --domain walk-d walk-kid')
    with w.chapter('users'):
        ann = w.type('user create --domain walk-d --project walk-p --project-domain walk-d --password ann-pass-1 --email '
                     'ann@example.org --description Ann --enable walk-ann', fields=USER, default_project_id=top['id'],
                     email='ann@example.org', description='Ann', enabled=True, options={}, password_expires_at=None)
        w.type('user create --domain walk-d --or-show walk-ann', id=ann['id'])
        on = ('--ignore-lockout-failure-attempts --ignore-password-expiry --ignore-change-password-upon-first-use '
              '--enable-lock-password --enable-multi-factor-auth --multi-factor-auth-rule password,totp')
        off = ('--no-ignore-lockout-failure-attempts --no-ignore-password-expiry '
               '--no-ignore-change-password-upon-first-use --disable-lock-password --disable-multi-factor-auth')
        options = ('ignore_lockout_failure_attempts', 'ignore_password_expiry', 'ignore_change_password_upon_first_use',
                   'lock_password', 'multi_factor_auth_enabled')
        yes = dict(dict.fromkeys(options, True), multi_factor_auth_rules=[['password', 'totp']])
        w.type('user create --domain walk-d --disable %s walk-bob' % on, enabled=False, options=yes)
        w.quiet('user set --domain walk-d %s walk-bob' % off)
        no = dict.fromkeys(options, False)
        bob = w.type('user show --domain walk-d walk-bob')
        w.same('switched off', {k: bob['options'].get(k) for k in options}, no)
        w.type('user create --domain walk-d %s walk-cid' % off, options=no)
        w.quiet('user set --domain walk-d %s walk-cid' % on)
        w.type('user show --domain walk-d walk-cid', options=yes)
        w.quiet('user set --domain walk-d --name walk-rob --project walk-p --project-domain walk-d --password rob-pass-1 '
                '--email rob@example.org --description Rob --enable walk-bob')
        w.type('user show --domain walk-d walk-rob', fields=USER, default_project_id=top['id'], email='rob@example.org',
               description='Rob', enabled=True)
        w.quiet('user set --domain walk-d --disable walk-cid')
        w.prompted('dan-pass-1', 'user', 'create', '--domain', 'walk-d', '--password-prompt', 'walk-dan')
        w.prompted('dan-pass-2', 'user', 'set', '--domain', 'walk-d', '--password-prompt', 'walk-dan')
        w.rows('user list --domain walk-d --long', Name='walk-ann', Email='ann@example.org', Description='Ann',
               Enabled=True, Domain=ann['domain_id'])
        w.quiet('user delete --domain walk-d walk-cid walk-dan')
    with w.chapter('groups'):
        w.type('group create --domain walk-d --description crew walk-g', fields=GROUP, description='crew')
        w.type('group create --domain walk-d --or-show walk-g', description='crew')
        w.quiet('group set --domain walk-d --name walk-crew --description Crew walk-g')
        w.type('group show --domain walk-d walk-crew', fields=GROUP, description='Crew')
        domains = '--group-domain walk-d --user-domain walk-d'
        w.quiet('group add user %s walk-crew walk-ann walk-rob' % domains)
        w.check('contains', 'in group' in w.quiet('group contains user %s walk-crew walk-rob' % domains))
        w.same('user list --group', w.names('user list --domain walk-d --group walk-crew'), {'walk-ann', 'walk-rob'})
        w.quiet('group remove user %s walk-crew walk-rob' % domains)
        _, out, err = w.run('group', 'contains', 'user', *domains.split(), 'walk-crew', 'walk-rob')
        w.check('contains no more', 'not in group' in out + err, out + err)
        w.rows('group list --domain walk-d --long', Name='walk-crew', Description='Crew')
        w.rows('group list --user walk-ann --user-domain walk-d', Name='walk-crew')
    return top, ann


def roles(w, top):
    with w.chapter('roles'):
        w.type('role create --description guard --immutable walk-r', fields=ROLE, description='guard', domain_id=None,
               options={'immutable': True})
        w.type('role create --or-show walk-r', description='guard')
        w.refused(('403', 'immutable'), 'role', 'delete', 'walk-r')
        w.quiet('role set --no-immutable walk-r')
        w.quiet('role set --name walk-guard --description Guard walk-r')
        w.type('role show walk-guard', fields=ROLE, description='Guard', options={'immutable': False})
        w.quiet('role set --immutable walk-guard')
        w.quiet('role set --no-immutable walk-guard')
        w.type('role create --domain walk-d --no-immutable walk-local', options={'immutable': False},
               domain_id=top['domain_id'])
        w.quiet('role set --domain walk-d --description local walk-local')
        w.type('role show --domain walk-d walk-local', description='local')
        w.rows('role list', Name='walk-guard')
        w.same('role list --domain', w.names('role list --domain walk-d'), {'walk-local'})
        w.type('implied role create --implied-role reader walk-guard', fields='implies prior_role')
        w.rows('implied role list', Prior_Role_Name='walk-guard', Implied_Role_Name='reader')
    with w.chapter('assignments'):
        user, group = '--user walk-ann --user-domain walk-d', '--group walk-crew --group-domain walk-d'
        project = '--project walk-p --project-domain walk-d'
        for whose in (user, group):
            for where in (project, '--domain walk-d', '--system all'):
                w.quiet('role add %s %s walk-guard' % (whose, where))
        w.quiet('role add %s %s --inherited walk-guard' % (user, '--domain walk-d'))
        w.quiet('role add %s %s --role-domain walk-d walk-local' % (user, project))
        w.rows('role assignment list --names --role walk-guard %s %s' % (user, project), User='walk-ann@walk-d',
               Project='walk-p@walk-d', Role='walk-guard')
        w.rows('role assignment list --names %s --domain walk-d' % group, Group='walk-crew@walk-d', Domain='walk-d')
        w.rows('role assignment list --names %s --system all' % user, System='all', Role='walk-guard')
        w.rows('role assignment list --names --role walk-local --role-domain walk-d', Role='walk-local')
        w.rows('role assignment list --names --inherited %s' % user, Domain='walk-d', Inherited=True)
        w.rows('role assignment list --names --effective %s %s' % (user, project), Role='reader')
        w.rows('role assignment list --names --auth-user --auth-project', Role='admin')
        w.rows('user list --domain walk-d --project walk-p', Name='walk-ann')
        w.rows('project list --user walk-ann --domain walk-d', Name='walk-p')
        w.quiet('role remove %s --domain walk-d --inherited walk-guard' % user)
        w.quiet('role remove %s %s --role-domain walk-d walk-local' % (user, project))
        for whose in (user, group):
            for where in (project, '--domain walk-d', '--system all'):
                w.quiet('role remove %s %s walk-guard' % (whose, where))
        w.same('no assignment is left', w.show('role', 'assignment', 'list', '--user', 'walk-ann', '--user-domain', 'walk-d'), [])
        w.quiet('implied role delete --implied-role reader walk-guard')
        w.quiet('role delete --domain walk-d walk-local')


def catalog(w):
    with w.chapter('regions, services, endpoints'):
        w.type('region create --description north walk-north', fields='description enabled parent_region region',
               description='north', parent_region=None)
        w.type('region create --parent-region walk-north walk-town', parent_region='walk-north')
        w.type('region create walk-lake')
        w.quiet('region set --parent-region walk-lake --description town walk-town')
        w.type('region show walk-town', description='town', parent_region='walk-lake')
        w.rows('region list --parent-region walk-lake', Region='walk-town')
        service = w.type('service create --name walk-s --description disks --enable walk-type', fields=SERVICE,
                         description='disks', enabled=True)['id']
        w.type('service create --name walk-off --disable walk-other', enabled=False)
        w.quiet('service set --type walk-kind --name walk-svc --description Disks --disable walk-s')
        w.type('service show walk-svc', fields=SERVICE, type='walk-kind', description='Disks', enabled=False)
        w.quiet('service set --enable walk-svc')
        w.rows('service list --long', ID=service, Name='walk-svc', Type='walk-kind', Description='Disks', Enabled=True)
        point = w.type('endpoint create --region walk-north --enable walk-svc public http://127.0.0.1:1/', fields=ENDPOINT,
                       service_name='walk-svc', service_type='walk-kind', url='http://127.0.0.1:1/')['id']
        off = w.type('endpoint create --disable walk-svc admin http://127.0.0.1:2/', enabled=False)['id']
        w.quiet('endpoint set --region walk-town --interface internal --url http://127.0.0.1:3/ --service walk-off '
                '--enable %s' % off)
        w.type('endpoint show %s' % off, region='walk-town', interface='internal', url='http://127.0.0.1:3/', enabled=True,
               service_name='walk-off')
        w.quiet('endpoint set --disable %s' % off)
        w.rows('endpoint list --service walk-svc --interface public --region walk-north', ID=point, Service_Type='walk-kind')
        w.rows('catalog list', Name='walk-svc')
        w.type('catalog show walk-svc', type='walk-kind', name='walk-svc', id=service, fields='endpoints id name type')
    with w.chapter('endpoints of projects'):
        w.quiet('endpoint add project --project-domain walk-d %s walk-p' % point)
        w.rows('endpoint list --project walk-p --project-domain walk-d', ID=point)
        w.same('endpoint list --endpoint', w.names('endpoint list --endpoint %s' % point), {'walk-p'})
        w.quiet('endpoint remove project --project-domain walk-d %s walk-p' % point)
        only = w.file('filters', {'interface': 'public'})
        w.type('endpoint group create --description pub walk-eg %s' % only, fields='description filters id name',
               filters={'interface': 'public'})
        w.quiet('endpoint group set --name walk-points --description points --filters %s walk-eg' % w.file(
            'filters', {'service_id': service}))
        w.type('endpoint group show walk-points', filters={'service_id': service}, description='points')
        w.quiet('endpoint group add project --project-domain walk-d walk-points walk-p')
        w.rows('endpoint group list', Name='walk-points')
        w.same('--endpointgroup', w.names('endpoint group list --endpointgroup walk-points'), {'walk-p'})
        w.same('--project', w.names('endpoint group list --project walk-p --domain walk-d'), {'walk-points'})
        w.rows('endpoint list --project walk-p --project-domain walk-d', ID=point)
        w.quiet('endpoint group remove project --project-domain walk-d walk-points walk-p')
        w.quiet('endpoint group delete walk-points')
    with w.chapter('limits'):
        w.system()
        limit = w.type('registered limit create --description cap --region walk-north --service walk-svc --default-limit 10 '
                       'walk-things', fields=REGISTERED_LIMIT, default_limit=10, region_id='walk-north',
                       resource_name='walk-things')['id']
        w.quiet('registered limit set --service walk-off --resource-name walk-items --default-limit 11 --description Cap '
                '--region walk-lake %s' % limit)
        w.type('registered limit show %s' % limit, default_limit=11, resource_name='walk-items', region_id='walk-lake',
               description='Cap')
        where = '--service walk-off --resource-name walk-items --region walk-lake'
        w.rows('registered limit list ' + where, ID=limit, Default_Limit=11)
        project = w.type('project show --domain walk-d walk-p')['id']
        own = w.type('limit create --description own --region walk-lake --project %s --service walk-off --resource-limit 5 '
                     'walk-items' % project, fields=LIMIT, resource_limit=5, project_id=project)['id']
        w.quiet('limit set --description Own --resource-limit 6 %s' % own)
        w.type('limit show %s' % own, resource_limit=6, description='Own')
        w.rows('limit list --project %s %s' % (project, where), ID=own, Resource_Limit=6)
        w.quiet('limit delete %s' % own)
        w.quiet('registered limit delete %s' % limit)
    w.env = dict(w.admin)
    with w.chapter('the catalog is taken down'):
        w.quiet('endpoint delete %s %s' % (point, off))
        w.quiet('service delete walk-svc walk-off')
        w.quiet('region delete walk-town')
        w.quiet('region delete walk-north walk-lake')


def trusts(w, top, ann, trustor):
    """Ids, since a trustor may not look names up."""
    with w.chapter('trusts'):
        rob = w.type('user show --domain walk-d walk-rob')['id']
        role = w.type('role show member')['id']
        w.env = trustor
        made = w.type('trust create --project %s --project-domain walk-d --role %s --impersonate --expiration '
                      '2100-01-01T00:00:00 --trustor-domain walk-d --trustee-domain walk-d %s %s' % (
                          top['id'], role, ann['id'], rob),
                      fields=TRUST, impersonation=True, trustor_user_id=ann['id'], remaining_uses=None, deleted_at=None,
                      project_id=top['id'], expires_at='2100-01-01T00:00:00.000000Z')['id']
        w.type('trust show %s' % made, id=made, fields=TRUST)
        w.system()
        w.rows('trust list', ID=made)
        w.env = trustor
        w.quiet('trust delete %s' % made)


def secrets(w, top, ann):
    with w.chapter('credentials'):
        w.quiet('role add --user walk-ann --user-domain walk-d --project walk-p --project-domain walk-d member')
        first = w.type('credential create --type cert --project %s %s data-1' % (top['id'], ann['id']), fields=CREDENTIAL,
                       blob='data-1', type='cert', user_id=ann['id'], project_id=top['id'])['id']
        w.quiet('credential set --user %s --type totp --data data-2 --project %s %s' % (ann['id'], top['id'], first))
        w.type('credential show %s' % first, blob='data-2', type='totp')
        w.rows('credential list --user walk-ann --user-domain walk-d --type totp', ID=first, Data='data-2')
        w.quiet('credential delete %s' % first)
        whose = '--user walk-ann --user-domain walk-d'
        key = w.type('ec2 credentials create --project walk-p --project-domain walk-d ' + whose, user_id=ann['id'],
                     project_id=top['id'])
        w.check('fields of an EC2 key', set(EC2.split()) <= set(key), key)
        w.type('ec2 credentials show %s %s' % (whose, key['access']), secret=key['secret'])
        w.rows('ec2 credentials list ' + whose, Access=key['access'], Secret=key['secret'])
        w.quiet('ec2 credentials delete %s %s' % (whose, key['access']))
    with w.chapter('application credentials'):
        w.env.update(OS_USERNAME='walk-ann', OS_PASSWORD='ann-pass-1', OS_PROJECT_NAME='walk-p',
                     OS_USER_DOMAIN_NAME='walk-d', OS_PROJECT_DOMAIN_NAME='walk-d')
        rules = w.file('rules', [{'method': 'GET', 'path': '/v2.1/servers', 'service': 'compute'}])
        made = w.type('application credential create --secret walk-secret --role member --expiration 2100-01-01T00:00:00 '
                      '--description ops --restricted --access-rules %s walk-ac' % rules, secret='walk-secret',
                      description='ops', unrestricted=False, roles='member', expires_at='2100-01-01T00:00:00.000000',
                      project_id=top['id'])
        w.check('fields of an application credential', set(
            'description expires_at id name project_id roles secret unrestricted'.split()) <= set(made), made)
        w.type('application credential create --unrestricted walk-free', unrestricted=True)
        w.rows('application credential list', Name='walk-ac', Project_ID=top['id'])
        w.check('a secret is shown once', not w.type('application credential show walk-ac').get('secret'))
        rule = w.rows('access rule list', Service='compute', Method='GET', Path='/v2.1/servers')[0]['ID']
        w.type('access rule show %s' % rule, id=rule, method='GET', path='/v2.1/servers', service='compute',
               fields='id method path service')
        whose = '--user %s --user-domain walk-d' % ann['id']
        w.rows('access rule list ' + whose, ID=rule)
        w.rows('application credential list ' + whose, Name='walk-free')
        w.quiet('application credential delete walk-ac walk-free')
        w.quiet('access rule delete %s' % rule)
        w.type('token issue', user_id=ann['id'], project_id=top['id'], fields='expires id project_id user_id')
        w.rows('federation project list', Name='walk-p')
        w.show('federation', 'domain', 'list')
        w.quiet('user password set --password ann-pass-2 --original-password ann-pass-1')
        w.env['OS_PASSWORD'] = 'ann-pass-2'
        w.quiet('token revoke %s' % w.type('token issue')['id'])
        trustor = w.env
    w.env = dict(w.admin)
    trusts(w, top, ann, trustor)
    w.env = dict(w.admin)
    with w.chapter('OAuth 1'):
        consumer = w.type('consumer create --description app', fields='description id secret', description='app')
        w.quiet('consumer set --description App %s' % consumer['id'])
        w.type('consumer show %s' % consumer['id'], description='App', fields='description id')
        w.rows('consumer list', ID=consumer['id'], Description='App')
        keys = '--consumer-key %s --consumer-secret %s' % (consumer['id'], consumer['secret'])
        asked = w.type('request token create %s --project %s --domain default' % (keys, w.admin['OS_PROJECT_NAME']),
                       fields='expires id key secret')
        pin = w.type('request token authorize --request-key %s --role admin' % asked['key'])['oauth_verifier']
        w.type('access token create %s --request-key %s --request-secret %s --verifier %s' % (
            keys, asked['key'], asked['secret'], pin), fields='expires id key secret')
        w.quiet('consumer delete %s' % consumer['id'])
    with w.chapter('policies'):
        blob = w.file('policy', '{"walk": "rule:none"}')
        made = w.type('policy create --type application/json %s' % blob, fields='id rules type',
                      rules='{"walk": "rule:none"}', type='application/json')['id']
        w.quiet('policy set --type text/plain --rules %s %s' % (w.file('policy', 'none'), made))
        w.type('policy show %s' % made, rules='none', type='text/plain')
        w.rows('policy list --long', ID=made, Type='text/plain', Rules='none')
        w.quiet('policy delete %s' % made)


def federation(w):
    with w.chapter('federation'):
        made = w.type('identity provider create --remote-id https://a.example/ --remote-id https://b.example/ --description '
                      'outside --domain walk-d --enable walk-idp', fields=PROVIDER, enabled=True, description='outside')
        w.same('remote ids', set(made['remote_ids']), {'https://a.example/', 'https://b.example/'})
        ids = w.file('ids', 'https://c.example/\nhttps://d.example/\n')
        w.type('identity provider create --remote-id-file %s --disable walk-idp2' % ids, enabled=False)
        w.quiet('identity provider set --remote-id https://e.example/ --description Outside --disable walk-idp')
        w.type('identity provider show walk-idp', remote_ids=['https://e.example/'], description='Outside', enabled=False)
        w.quiet('identity provider set --enable --remote-id-file %s walk-idp2' % w.file('ids', 'https://f.example/\n'))
        w.type('identity provider show walk-idp2', enabled=True, remote_ids=['https://f.example/'])
        w.rows('identity provider list', ID='walk-idp', Enabled=False)
        w.check('--enabled', 'walk-idp' not in w.names('identity provider list --enabled', 'ID'))
        rules = w.file('rules', RULES)
        w.type('mapping create --rules %s walk-m' % rules, id='walk-m', rules=RULES)
        w.type('mapping create --rules %s walk-m2' % rules)
        other = [dict(RULES[0], local=[{'user': {'name': 'x{0}'}}])]
        w.quiet('mapping set --rules %s walk-m' % w.file('rules', other))
        w.type('mapping show walk-m', rules=other)
        w.rows('mapping list', ID='walk-m')
        w.type('federation protocol create --identity-provider walk-idp --mapping walk-m walk-proto', id='walk-proto',
               identity_provider='walk-idp', mapping='walk-m')
        change = 'federation protocol set --identity-provider walk-idp --mapping walk-m2 walk-proto'.split()
        w.run(*change)   # this client always ends with 1, its command returns what it should print; the change counts
        w.note(change)
        w.type('federation protocol show --identity-provider walk-idp walk-proto', id='walk-proto', mapping='walk-m2')
        w.rows('federation protocol list --identity-provider walk-idp', id='walk-proto', mapping='walk-m2')
        w.quiet('federation protocol delete --identity-provider walk-idp walk-proto')
        w.quiet('mapping delete walk-m walk-m2')
        w.quiet('identity provider delete walk-idp walk-idp2')
        urls = '--auth-url https://s.example/v3 --service-provider-url https://s.example/acs'
        w.type('service provider create %s --description away --enable walk-sp' % urls, fields=SERVICE_PROVIDER,
               enabled=True, description='away', relay_state_prefix='ss:mem:')
        w.type('service provider create %s --disable walk-sp2' % urls, enabled=False)
        w.quiet('service provider set --auth-url https://t.example/v3 --service-provider-url https://t.example/acs '
                '--description Away --disable walk-sp')
        w.type('service provider show walk-sp', auth_url='https://t.example/v3', sp_url='https://t.example/acs',
               description='Away', enabled=False)
        w.quiet('service provider set --enable walk-sp')
        w.rows('service provider list', ID='walk-sp', Enabled=True)
        w.quiet('service provider delete walk-sp walk-sp2')


def horizon(w):
    """What openstack_auth and Horizon's Identity panels ask, by the library they ask with."""
    from keystoneauth1 import exceptions, session
    from keystoneauth1.identity import v3
    from keystoneclient.v3 import client

    url, admin = w.admin['OS_AUTH_URL'], {
        'username': w.admin['OS_USERNAME'], 'user_domain_name': w.admin.get('OS_USER_DOMAIN_NAME', 'Default')}
    http = session.Session()
    with w.chapter('Horizon: login'):
        login = v3.Password(url, password=w.admin['OS_PASSWORD'], unscoped=True, **admin)
        me = login.get_access(http)
        unscoped = client.Client(session=http, auth=login)
        mine = unscoped.projects.list(user=me.user_id)
        w.check('projects to choose from', any(p.enabled for p in mine), mine)
        w.check('the same by /auth/projects', {p.id for p in unscoped.auth.projects()} == {p.id for p in mine})
        w.check('domains to choose from', unscoped.auth.domains() is not None)
        w.same('the system to choose', [s.all for s in unscoped.auth.systems()], [True])
        scope = next(p for p in mine if p.name == w.admin['OS_PROJECT_NAME'])
        chosen = v3.Token(url, me.auth_token, project_id=scope.id, reauthenticate=False)
        seen = chosen.get_access(http)
        w.check('catalog and roles of the session', seen.has_service_catalog() and 'admin' in seen.role_names)
        k = client.Client(session=http, auth=chosen)
        try:
            v3.Password(url, password='wrong', unscoped=True, **admin).get_access(http)
            w.check('a wrong password is refused', False)
        except exceptions.Unauthorized:
            w.check('a wrong password is refused', True)
    with w.chapter('Horizon: panels'):
        domain = k.domains.create('walk-h', description='h', enabled=True)
        w.same('domain', k.domains.update(domain, description='H').description, 'H')
        w.check('domains', domain.id in {d.id for d in k.domains.list()})
        project = k.projects.create('walk-hp', domain, description='p', enabled=True)
        w.same('project', k.projects.update(project, name='walk-hq', enabled=True).name, 'walk-hq')
        w.same('projects filtered', [p.id for p in k.projects.list(domain=domain, name='walk-hq')], [project.id])
        user = k.users.create('walk-hu', domain=domain, password='walk-hu-1', email='h@example.org', default_project=project,
                              description='u', enabled=True, options={'lock_password': False})
        k.users.update(user, email='i@example.org', options={'lock_password': True})
        w.check('lock_password', k.users.get(user).options['lock_password'])
        k.users.update(user, options={'lock_password': False})
        w.same('users of a domain', [u.name for u in k.users.list(domain=domain, enabled=True)], ['walk-hu'])
        group = k.groups.create('walk-hg', domain=domain, description='g')
        k.users.add_to_group(user, group)
        w.same('users of a group', [u.id for u in k.users.list(group=group)], [user.id])
        w.same('groups of a user', [g.id for g in k.groups.list(user=user)], [group.id])
        member = next(r for r in k.roles.list() if r.name == 'member')
        k.roles.grant(member, user=user, project=project)
        k.roles.grant(member, group=group, project=project)
        k.roles.grant(member, user=user, domain=domain)
        w.same('roles for a user', [r.name for r in k.roles.list(user=user, project=project)], ['member'])
        w.same('roles for a group', [r.name for r in k.roles.list(group=group, project=project)], ['member'])
        w.same('assignments of a project', len(k.role_assignments.list(project=project)), 2)
        w.check('effective ones', member.id in {
            a.role['id'] for a in k.role_assignments.list(project=project, effective=True, user=user)})
        w.check('with names', k.role_assignments.list(domain=domain, include_names=True)[0].user['name'] == 'walk-hu')
        w.same('projects of the user', [p.id for p in k.projects.list(user=user)], [project.id])
        k.roles.revoke(member, user=user, domain=domain)
        w.check('services and their endpoints', k.services.list() and k.endpoints.list() and k.regions.list())
        own = client.Client(session=http, auth=v3.Password(
            url, user_id=user.id, password='walk-hu-1', project_id=project.id))
        key = own.ec2.create(user.id, project.id)
        w.check('EC2 keys', own.ec2.get(user.id, key.access).secret == key.secret and len(own.ec2.list(user.id)) == 1)
        own.ec2.delete(user.id, key.access)
        made = own.application_credentials.create('walk-ha', user=user.id, roles=[{'name': 'member'}])
        w.same('application credentials', [a.id for a in own.application_credentials.list(user=user.id)], [made.id])
        own.application_credentials.delete(made.id, user=user.id)
        http.post('%s/users/%s/password' % (url, user.id), authenticated=False, json={
            'user': {'original_password': 'walk-hu-1', 'password': 'walk-hu-2'}})
        provider = k.federation.identity_providers.create('walk-hi', description='i', enabled=True, remote_ids=['https://h/'])
        k.federation.identity_providers.update(provider, enabled=False)
        k.federation.mappings.create(mapping_id='walk-hm', rules=RULES)
        k.federation.protocols.create('saml2', provider, 'walk-hm')
        w.same('protocols', [p.id for p in k.federation.protocols.list(provider)], ['saml2'])
        k.federation.protocols.delete(provider, 'saml2')
        k.federation.mappings.delete('walk-hm')
        k.federation.identity_providers.delete(provider)
        for manager, gone in ((k.groups, group), (k.users, user), (k.projects, project)):
            manager.delete(gone)
        k.domains.update(domain, enabled=False)
        k.domains.delete(domain)
    with w.chapter('Horizon: logout'):
        k.tokens.revoke_token(seen.auth_token)
        try:
            http.get(url + '/auth/tokens', headers={'X-Auth-Token': me.auth_token, 'X-Subject-Token': seen.auth_token})
            w.check('logged out', False)
        except (exceptions.NotFound, exceptions.Unauthorized):
            w.check('logged out', True)


def clear(w):
    with w.chapter('everything goes'):
        w.quiet('role delete walk-guard')
        w.quiet('group delete --domain walk-d walk-crew')
        w.quiet('user delete --domain walk-d walk-ann walk-rob')
        w.quiet('project delete --domain walk-d walk-p')
        w.quiet('domain set --disable walk-d')
        w.quiet('domain delete walk-d')


def main(openrc):
    with tempfile.TemporaryDirectory() as folder:
        w = Identity(openrc, folder)
        top, ann = directory(w)
        roles(w, top)
        catalog(w)
        secrets(w, top, ann)
        federation(w)
        clear(w)
        horizon(w)
        with w.chapter('every command, every option'):
            w.complete()
        return w.end()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
