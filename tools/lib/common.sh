# shellcheck shell=bash
# What every part of the launcher uses: speaking, failing, timing.

say() { printf '%s\n' "$*"; }
note() { printf '       %s\n' "$*"; }
warn() { printf 'welkin: %s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
root() { [ "$(id -u)" = 0 ]; }

# a path as a person would type it from here
short() {
  case $1 in
    "$PWD"/*) printf './%s' "${1#"$PWD"/}" ;;
    *) printf '%s' "$1" ;;
  esac
}

now_ms() { local t=$EPOCHREALTIME; printf '%s' $(( ${t%[.,]*} * 1000 + 10#${t#*[.,]} / 1000 )); }

# milliseconds as seconds with one digit
seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# step TITLE COMMAND...: runs it in silence and says how long it took; its output is shown only when it fails
step() {
  local title=$1 begin log pid status=0 tick=0
  shift
  begin=$(now_ms)
  log=$(mktemp "${TMPDIR:-/tmp}/welkin-step.XXXXXX")
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  if [ -t 1 ]; then
    while kill -0 "$pid" 2>/dev/null; do
      tick=$((tick + 1))
      [ $((tick % 5)) -ne 0 ] || printf '\r%s  %-56s %6s s ' "  .. " "$title" "$(seconds $(($(now_ms) - begin)))"
      sleep 0.1
    done
    printf '\r'
  fi
  wait "$pid" || status=$?
  if [ "$status" = 0 ]; then
    printf '  ok   %-56s %6s s\n' "$title" "$(seconds $(($(now_ms) - begin)))"
  else
    printf '  FAIL %-56s %6s s\n' "$title" "$(seconds $(($(now_ms) - begin)))"
    tail -n 40 "$log" | sed 's/^/       | /'
  fi
  rm -f "$log"
  return "$status"
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails when the time is over
wait_for() {
  local end=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# http_get ADDRESS PORT PATH: the status and the body's first line of what answers there; needs no client program
http_get() {
  local line status length=0 body=
  { exec 8<>"/dev/tcp/$1/$2"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$3" "$1" >&8
  IFS= read -r -t 10 status <&8 || status=
  while IFS= read -r -t 10 line <&8 && line=${line%$'\r'} && [ -n "$line" ]; do
    case ${line,,} in content-length:*) length=${line##*[!0-9]} ;; esac
  done
  # as long as it says: a process that is starting may keep the connection open
  [ "${length:-0}" = 0 ] || IFS= read -r -N "$length" -t 10 body <&8 || true
  exec 8>&-
  case $status in HTTP/1.1\ [1-5]*) status=${status#HTTP/1.1 }; printf '%s %s' "${status%% *}" "${body%$'\r'}" ;; *) return 1 ;; esac
}

# answers PORT: does a cloud on this machine answer there
answers() { case $(http_get "${2:-127.0.0.1}" "$1" /healthcheck) in '200 '*) return 0 ;; *) return 1 ;; esac; }

port_taken() { (exec 8<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; }

# a free port below the range the kernel gives to clients
free_port() {
  local port=${1:-20000}
  while port_taken "$port"; do port=$((port + 1)); done
  printf '%s' "$port"
}
