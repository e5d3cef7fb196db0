#!/bin/bash
# Every test of the project, in stages; "./welkin test --help".
set -euo pipefail
ROOT=$(dirname "$(dirname "$(readlink -f "$0")")")
STAGES="unit engines simulated commands moves roles ldap federation crash full real guests lab tempest personas client"

usage() {
  cat <<HELP
usage: ./welkin test [--only STAGE[,STAGE]] [--full] [--keep]

  unit        unit, contract, route and workflow tests of every module; with root and QEMU the real ones, too,
              also a pinged Linux guest that moves live
  engines     the store's contract, services and whole clouds on PostgreSQL and MariaDB, as far as they are installed
  simulated   every client command against a cloud with simulated hosts
  commands    every Identity command of the client with each of its options, and what Horizon asks Identity
  moves       every way a server moves between hosts, with the client, on simulated hosts
  roles       a cloud in three processes: Identity, the other services, hypervisors; with the client, on a RabbitMQ
  ldap        a domain whose users are in OpenLDAP, with the client
  federation  users of an OpenID provider, of a SAML one and of another cloud, with the client
  crash       kill -9 of the program while servers are built and deleted, 20 times: nothing stuck, nothing leaked
  full        the disk of the whole cloud fills up: refused with a reason, nothing lost, well when there is room
  real        quickstart in a state folder of its own, ssh into the guest, stop and start again, nothing left behind
  lab         a cloud of seven hosts on PostgreSQL and RabbitMQ: its walk, a few bad days, nothing left behind
  guests      Debian's Tempest on real hosts: the tests of conformance/guests.txt, which log in to guests
  tempest     Debian's Tempest: the tests of conformance/list.txt
  personas    keystone's own tests of who may do what in Identity: reader, member, admin on project, domain, system
  client      the client's own functional tests of Identity: the part in conformance/client-ci.txt, with --full all

Each stage has a state folder and ports of its own under a temporary folder; a cloud that runs already is not touched.
--full has every bad day in the lab and every test of the client, which takes twenty minutes longer. --keep leaves that folder, with all logs. CI=true installs missing packages without asking.
HELP
}

only=$STAGES keep=0 client=client-ci.txt days=worker,network,broker,database
while [ $# -gt 0 ]; do
  case $1 in
    --only) only=${2:?--only needs a stage}; only=${only//,/ }; shift ;;
    --only=*) only=${1#*=}; only=${only//,/ } ;;
    --keep) keep=1 ;;
    --full) client=client.txt days=api,worker,compute,network,broker,database,cut,fence,dead,clocks,full,handover,router ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
for s in $only; do case " $STAGES " in *" $s "*) ;; *) echo "no stage '$s': $STAGES" >&2; exit 2 ;; esac; done

work=$(mktemp -d "${TMPDIR:-/tmp}/welkin-test.XXXXXX")
export WELKIN_HOME=$work/home
# shellcheck source=tools/lib/common.sh
. "$ROOT/tools/lib/common.sh"
# shellcheck source=tools/lib/build.sh
. "$ROOT/tools/lib/build.sh"
# shellcheck source=tools/lib/host.sh
. "$ROOT/tools/lib/host.sh"
export PATH="$PATH:/usr/sbin:/sbin"

homes=() lab=
clean() {
  local status=$? home
  trap - EXIT INT TERM
  [ -z "$lab" ] || in_lab "$ROOT/welkin" lab down >/dev/null || true
  for home in ${homes[@]+"${homes[@]}"}; do
    [ ! -d "$home" ] || WELKIN_HOME=$home "$ROOT/welkin" down >"$home/last-down.log" 2>&1 || cat "$home/last-down.log"
  done
  if [ "$keep" = 1 ] || { [ "$status" != 0 ] && [ -z "${CI:-}" ]; }; then say "logs: $work"; else rm -rf "$work"; fi
  exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

total_passed=0 total_failed=0 total_skipped=0 summary='' skipped_why=()
# result STAGE SECONDS PASSED FAILED SKIPPED
result() {
  total_passed=$((total_passed + $3)) total_failed=$((total_failed + $4)) total_skipped=$((total_skipped + $5))
  summary+=$(printf '  %-10s %6s s %6d passed %4d failed %4d skipped' "$1" "$2" "$3" "$4" "$5")$'\n'
}
skip_stage() { skipped_why+=("stage $1: $2"); result "$1" 0.0 0 0 1; }

# the counts in the last line "N passed, N failed, N skipped" of a file; a run that did not get so far has failed
tally() {
  local stage=$1 took=$2 file=$3 line
  line=$(grep -E '[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$file" | tail -n 1) || line=
  if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped ]]; then
    result "$stage" "$took" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
  else
    say "  the stage ended before its result"
    result "$stage" "$took" 0 1 0
  fi
}

