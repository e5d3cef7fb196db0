#!/bin/bash
# Measures Welkin on simulated hosts with bench/load.py; "./welkin bench --help".
set -euo pipefail
ROOT=$(dirname "$(dirname "$(readlink -f "$0")")")
usage() {
  cat <<HELP
usage: ./welkin bench [--quick] [--tests a,b,...] [--record] [--out FILE] [-- LOAD-OPTION...]
       ./welkin bench scale [--record] [SCALE-OPTION...]
       ./welkin bench identity [--record] [IDENTITY-OPTION...]

Starts an all-in-one with 50 simulated hosts in a state folder of its own, does the work of bench/load.py over HTTP
(keep-alive, concurrency 1, 8 and 32) and prints rate, p50, p99 and the server's CPU time per operation: the figure
that survives a noisy machine. Beside it stands the same figure of a real OpenStack (bench/peer.json).
  --quick     shorter runs and smaller numbers: a look, not a record
  --tests     which tests; "bench/load.py --help" names them
  --record    append the table with machine and commit to docs/benchmarks.md
  --out FILE  keep the raw figures as FILE.json and FILE.md
  --          the rest goes to bench/load.py as it is, e.g. -- --seconds 4 --repeat 1

"scale" starts a PostgreSQL and a RabbitMQ of its own, one control process and 1,000 simulated hypervisors in three
processes; boots and deletes 2,000 servers with 50 clients, then keeps 10,000 and lists them (bench/scale.py --help;
--hosts 30 --clients 5 --warm 50 --cycles 50 --keep 100 is a look).

"identity" starts an all-in-one without hosts, makes 10,000 users with 100,000 role assignments and measures tokens, lists
and memory over 100,000 logins (bench/identity.py --help; --users 1000 --assignments 5000 --logins 5000 --seconds 1 is a look).
HELP
}

machine() {
  printf '%s, %s cores, %s GiB, kernel %s, %s' "$(grep -m1 '^model name' /proc/cpuinfo | cut -d: -f2- | xargs)" "$(nproc)" \
    "$(awk '/MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)" "$(uname -r)" "$("$JAVA_HOME/bin/java" -version 2>&1 | head -1 | tr -d '"')"
}

scale() {
  local record=0 more=() text status=0
  while [ $# -gt 0 ]; do
    case $1 in --record) record=1 ;; -h | --help) exec python3 -B "$ROOT/bench/scale.py" --help ;; *) more+=("$1") ;; esac
    shift
  done
  ensure_jar
  ensure_aot
  text=$(mktemp "${TMPDIR:-/tmp}/welkin-scale-result.XXXXXX")
  # shellcheck disable=SC2064  # the value of now
  trap "rm -f '$text'" EXIT
  python3 -B "$ROOT/bench/scale.py" --out "$text" ${more[@]+"${more[@]}"} || status=$?
  if [ "$record" = 1 ] && [ "$status" = 0 ]; then
    {
      printf '\n## Scale, simulated, %s, commit %s\n\n' "$(date -u +%F)" "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
      printf '%s. ' "$(machine)"
      cat "$text"
    } >>"$ROOT/docs/benchmarks.md"
    say "recorded in docs/benchmarks.md"
  fi
  exit "$status"
}

identity() {
  local record=0 more=() text status=0 port
  while [ $# -gt 0 ]; do
    case $1 in --record) record=1 ;; -h | --help) exec python3 -B "$ROOT/bench/identity.py" --help ;; *) more+=("$1") ;; esac
    shift
  done
  ensure_jar
  ensure_aot
  work=$(mktemp -d "${TMPDIR:-/tmp}/welkin-bench.XXXXXX")
  export WELKIN_HOME=$work/home
  trap '"$ROOT/welkin" down >/dev/null 2>&1; rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  port=$(free_port 25000)
  text=$work/result
  "$ROOT/welkin" up --simulate 1 --port "$port"
  set -a
  # shellcheck disable=SC1091  # written by the cloud
  . "$WELKIN_HOME/openrc"
  set +a
  python3 -B "$ROOT/bench/identity.py" --server-run-dir "$WELKIN_HOME/run" --out "$text" ${more[@]+"${more[@]}"} || status=$?
  if [ "$record" = 1 ] && [ "$status" = 0 ]; then
    {
      printf '\n## Identity, %s, commit %s\n\n' "$(date -u +%F)" "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
      printf '%s; all-in-one, SQLite with synchronous=FULL, Fernet. ' "$(machine)"
      cat "$text"
    } >>"$ROOT/docs/benchmarks.md"
    say "recorded in docs/benchmarks.md"
  fi
  exit "$status"
}
# shellcheck source=tools/lib/common.sh
. "$ROOT/tools/lib/common.sh"
# shellcheck source=tools/lib/build.sh
. "$ROOT/tools/lib/build.sh"
case ${1:-} in scale) shift; scale "$@" ;; identity) shift; identity "$@" ;; esac

tests=all record=0 out='' more=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) more+=(--seconds 2 --repeat 1 --servers 100 --boot 50 --ports 50 --list-ports 200 --image-mib 128 --providers 200) ;;
    --tests) tests=${2:?--tests needs names}; shift ;;
    --record) record=1 ;;
    --out) out=${2:?--out needs a file}; shift ;;
    --) shift; more+=("$@"); break ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
work=$(mktemp -d "${TMPDIR:-/tmp}/welkin-bench.XXXXXX")
export WELKIN_HOME=$work/home
out=${out:-$work/result}
trap '"$ROOT/welkin" down >/dev/null 2>&1; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
have python3 || die "needs python3"
ensure_jar
ensure_aot

port=$(free_port 25000)
begin=$(now_ms)
"$ROOT/welkin" up --simulate "${WELKIN_BENCH_HOSTS:-50}" --port "$port"
PYTHONDONTWRITEBYTECODE=1 python3 -c '
import sys; sys.path.insert(0, sys.argv[1]); from rest import Cloud, openrc; Cloud(openrc(sys.argv[2]))' "$ROOT/tools" "$WELKIN_HOME/openrc"
first_token=$(seconds $(($(now_ms) - begin)))
say "from 'up' to the first token: $first_token s (client's start included)"
PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/bench/prepare.py" "$WELKIN_HOME/openrc"
set -a
# shellcheck disable=SC1091  # written by the cloud
. "$WELKIN_HOME/openrc"
set +a
python3 "$ROOT/bench/load.py" --tests "$tests" --server-run-dir "$WELKIN_HOME/run" --label welkin --out "$out" ${more[@]+"${more[@]}"} || status=$?
if [ "$record" = 1 ]; then
  mkdir -p "$ROOT/docs"
  [ -f "$ROOT/docs/benchmarks.md" ] || printf '# Benchmarks\n\nWhat "./welkin bench --record" measured, newest last.\n' >"$ROOT/docs/benchmarks.md"
  {
    printf '\n## %s, commit %s\n\n' "$(date -u +%F)" "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
    printf '%s; 50 simulated hosts, SQLite with synchronous=FULL; bcrypt with 12 rounds. First token %s s after "up" (the peer: 36 s); memory is idle memory (the peer: 2,752 MiB).\n\n' \
      "$(machine)" "$first_token"
    cat "$out.md"
  } >>"$ROOT/docs/benchmarks.md"
  say "recorded in docs/benchmarks.md"
fi
exit "${status:-0}"
