#!/bin/bash
# usage: client.sh -w WORKSPACE [-c WORKERS] [-t SECONDS] [-r REGEX | -C FILE] [-n]
# python-openstackclient's own functional tests of Identity, with the real `openstack` program against the cloud of the
# OS_* variables (admin's). Every test calls the program many times, about a second of CPU each: all take 4 minutes on two
# free cores. -C FILE: what the file says (client.txt without). Last line and exit status as with run.sh.
set -uo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
unset PYTHONPATH PYTHONHOME || true
here=$(dirname "$(readlink -f "$0")")
ws='' workers=2 limit=2400 select=(--candidates "$here/client.txt") names=0
while getopts w:c:t:C:r:n o; do
  case $o in
    w) ws=$OPTARG ;; c) workers=$OPTARG ;; t) limit=$OPTARG ;; n) names=1 ;;
    C) select=(--candidates "$(realpath "$OPTARG")") ;; r) select=(--regex "$OPTARG") ;;
    *) sed -n '2,5p' "$0"; exit 2 ;;
  esac
done
packages=$(/usr/bin/python3 -c 'import openstackclient.tests.functional.identity, tempest, stestr, os
print(os.path.dirname(os.path.dirname(openstackclient.__file__)))' 2>/dev/null) ||
  { echo "needs Debian's python3-openstackclient, python3-tempest and python3-stestr" >&2; exit 2; }
mkdir -p "${ws:?usage: client.sh -w WORKSPACE}" && cd "$ws" || exit 2
out=$(mktemp -d "$PWD/run.XXXXXX")
# the tests choose between an administrator of a project and one of the system
cloud() {
  cat <<YAML
  $1:
    region_name: ${OS_REGION_NAME:-RegionOne}
    identity_api_version: 3
    auth:
      auth_url: $OS_AUTH_URL
      username: $OS_USERNAME
      password: $OS_PASSWORD
      user_domain_name: ${OS_USER_DOMAIN_NAME:-Default}
$2
YAML
}
(
  umask 077
  { echo clouds:
    cloud admin "      project_name: $OS_PROJECT_NAME"$'\n'"      project_domain_name: ${OS_PROJECT_DOMAIN_NAME:-Default}"
    cloud system "      system_scope: all"; } >clouds.yaml
  printf '[DEFAULT]\ntest_path=%s/openstackclient/tests/functional/identity\ntop_dir=%s\n' "$packages" "$packages" >.stestr.conf
)
for v in ${!OS_*}; do unset "$v"; done
export OS_CLIENT_CONFIG_FILE=$PWD/clouds.yaml OS_ADMIN_CLOUD=admin OS_SYSTEM_CLOUD=system
[ -d .stestr ] || stestr init >/dev/null 2>&1
stestr list >"$out/all" 2>"$out/all.err" || { cat "$out/all.err" >&2; exit 2; }
python3 "$here/results.py" choose "$out" "${select[@]}" || exit 2
if [ "$names" = 1 ]; then cat "$out/want"; exit 0; fi
timeout -k 30 "$limit" stestr run --concurrency "$workers" --load-list "$out/load" --subunit >"$out/subunit" 2>"$out/err"
python3 "$here/results.py" judge "$out" Client
