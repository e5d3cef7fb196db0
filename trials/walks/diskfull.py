#!/usr/bin/python3
"""The disk of the whole cloud fills up while it works. usage: diskfull.py ROOT

The state folder is a file system of 96 MB, so root is needed. While it is full, what needs room is refused with 503, 507
or 413 and a reason, what only looks is answered, and an administrator can log in. When there is room again all works by
itself: nothing that was acknowledged is lost, nothing is left over, and the databases are sound.
"""
import os
import re
import sqlite3
import subprocess
import sys
import time

from crash import GONE, HOME, ROOT, Cloud, Crash, Refused, openrc

REFUSALS = (413, 503, 507)
ROOM = 96


class DiskFull(Crash):
    def welkin(self, *args):
        return subprocess.run([os.path.join(ROOT, 'welkin')] + list(args), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)

    def fill(self):
        """Takes every last byte."""
        path = os.path.join(HOME, 'filler')
        for block in (1 << 20, 1 << 12, 1):
            try:
                with open(path, 'ab', buffering=0) as f:
                    for _ in range(1 << 20):
                        f.write(b'x' * block)
            except OSError:
                pass

    def attempt(self, what, ask):
        try:
            ask()
            self.answered[what] = self.answered.get(what, 0) + 1
        except Refused as e:
            self.refused[what] = self.refused.get(what, 0) + 1
            self.check('%s is refused as what it is' % what, e.status in REFUSALS, e)
            self.check('%s says why' % what, re.search(r'(?i)disk|database|space|room|full|storage', str(e)), e)
        except GONE as e:
            self.check('%s is answered' % what, False, repr(e))

    def full(self):
        """One time without room."""
        self.answered, self.refused, made = {}, {}, []
        self.fill()
        for n in range(40):
            name = 'full-%d' % n
            self.attempt('server create', lambda: made.append(self.create(name, 'key-' + name)))
            self.attempt('network create', lambda: self.cloud.post('network', '/v2.0/networks', {'network': {'name': name}}))
            self.attempt('keypair create', lambda: self.cloud.post('compute', '/os-keypairs', {'keypair': {'name': name}}))
            self.attempt('image upload', lambda: self.upload_one(name))
            if n % 10 == 0:
                self.fill()    # what was given back by a cleanup
        print('  full: answered %s, refused %s' % (self.answered, self.refused), flush=True)
        self.check('something was refused', sum(self.refused.values()) > 20, self.refused)
        try:
            listed = {s['id'] for s in self.servers()}
            self.check('what was acknowledged is listed', set(self.before + made) <= listed)
            Cloud(openrc(os.path.join(HOME, 'openrc')))
            self.check('an administrator can log in', True)
        except Refused as e:
            self.check('what only looks is answered', False, e)
        return made

    def upload_one(self, name):
        image = self.cloud.post('image', '/v2/images', {'name': name, 'disk_format': 'raw', 'container_format': 'bare'})
        self.cloud.upload(image['id'], self.megabytes)

    def pid(self):
        with open(os.path.join(HOME, 'run', 'welkin.pid')) as f:
            return int(f.read())

    def again(self):
        """There is room again: how long until a server can be made."""
        os.unlink(os.path.join(HOME, 'filler'))
        begin = time.monotonic()
        while time.monotonic() < begin + 20:
            try:
                self.create('again', 'key-again')
                break
            except Refused:
                time.sleep(0.2)
        took = time.monotonic() - begin
        self.check('works again within 10 s of having room', took < 10, took)
        return took

    def sound(self):
        for file in sorted(os.listdir(os.path.join(HOME, 'database'))):
            if file.endswith('.db'):
                with sqlite3.connect('file:%s?mode=ro' % os.path.join(HOME, 'database', file), uri=True) as c:
                    self.check(file + ' is sound', c.execute('PRAGMA integrity_check').fetchone()[0] == 'ok')

    def run(self):
        self.megabytes = os.path.join(os.path.dirname(HOME), 'megabytes.raw')
        with open(self.megabytes, 'wb') as f:
            f.truncate(4 << 20)
        self.prepare()
        self.before = [self.create('before-%d' % n, 'key-before-%d' % n) for n in range(5)]
        self.settle(0)
        pid = self.pid()
        for turn in range(2):
            self.before += self.full()
            self.check('the program lives', os.path.exists('/proc/%d' % pid))
            took = self.again()
            self.settle(turn + 1)
            left = {s['id'] for s in self.servers()}
            self.check('nothing that was acknowledged is lost', set(self.before) <= left, set(self.before) - left)
            images = self.cloud.get('image', '/v2/images?limit=1000')['images']
            files = {f for f in os.listdir(os.path.join(HOME, 'images')) if os.path.isfile(os.path.join(HOME, 'images', f))}
            self.check('image files are those of active images', files == {i['id'] for i in images if i['status'] == 'active'})
            self.check('no half an image', not os.listdir(os.path.join(HOME, 'images', 'arriving')))
            for i in images:
                if i['name'].startswith('full-'):
                    self.cloud.delete('image', '/v2/images/' + i['id'])
            print('  disk full %d: well %.1f s after there was room' % (turn + 1, took), flush=True)
        self.remove_all()
        self.check('no server is left', not self.servers())
        self.consistent('at the end')
        self.welkin('down')
        self.sound()
        up = self.welkin('up')
        self.check('starts again', up.returncode == 0, up.stderr[-300:])
        return self.end()


if __name__ == '__main__':
    sys.exit(DiskFull().run())