real_reason=$(real_host) || true
real_possible() { [ -z "$real_reason" ]; }

stage_unit() {
  local excluded=real,engine guest=
  if real_possible; then
    excluded=engine
    # the guest that is pinged while it moves
    mkdir -p "$work/guest-image"
    if "$ROOT/guest-image/build.sh" "$work/guest-image/guest.qcow2" "$work/guest-image/work" >"$work/guest-image.log" 2>&1; then
      guest=$work/guest-image/guest.qcow2
    else
      skipped_why+=("a pinged guest that moves: the guest image could not be built: $(tail -n 1 "$work/guest-image.log")")
    fi
    rm -rf "$work/guest-image/work"
  else
    skipped_why+=("tests tagged 'real': $real_reason")
  fi
  touch "$work/begin"
  # all modules go on after a failure: one red test should not hide another module's; what fails is tried once more and
  # named, since tests with packets and guests depend on how busy the machine is
  (cd "$ROOT" && mvn -B -q -Pchecks -Dmaven.test.failure.ignore=true -Dsurefire.rerunFailingTestsCount=1 "-Dexcluded.groups=$excluded" \
    ${guest:+"-Dguest.image=$guest"} verify) >"$work/unit.log" 2>&1 ||
    { say "  the build failed:"; grep -E '^\[ERROR\]|BUILD' "$work/unit.log" | head -30; echo "0 passed, 1 failed, 0 skipped"; return 0; }
  grep -E '^\[(ERROR|WARNING)\] +[A-Za-z]+.*(:[0-9]+|»)' "$work/unit.log" | sort -u | head -60 || true
  python3 "$ROOT/tools/surefire.py" "$ROOT" "$work/begin"
}

