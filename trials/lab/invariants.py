"""What must hold whenever nothing is under way, asked of the database itself and of the hosts.

Each rule is a statement that finds what breaks it; nothing found, it holds. What engines say differently stands in
braces: where a service's tables are ({compute}), the time by the database's clock in microseconds ({now}), a server's CPUs.
"""

# a quota counts rows of a project: (schema, resource, what is counted, where)
COUNTED = (('compute', 'instances', 'count(*)', 'FROM {compute}.server s WHERE s.deleted = 0 AND s.project_id = q.project_id'),
           ('compute', 'cores', 'sum({vcpus})',
            'FROM {compute}.server s WHERE s.deleted = 0 AND s.project_id = q.project_id'),
           ('network', 'port', 'count(*)', "FROM {network}.port p WHERE p.project_id = q.project_id AND p.device_owner <> 'network:dhcp'"),
           ('network', 'network', 'count(*)', 'FROM {network}.network n WHERE n.project_id = q.project_id'),
           ('network', 'router', 'count(*)', 'FROM {network}.router r WHERE r.project_id = q.project_id'))

RULES = {
    'an allocation belongs to a live server': '''
        SELECT DISTINCT a.consumer FROM {placement}.allocation a LEFT JOIN {compute}.server s ON s.id = a.consumer AND s.deleted = 0
        WHERE s.id IS NULL
        AND a.consumer NOT IN (SELECT m.uuid FROM {compute}.server_migration m WHERE m.status = 'finished')''',
    'a live server on a host has its allocation': '''
        SELECT s.id, s.vm_state FROM {compute}.server s WHERE s.deleted = 0 AND s.vm_state = 'active'
        AND NOT EXISTS (SELECT 1 FROM {placement}.allocation a WHERE a.consumer = s.id)''',
    'a server is allocated at one host': '''
        SELECT a.consumer, count(DISTINCT a.provider) FROM {placement}.allocation a GROUP BY a.consumer
        HAVING count(DISTINCT a.provider) > 1''',
    'what a provider counts as used is what is allocated there': '''
        SELECT i.provider, i.class, i.used FROM {placement}.inventory i
        WHERE i.used <> (SELECT coalesce(sum(a.used), 0) FROM {placement}.allocation a
                         WHERE a.provider = i.provider AND a.class = i.class)''',
    'a server in a transition has a live workflow with a deadline': '''
        SELECT s.id, s.vm_state, s.task_state FROM {compute}.server s
        WHERE s.deleted = 0 AND (s.task_state IS NOT NULL OR s.vm_state = 'building')
        AND NOT EXISTS (SELECT 1 FROM {compute}.workflow w WHERE w.subject = s.id AND w.state NOT IN ('DONE', 'FAILED')
                        AND w.deadline > 0)''',
    'no workflow is past its deadline': '''
        SELECT w.id, w.kind, w.state FROM {compute}.workflow w WHERE w.state NOT IN ('DONE', 'FAILED')
        AND w.deadline < {now} - 60000000''',
    'a server in error has its reason': '''
        SELECT s.id FROM {compute}.server s WHERE s.deleted = 0 AND s.vm_state = 'error' AND s.fault IS NULL''',
    "a server's port belongs to a live server": '''
        SELECT p.id, p.device_id FROM {network}.port p LEFT JOIN {compute}.server s ON s.id = p.device_id AND s.deleted = 0
        WHERE p.device_owner LIKE 'compute:%' AND p.device_id <> '' AND s.id IS NULL''',
    'an active server has its port': '''
        SELECT s.id FROM {compute}.server s WHERE s.deleted = 0 AND s.vm_state = 'active' AND s.nics <> '[]'
        AND NOT EXISTS (SELECT 1 FROM {network}.port p WHERE p.device_id = s.id)''',
    "a port is bound to its server's host": '''
        SELECT p.id, p.host, s.host FROM {network}.port p JOIN {compute}.server s ON s.id = p.device_id AND s.deleted = 0
        WHERE s.vm_state = 'active' AND s.task_state IS NULL AND p.host <> s.host''',
    'an address belongs to a port': '''
        SELECT a.ip FROM {network}.ip_allocation a LEFT JOIN {network}.port p ON p.id = a.port_id WHERE p.id IS NULL''',
    'a port belongs to a network': '''
        SELECT p.id FROM {network}.port p LEFT JOIN {network}.network n ON n.id = p.network_id WHERE n.id IS NULL''',
    "a router's leg has its port": '''
        SELECT l.port_id FROM {network}.router_leg l LEFT JOIN {network}.port p ON p.id = l.port_id WHERE p.id IS NULL''',
}


