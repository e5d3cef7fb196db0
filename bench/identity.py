#!/usr/bin/env python3
"""Measures Identity over HTTP with keep-alive: tokens, a large directory, memory over many logins.

Reads OS_* as bench/load.py does, makes --users users on --projects projects with --assignments role assignments
(ten concurrent clients), and then measures, each at --conc connections:

  validate         GET /v3/auth/tokens of one token
  token            POST /v3/auth/tokens by token, project scope
  users            GET /v3/users?limit=N, the page after a marker in the middle
  users-name       GET /v3/users?name=... of one
  assignments-*    GET /v3/role_assignments: of a user; of a user, effective, with names; of a project with names
  memory           PSS of the server after each fifth of --logins logins by token

Latencies are the client's (wrk's where it is installed), CPU the server's per request, compiler and collector included.
"""
import argparse
import asyncio
import shutil
import sys
import time

from load import Cloud, Conn, Server, run_py, run_wrk  # beside this file, where Python looks first



class Identity:
    def __init__(self, args):
        self.args = args
        self.cloud = Cloud(args)
        self.server = Server(args)
        self.ep = self.cloud.identity
        self.rows = []
        self.wrk = args.engine != 'py' and bool(shutil.which('wrk'))

    async def call(self, method, path, body=None, ok=(200, 201, 204), conn=None):
        return await self.cloud.call(self.ep, method, path, body, ok, conn)

    async def make(self, jobs):
        """Runs (method, path, body) with ten clients; gives the answers in order."""
        out = [None] * len(jobs)
        todo = iter(enumerate(jobs))

        async def client():
            conn = Conn(self.ep.host, self.ep.port)
            for i, job in todo:
                out[i] = await self.call(*job, conn=conn)
            conn.close()

        await asyncio.gather(*[client() for _ in range(10)])
        return out

    async def prepare(self):
        a, begin = self.args, time.monotonic()
        domain = (await self.call('POST', '/domains', {'domain': {'name': 'bench-%d' % time.time()}}))['domain']['id']
        role = (await self.call('GET', '/roles?name=member'))['roles'][0]['id']
        projects = await self.make([('POST', '/projects', {'project': {'name': 'p%05d' % i, 'domain_id': domain}})
                                    for i in range(a.projects)])
        users = await self.make([('POST', '/users', {'user': {'name': 'u%05d' % i, 'domain_id': domain,
                                                              'email': 'u%05d@example.org' % i}})
                                 for i in range(a.users)])
        self.projects = [p['project']['id'] for p in projects]
        self.users = [u['user']['id'] for u in users]
        each = a.assignments // a.users
        jobs = [('PUT', '/projects/%s/users/%s/roles/%s' % (self.projects[(u + k * 97) % a.projects], self.users[u], role), None)
                for u in range(a.users) for k in range(each)]
        await self.make(jobs)
        self.domain = domain
        print('made %d users, %d projects, %d assignments in %.0f s' % (
            len(users), len(projects), len(jobs), time.monotonic() - begin), file=sys.stderr)

    async def measure(self, name, method, path, headers=None, body=None):
        headers = dict(self.cloud.hdr(), **(headers or {}))
        for conc in self.args.conc:
            await self.run(method, path, headers, body, conc, 2)
            before, wall = self.server.cpu(), time.monotonic()
            r = await self.run(method, path, headers, body, conc, self.args.seconds)
            cpu = self.server.cpu_between(before, self.server.cpu())
            if r['errors'] or r['bad_status']:
                raise SystemExit('%s: %d errors, %d refusals' % (name, r['errors'], r['bad_status']))
            self.rows.append((name, conc, r['req_s'], r['p50_ms'], r['p99_ms'], 1000 * cpu / max(1, r['requests']), r['kib_per_resp']))
            print('%-28s c=%-3d %9.0f/s  p50 %7.2f ms  p99 %7.2f ms  CPU %.3f ms  %6.1f KiB  (%.1f s)' % (
                self.rows[-1] + (time.monotonic() - wall,)), file=sys.stderr, flush=True)

    async def run(self, method, path, headers, body, conc, seconds):
        if self.wrk:
            return await asyncio.get_running_loop().run_in_executor(
                None, run_wrk, self.ep, method, path, headers, body, conc, seconds)
        return await run_py(self.ep, method, path, headers, body, conc, seconds)

    async def all(self):
        a = self.args
        await self.cloud.auth()
        await self.prepare()
        await self.cloud.auth()
        token = self.cloud.token
        by_token = {'auth': {'identity': {'methods': ['token'], 'token': {'id': token}}, 'scope': self.cloud.scope}}
        await self.measure('validate', 'GET', '/auth/tokens', {'X-Subject-Token': token})
        await self.measure('token by token', 'POST', '/auth/tokens', body=by_token)
        page = await self.call('GET', '/users?limit=%d' % (a.users // 2))
        marker = page['users'][-1]['id']
        await self.measure('users?limit=%d, in the middle' % a.page, 'GET', '/users?limit=%d&marker=%s' % (a.page, marker))
        await self.measure('users?limit=100, in the middle', 'GET', '/users?limit=100&marker=%s' % marker)
        await self.measure('users?name=', 'GET', '/users?name=u%05d' % (a.users // 3))
        who, where = self.users[a.users // 2], self.projects[a.projects // 2]
        q = '/role_assignments?'
        await self.measure('assignments of a user', 'GET', q + 'user.id=' + who)
        await self.measure('the same, effective, with names', 'GET', q + 'effective&include_names&user.id=' + who)
        await self.measure('assignments of a project, with names', 'GET', q + 'include_names&scope.project.id=' + where)
        await self.measure('the same, effective', 'GET', q + 'effective&include_names&scope.project.id=' + where)
        await self.memory(by_token)

    async def memory(self, body):
        done, step = 0, self.args.logins // 5
        conns = 16

        async def client(n):
            c = Conn(self.ep.host, self.ep.port)
            for _ in range(n):
                st, _, _ = await c.request('POST', self.ep.path + '/auth/tokens', {}, body)
                if st != 201:
                    raise SystemExit('a login was refused: %d' % st)
            c.close()

        self.pss = [(0, self.server.memory()[0]['pss_mib'])]
        for _ in range(5):
            await asyncio.gather(*[client(step // conns) for _ in range(conns)])
            done += step // conns * conns
            self.pss.append((done, self.server.memory()[0]['pss_mib']))
            print('after %6d logins: %.0f MiB' % self.pss[-1], file=sys.stderr, flush=True)

    def table(self):
        a = self.args
        out = ['%d users, %d projects, %d role assignments; %s s each, after 2 s of warming up.' % (
            a.users, a.projects, a.assignments, a.seconds), '',
               '| work | connections | per second | p50 ms | p99 ms | server CPU ms/op | KiB |', '|---|---:|---:|---:|---:|---:|---:|']
        out += ['| %s | %d | %.0f | %.2f | %.2f | %.3f | %.1f |' % r for r in self.rows]
        out += ['', 'Memory (PSS) over logins by token: ' + ', '.join('%s: %.0f MiB' % ('{:,}'.format(n), m) for n, m in self.pss) + '.']
        return '\n'.join(out) + '\n'


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--users', type=int, default=10000)
    p.add_argument('--projects', type=int, default=1000)
    p.add_argument('--assignments', type=int, default=100000)
    p.add_argument('--page', type=int, default=1000, help='rows of a page of users')
    p.add_argument('--logins', type=int, default=100000)
    p.add_argument('--seconds', type=int, default=4)
    p.add_argument('--conc', type=lambda s: [int(x) for x in s.split(',')], default=[1, 8])
    p.add_argument('--engine', choices=['auto', 'py'], default='auto')
    p.add_argument('--server-run-dir')
    p.add_argument('--server-pids')
    p.add_argument('--microversion', default='2.1')
    p.add_argument('--out', help='write the table here')
    args = p.parse_args()
    bench = Identity(args)
    asyncio.run(bench.all())
    text = bench.table()
    print(text)
    if args.out:
        with open(args.out, 'w') as f:
            f.write(text)


if __name__ == '__main__':
    main()