# the tests that say most about an engine, in about two minutes each; all tests of a service run on one with
# mvn -pl SERVICE -am test -Dwelkin.test.database=postgresql
ENGINE_TESTS='LoginTest,BadInputTest,LimitMigrationTest,DirectoryTest,RowsTest,ImageServiceTest,PlacementServiceTest,ServerApiTest,FlavorApiTest,PortTest,NetworkTest'
ENGINE_TESTS+=',FirstServerTest,IdempotencyTest,RolesTest,RandomCloudTrialTest'
stage_engines() {
  local engine contract reports
  touch "$work/engines-begin"
  for engine in postgresql:PostgresContractTest mariadb:MariadbContractTest; do
    contract=${engine#*:} engine=${engine%:*}
    touch "$work/$engine-begin"
    (cd "$ROOT" && mvn -B -q -pl trials -am -Dmaven.test.failure.ignore=true -Dsurefire.rerunFailingTestsCount=1 \
      -Dsurefire.failIfNoSpecifiedTests=false -Dexcluded.groups=real "-Dtest=$contract,$ENGINE_TESTS" \
      "-Dwelkin.test.database=$engine" test) >"$work/engine-$engine.log" 2>&1 ||
      { say "  $engine: the build failed:"; grep -E '^\[ERROR\]|BUILD' "$work/engine-$engine.log" | head -30; echo "0 passed, 1 failed, 0 skipped"; return 0; }
    # the next engine's reports replace these
    reports=$work/reports/$engine/target/surefire-reports
    mkdir -p "$reports"
    find "$ROOT" -path '*/target/surefire-reports/TEST-*.xml' -newer "$work/$engine-begin" -exec cp -t "$reports" {} +
  done
  python3 "$ROOT/tools/surefire.py" "$work/reports" "$work/engines-begin"
}

# a cloud with simulated hosts: start_simulated NAME HOSTS; sets home
start_simulated() {
  home=$work/$1
  homes+=("$home")
  local port
  port=$(free_port "${3:-22000}")
  WELKIN_AOT=0 WELKIN_HOME=$home "$ROOT/welkin" up --simulate "$2" --port "$port"
}
stop_cloud() { WELKIN_HOME=$1 "$ROOT/welkin" down; }

stage_simulated() {
  have openstack || { echo "0 passed, 0 failed, 1 skipped"; return 0; }
  start_simulated simulated 3
  (cd "$ROOT/trials/walks" && timeout 1200 /usr/bin/python3 -B simulated.py "$home/openrc") || true
  stop_cloud "$home"
}

stage_commands() {
  have openstack || { echo "0 passed, 0 failed, 1 skipped"; return 0; }
  cheap_passwords "$work/commands"
  start_simulated commands 1 30000
  (cd "$ROOT/trials/walks" && timeout 1200 /usr/bin/python3 -B identity.py "$home/openrc") || true
  stop_cloud "$home"
}

stage_moves() {
  have openstack || { echo "0 passed, 0 failed, 1 skipped"; return 0; }
  start_simulated moves 3 21000
  (cd "$ROOT/trials/walks" && timeout 1200 /usr/bin/python3 -B moves.py "$home/openrc") || true
  stop_cloud "$home"
}

stage_roles() {
  homes+=("$work"/roles/{hosts,services,identity})
  (cd "$ROOT/trials/walks" && timeout 900 /usr/bin/python3 -B roles.py "$ROOT" "$work/roles" "$(free_port 31000)") || true
}

stage_ldap() {
  start_simulated ldap 1 28000
  (cd "$ROOT/trials/walks" && timeout 600 /usr/bin/python3 -B ldap.py "$home/openrc") || true
  stop_cloud "$home"
}

stage_federation() {
  local away provider
  provider=$(free_port 30800)
  mkdir -p "$work/federation"
  cat >"$work/federation/welkin.yaml" <<YAML
openid:
  providers:
    - identity_provider: acme
      issuer: http://127.0.0.1:$provider
      client_id: welkin
      client_secret: of-welkin
      audiences: [openstack-cli]
      private_network: true
federation:
  remote_id_attribute: HTTP_OIDC_ISS
  trusted_dashboard: [http://horizon.example.org/auth/websso/]
  default_authorization_ttl: 60
YAML
  start_simulated federation-home 1 30400
  away=$home
  start_simulated federation 1 30000
  (cd "$ROOT/trials/walks" && timeout 600 /usr/bin/python3 -B federation.py "$home/openrc" "$away/openrc" "$provider" "$ROOT") || true
  stop_cloud "$away"
  stop_cloud "$home"
}

stage_crash() {
  start_simulated crash 3 26000
  WELKIN_AOT=0 WELKIN_HOME=$home timeout 900 /usr/bin/python3 -B "$ROOT/trials/walks/crash.py" "$ROOT" 20 || true
  stop_cloud "$home"
}

# the state folder is a small file system of its own
stage_full() {
  local home=$work/full
  mkdir -p "$home"
  mount -t tmpfs -o size=96m tmpfs "$home" 2>/dev/null ||
    { say "  skipped: no file system can be mounted here"; echo "0 passed, 0 failed, 1 skipped"; return 0; }
  trap 'umount "$home" 2>/dev/null || umount -l "$home"' RETURN
  start_simulated full 2 27000
  WELKIN_AOT=0 WELKIN_HOME=$home timeout 600 /usr/bin/python3 -B "$ROOT/trials/walks/diskfull.py" "$ROOT" || true
  stop_cloud "$home"
}

stage_real() {
  homes+=("$work/real")
  WELKIN_HOME=$work/real WELKIN_EXTERNAL_BRIDGE=wkq-ex WELKIN_EXTERNAL_CIDR=${WELKIN_TEST_CIDR:-172.24.124.0/24} \
    WELKIN_PORT=$(free_port 23000) timeout 1500 /usr/bin/python3 -B "$ROOT/trials/walks/real.py" "$ROOT" || true
}

# a name and addresses of its own, so that a lab somebody plays with goes on
in_lab() {
  WELKIN_HOME=$lab WELKIN_LAB_NAME=wktest WELKIN_LAB_WIRE=${WELKIN_TEST_WIRE:-10.214.0.0/24} \
    WELKIN_LAB_OUTSIDE=${WELKIN_TEST_OUTSIDE:-172.24.214.0/24} "$@"
}

stage_lab() { in_lab timeout 2700 /usr/bin/python3 -B "$ROOT/trials/lab/walk.py" "$ROOT" --days "$days" || true; }

lab_missing() {
  local program
  if ! real_possible; then printf '%s' "$real_reason"; return 0; fi
  for program in psql:postgresql rabbitmqctl:rabbitmq-server haproxy:haproxy openstack:python3-openstackclient; do
    have "${program%%:*}" || { printf 'no %s' "${program#*:}"; return 0; }
  done
}

stage_guests() {
  local home=$work/guests
  homes+=("$home")
  export WELKIN_HOME=$home WELKIN_EXTERNAL_BRIDGE=wkg-ex WELKIN_EXTERNAL_CIDR=${WELKIN_GUESTS_CIDR:-172.24.125.0/24}
  "$ROOT/welkin" quickstart --yes --port "$(free_port 25000)" >"$work/guests.log" 2>&1 ||
    { tail -n 20 "$work/guests.log"; echo "0 passed, 1 failed, 0 skipped"; return 0; }
  (
    set -a
    # shellcheck disable=SC1091  # written by the cloud
    . "$home/openrc"
    set +a
    RUN_VALIDATION=1 IMAGE_FILE=$home/guest-image/guest.qcow2 FLAVOR_RAM=128 \
      "$ROOT/conformance/setup.sh" "$work/guests-ws" &&
      "$ROOT/conformance/run.sh" -w "$work/guests-ws" -c 2 -t 900 -l "$ROOT/conformance/guests.txt"
  ) || true
  "$ROOT/welkin" down
}

stage_tempest() {
  if ! grep -qv '^#' "$ROOT/conformance/list.txt"; then say "  the list is empty"; echo "0 passed, 0 failed, 0 skipped"; return 0; fi
  # what conformance/features.ini says of it
  mkdir -p "$work/tempest"
  cat >"$work/tempest/welkin.yaml" <<'YAML'
security_compliance:
  lockout_failure_attempts: 2
  lockout_duration: 5
  unique_last_password_count: 2
# two tests look at a snapshot while it is made
simulated: {snapshot_seconds: 2}
YAML
  start_simulated tempest "${TEMPEST_HOSTS:-2}" 24000
  # the external network Tempest's floating IPs come from
  PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tools/quickstart.py" --home "$home" --simulated --only-network
  (
    set -a
    # shellcheck disable=SC1091  # written by the cloud
    . "$home/openrc"
    set +a
    # keystone to keystone, with itself: it trusts what it says
    mkdir -p "$home/saml"
    python3 -c "import sys, urllib.request as u; u.urlretrieve(*sys.argv[1:])" \
      "$OS_AUTH_URL/OS-FEDERATION/saml2/metadata" "$home/saml/itself.xml"
    "$ROOT/conformance/setup.sh" "$work/tempest-ws" && "$ROOT/conformance/run.sh" -w "$work/tempest-ws" -c 4 -t 2400
  ) || true
  stop_cloud "$home"
}

# passwords that cost nothing: these tests make hundreds of users
cheap_passwords() { mkdir -p "$1" && printf 'identity:\n  password_hash_rounds: 4\n' >"$1/welkin.yaml"; }

stage_personas() {
  local home=$work/personas
  cheap_passwords "$home"
  mkdir -p "$home/policy"
  cp "$ROOT/conformance/personas.yaml" "$home/policy/identity.yaml"
  start_simulated personas 1 28000
  (
    set -a
    # shellcheck disable=SC1091  # written by the cloud
    . "$home/openrc"
    set +a
    PERSONAS=1 "$ROOT/conformance/setup.sh" "$work/personas-ws" &&
      "$ROOT/conformance/run.sh" -w "$work/personas-ws" -t 900 -r 'keystone_tempest_plugin\.tests\.rbac'
  ) || true
  stop_cloud "$home"
}

stage_client() {
  local home=$work/client
  cheap_passwords "$home"
  start_simulated client 1 29000
  (
    set -a
    # shellcheck disable=SC1091  # written by the cloud
    . "$home/openrc"
    set +a
    "$ROOT/conformance/setup.sh" "$work/client-setup" >/dev/null && # installs what is missing
      "$ROOT/conformance/client.sh" -w "$work/client-ws" -C "$ROOT/conformance/$client" -t 1800
  ) || true
  stop_cloud "$home"
}

find_java
say "Welkin tests: $(grep -m1 '^model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) cores, $(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo) GiB, $(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
if [ "${CI:-}" = true ] && root; then
  mapfile -t want < <(missing "$BUILD_PROGRAMS $WALK_PROGRAMS $HOST_PROGRAMS $IMAGE_PROGRAMS $ENGINE_PROGRAMS")
  have openstack && /usr/bin/python3 -c 'import osc_placement' 2>/dev/null || want+=(python3-osc-placement)
  /usr/bin/python3 -c 'import saml2, lxml' 2>/dev/null || want+=(python3-pysaml2 python3-lxml)
  [ ${#want[@]} = 0 ] || step "install ${#want[@]} packages" install_packages "${want[@]}" || true
  real_reason=$(real_host) || true
fi
for s in $only; do
  begin=$(now_ms)
  say ""
  say "== $s"
  case $s in
    unit | engines) ;;
    *) ensure_jar ;;
  esac
  if { [ "$s" = real ] || [ "$s" = guests ]; } && ! real_possible; then
    skip_stage "$s" "$real_reason"
    say "  skipped: $real_reason"
    continue
  fi
  if [ "$s" = lab ]; then
    why=$(lab_missing)
    if [ -n "$why" ]; then skip_stage lab "$why"; say "  skipped: $why"; continue; fi
    lab=$work/lab
  fi
  if [ "$s" = ldap ] && ! have slapd; then skip_stage ldap "no slapd (package slapd)"; say "  skipped: no slapd"; continue; fi
  if [ "$s" = federation ] && ! { have xmlsec1 && /usr/bin/python3 -c 'import saml2, lxml' 2>/dev/null; }; then
    skip_stage federation "no pysaml2 or xmlsec1 (packages python3-pysaml2, python3-lxml, xmlsec1)"
    say "  skipped: no pysaml2 or xmlsec1"
    continue
  fi
  if [[ " simulated moves roles ldap federation client " = *" $s "* ]] && ! /usr/bin/python3 -c 'import openstackclient, osc_placement' 2>/dev/null; then
    skip_stage "$s" "no openstack client (packages python3-openstackclient, python3-osc-placement)"
    say "  skipped: no openstack client"
    continue
  fi
  if [[ " tempest guests personas client " = *" $s "* ]] && ! root && ! have tempest; then skip_stage "$s" "Tempest is not installed, and not root"; continue; fi
  # in this shell, not in a pipe: a stage adds its state folder to what is cleaned up
  "stage_$s" > >(tee "$work/$s.out") 2>&1 || true
  wait $! 2>/dev/null || true
  tally "$s" "$(seconds $(($(now_ms) - begin)))" "$work/$s.out"
done

say ""
say "== summary"
printf '%s' "$summary"
for why in ${skipped_why[@]+"${skipped_why[@]}"}; do say "  skipped: $why"; done
say "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" = 0 ] && [ "$total_passed" -gt 0 ]
