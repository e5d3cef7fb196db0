"""./welkin lab: a cloud of many hosts on one machine."""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import host as hosts  # noqa: E402
import lab as labs  # noqa: E402

HELP = """usage: ./welkin lab up [--database mariadb] [--networks N] [--shared] | quickstart [the same] | down | status | shell HOST | exec HOST COMMAND... | trial [NAME...]

A cloud of seven hosts (or more) on this machine, each with network, mount and process namespaces of its own, joined by a bridge:
  infra-1                PostgreSQL (or MariaDB), RabbitMQ and a load balancer: what an operator has before there is a cloud
  control-1, control-2   APIs and workers
  compute-1 to -3        hypervisors with real QEMU guests
  network-1              routers, DHCP, floating IPs

  up            builds it and waits until the cloud answers; says where clients find it;  --networks 2: a second network
                host, also beside a lab that is up;  --database mariadb: chosen once for a lab's folder, as is
                --shared: disks of guests in one folder of all hypervisors, so that they move without being copied
  quickstart    up, and then image, flavor, networks, two servers on different hypervisors, floating IP, ssh
  down          takes all of it away; disks (databases, images, guests) stay in the state folder's lab/
  status        which hosts are on and what runs there
  shell HOST    a shell on a host;  exec HOST COMMAND runs one command there
  trial [NAME]  a bad day, or all of them, after quickstart: under a steady load a part is killed, cut off or filled up, and
                what was refused, failed, lost or left over is counted: %s

Needs root and Debian's postgresql (or mariadb-server), rabbitmq-server, haproxy beside what quickstart needs.
WELKIN_LAB_WIRE (10.213.0.0/24) and WELKIN_LAB_OUTSIDE (172.24.213.0/24) are its address ranges; with those and
WELKIN_LAB_NAME (wklab) of its own, a second lab stands beside the first."""
DAYS = 'api, worker, compute, network, broker, database, cut, fence, dead, clocks, full, handover, router'


def said(lab):
    print('       clients: . %s/openrc' % os.path.relpath(lab.desk))
    print("       hosts:   ./welkin lab status;  ./welkin lab shell compute-1;  './welkin lab down' takes it away")


def main(argv):
    if not argv or argv[0] in ('-h', '--help', 'help'):
        print(HELP % DAYS)
        return 0
    lab = labs.Lab(os.environ['WELKIN_HOME'])
    command, rest = argv[0], argv[1:]
    if command in ('up', 'quickstart'):
        words = argparse.ArgumentParser(prog='./welkin lab ' + command)
        words.add_argument('--database', choices=sorted(labs.ENGINES))
        words.add_argument('--networks', type=int, choices=range(1, 10), metavar='N', help='how many network hosts')
        words.add_argument('--shared', action='store_true', help='disks of guests in a folder that all hypervisors have')
        asked = words.parse_args(rest)
        lab.shape(asked.database, asked.networks, asked.shared)
    if command == 'up':
        lab.up()
        said(lab)
    elif command == 'quickstart':
        import tour
        lab.up()
        tour.take(lab)
        said(lab)
    elif command == 'down':
        labs.step('power off', lab.down)
    elif command == 'status':
        return lab.status()
    elif command == 'trial':
        words = [sys.executable, '-B', os.path.join(lab.root, 'trials', 'lab', 'badday.py'), lab.root, *rest]
        os.execv(words[0], words)
    elif command in ('shell', 'exec') and rest and rest[0] in lab.hosts:
        h = lab.hosts[rest[0]]
        words = rest[1:] if command == 'exec' else ['bash', '--norc', '-i']
        if not words:
            raise hosts.Failed('exec needs a command')
        words = h.words(*words, env={'PS1': rest[0] + '# '}, cwd=os.getcwd())
        os.execvp(words[0], words)
    elif command in ('shell', 'exec'):
        raise hosts.Failed('%s needs a host: %s' % (command, ', '.join(lab.hosts)))
    else:
        print(HELP % DAYS, file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except hosts.Failed as e:
        print('welkin: %s' % e, file=sys.stderr)
        sys.exit(1)