def ask(lab, statement):
    """What a statement finds, rows of texts, in the words of the lab's engine."""
    engine = lab.database
    places = {s: engine.place_of(s) for s in ('compute', 'network', 'placement')}
    return engine.ask(statement.format(now=engine.now, vcpus=engine.number('s.flavor', 'vcpus'), **places))


def broken(lab):
    """Every broken rule as a line of text: the rule, and the first things that break it."""
    out = []
    for title, statement in RULES.items():
        rows = ask(lab, statement)
        if rows:
            out.append('%s: %d do not, %s' % (title, len(rows), rows[:3]))
    for schema, resource, what, of in COUNTED:
        rows = ask(lab, "SELECT q.project_id, q.used, coalesce((SELECT %s %s), 0) FROM {%s}.quota_usage q WHERE q.resource = '%s'"
                        " AND q.used <> coalesce((SELECT %s %s), 0)" % (what, of, schema, resource, what, of))
        if rows:
            out.append("the quota of '%s' counts rows: project, counted, there are: %s" % (resource, rows[:3]))
    return out + on_hosts(lab)


def on_hosts(lab):
    """Guests and their devices against what the cloud knows: no guest twice, none forgotten, none missing."""
    placed = dict(ask(lab, "SELECT id, host FROM {compute}.server WHERE deleted = 0 AND host IS NOT NULL"))
    active = {r[0] for r in ask(
        lab, "SELECT id FROM {compute}.server WHERE deleted = 0 AND vm_state = 'active' AND task_state IS NULL")}
    taps = {'tap' + r[0][:11] for r in ask(lab, "SELECT id FROM {network}.port")}
    out, seen = [], {}
    for name, process in lab.processes.items():
        host = lab.hosts[name]
        if process.kind != 'compute' or not host.pid():
            continue
        for server in guests(host):
            seen.setdefault(server, []).append(name)
        found = host.run('sh', '-c', 'ip -o link; for n in $(ip netns list | cut -d" " -f1); do ip -n $n -o link; done').stdout
        strays = {w.split('@')[0].rstrip(':') for line in found.splitlines() for w in line.split()[1:2] if w.startswith('tap')} - taps
        if strays:
            out.append('no device outlives its port: %s has %s' % (name, sorted(strays)[:3]))
    for server, at in seen.items():
        if len(at) > 1:
            out.append('a server runs once: %s runs at %s' % (server, at))
        elif server not in placed:
            out.append('no guest outlives its server: %s runs at %s' % (server, at[0]))
        elif placed[server] != at[0]:
            out.append('a guest runs where its server is: %s runs at %s, placed at %s' % (server, at[0], placed[server]))
    for server in active - set(seen):
        if placed.get(server) in lab.processes:
            out.append('an ACTIVE server runs: %s does not, at %s' % (server, placed.get(server)))
    return out


def guests(host):
    """The servers whose QEMU runs on a host."""
    found = []
    for pid in host.pids('qemu-system', '-uuid'):
        try:
            with open('/proc/%d/cmdline' % pid) as f:
                words = f.read().split('\0')
        except OSError:
            continue
        found.append(words[words.index('-uuid') + 1])
    return found
