#!/bin/bash
# usage: setup.sh WORKSPACE
# Installs Debian's Tempest when it is missing and writes WORKSPACE/etc/tempest.conf for the cloud the OS_* variables
# (admin's) name. Without OS_AUTH_URL the workspace is good for listing tests only.
#   IMAGE_FILE=F       guest image to register when the cloud has no public image (else an empty disk of 1 MiB)
#   RUN_VALIDATION=1   tests log in to guests by ssh: needs real hosts, a guest image and the external network
#   PERSONAS=1         the administrator works on the system, as keystone's tests of roles want it (personas.yaml)
#   FLAVOR_RAM=MB      memory of the small flavor (64; a real guest needs 128)
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin   # the distribution's python3 sees Tempest; others do not
unset PYTHONPATH PYTHONHOME || true
here=$(dirname "$(readlink -f "$0")")
ws=${1:?usage: setup.sh WORKSPACE}
need=()
for p in tempest python3-tempest python3-stestr python3-openstacksdk keystone-tempest-plugin; do
  dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok' || need+=("$p")
done
if [ ${#need[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt=(apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -qq)
  "${apt[@]}" install -y --no-install-recommends "${need[@]}" >/dev/null 2>&1 ||
    { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${need[@]}" >/dev/null; }
fi
[ -d "$ws/etc" ] || (mkdir -p "$(dirname "$ws")" && tempest init --name "$(basename "$ws")-$$" "$ws" >/dev/null 2>&1)
mkdir -p "$ws/etc" "$ws/logs" "$ws/lock"
if [ -z "${OS_AUTH_URL:-}" ]; then
  printf '[oslo_concurrency]\nlock_path = %s/lock\n' "$ws" >"$ws/etc/tempest.conf"
else
  PYTHONDONTWRITEBYTECODE=1 python3 -W ignore "$here/configure.py" "$ws" "$here/features.ini"
fi
