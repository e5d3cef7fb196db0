# shellcheck shell=bash
# up, down, status, logs.

PID_FILE=$WELKIN_HOME/run/welkin.pid
LOG_FILE=$WELKIN_HOME/log/welkin.log
ARGS_FILE=$WELKIN_HOME/up.args      # how the cloud was started, so that a plain "up" starts it so again

# the server's pid, when it runs and is ours
server_pid() {
  local pid
  [ -s "$PID_FILE" ] || return 1
  pid=$(<"$PID_FILE")
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "serve --home $WELKIN_HOME " || return 1
  printf '%s' "$pid"
}

stored_args() { [ ! -f "$ARGS_FILE" ] || cat "$ARGS_FILE"; }

# option NAME DEFAULT ARG...: the value of --NAME among the arguments
option() {
  local name=$1 value=$2
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      "--$name") value=${2:-}; shift ;;
      "--$name="*) value=${1#*=} ;;
    esac
    shift
  done
  printf '%s' "$value"
}

up_help() {
  cat <<HELP
usage: ./welkin up [--simulate N] [--port PORT] [OPTION...]

Starts the cloud in the background and waits until it answers. Without options it starts as it was started last.
  --simulate N   N hypervisors that exist only in memory (0: a real host again)
  --port PORT    listen there instead of 5000
Other options go to the server as they are: "java -jar assembly/target/welkin.jar serve --help".

Environment: WELKIN_HOME (state folder, ./var), WELKIN_HEAP (Java heap, 256m), JAVA_HOME.
HELP
}

up() {
  local args port pid begin flags simulated reason
  case " $* " in *' --help '* | *' -h '*) up_help; return 0 ;; esac
  if pid=$(server_pid); then
    die "already up (process $pid, state in $(short "$WELKIN_HOME")); './welkin down' stops it"
  fi
  if [ $# -gt 0 ]; then args=("$@"); else mapfile -t args < <(stored_args); fi
  port=$(option port 5000 ${args[@]+"${args[@]}"})
  simulated=$(option simulate 0 ${args[@]+"${args[@]}"})
  case $port$simulated in *[!0-9]*) die "--port and --simulate take a number" ;; esac
  ! port_taken "$port" || die "port $port is in use by another program; choose one with --port"
  if [ "$simulated" = 0 ] && ! reason=$(real_host); then
    die "cannot run real guests here: $reason. './welkin quickstart' installs what is missing; './welkin up --simulate 3' needs none of it"
  fi
  ensure_jar
  mkdir -p "$WELKIN_HOME/run" "$WELKIN_HOME/log"
  chmod 700 "$WELKIN_HOME/run"
  printf '%s\n' ${args[@]+"${args[@]}"} >"$ARGS_FILE"
  [ "$simulated" != 0 ] || bridge_again || die "the external bridge could not be made"
  mapfile -t flags < <(jvm_flags; aot_flags)
  begin=$(now_ms)
  # shellcheck disable=SC2086  # options are words
  setsid "$JAVA_HOME/bin/java" "${flags[@]}" ${WELKIN_JAVA_OPTS:-} -jar "$JAR" serve --home "$WELKIN_HOME" ${args[@]+"${args[@]}"} \
    >>"$LOG_FILE" 2>&1 </dev/null &
  pid=$!
  while ! { answers "$port" && [ -s "$PID_FILE" ]; }; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$LOG_FILE" | sed 's/^/  | /' >&2
      die "the cloud stopped while starting; its log is $(short "$LOG_FILE")"
    fi
    if [ $(($(now_ms) - begin)) -gt 120000 ]; then
      kill "$pid" 2>/dev/null || true
      die "no answer on port $port after 120 s, stopped it; see $(short "$LOG_FILE")"
    fi
    sleep 0.1
  done
  disown "$pid"
  say "up in $(seconds $(($(now_ms) - begin))) s: $(endpoint)"
  note "clients: OS_CLIENT_CONFIG_FILE=$(short "$WELKIN_HOME/clouds.yaml") OS_CLOUD=welkin, or '. $(short "$WELKIN_HOME/openrc")'"
  [ "$simulated" = 0 ] || note "hypervisors: $simulated, simulated"
  train_later
}

# the cache for the next start is made in the background, when nobody waits for it
train_later() {
  [ "${WELKIN_AOT:-1}" = 1 ] && ! aot_usable || return 0
  setsid nice -n 19 "$ROOT/welkin" build >"$WELKIN_HOME/log/build.log" 2>&1 </dev/null 8>&- &
  printf '%s' "$!" >"$WELKIN_HOME/training"
  disown
}

stop_training() {
  local pid
  [ -s "$WELKIN_HOME/training" ] || return 0
  pid=$(<"$WELKIN_HOME/training")
  if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$ROOT/welkin build"; then kill -- "-$pid" 2>/dev/null || true; fi
  rm -f "$WELKIN_HOME/training"
}

endpoint() { sed -n 's/^export OS_AUTH_URL=//p' "$WELKIN_HOME/openrc" 2>/dev/null | tr -d \'\"; }

gone() { ! kill -0 "$1" 2>/dev/null; }

# processes of this home's guests and networks: their command lines name the state folder, or, as QEMU's, they work in it
home_processes() {
  local proc line cwd
  for proc in /proc/[0-9]*; do
    [ "${proc#/proc/}" != "$$" ] || continue
    line=$(tr '\0' ' ' 2>/dev/null <"$proc/cmdline") || continue
    cwd=$(readlink "$proc/cwd" 2>/dev/null) || cwd=
    case "$line $cwd/" in
      *"$WELKIN_HOME/"* | *"--home $WELKIN_HOME "*) printf '%s %s\n' "${proc#/proc/}" "${line:0:150}" ;;
    esac
  done
}
guest_processes() { home_processes | grep -E '^[0-9]+ ([^ ]*/)?(qemu|dnsmasq|haproxy|java)' || true; }

# the server alone: guests and networks go on
stop_server() {
  local pid
  pid=$(server_pid) || return 0
  kill "$pid"
  wait_for 60 gone "$pid" && return 0
  warn "process $pid did not stop within 60 s; killing it (nothing acknowledged is lost)"
  kill -9 "$pid" 2>/dev/null || true
  wait_for 10 gone "$pid"
}

down() {
  local left
  case ${1:-} in
    -h | --help) say "usage: ./welkin down
Stops the cloud and everything it runs on this host: guests, networks, helpers, and the bridge quickstart made.
The state folder stays; './welkin up' brings every server back as it was."; return 0 ;;
    '') ;;
    *) die "down takes no arguments" ;;
  esac
  stop_training
  if server_pid >/dev/null; then stop_server && say "stopped"; else say "not running"; fi
  if root && [ -f "$JAR" ] && [ -d "$WELKIN_HOME" ]; then
    find_java
    "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -jar "$JAR" teardown --home "$WELKIN_HOME" \
      >>"$LOG_FILE" 2>&1 || warn "the tear-down reported a problem; see $(short "$LOG_FILE")"
    bridge_down
  fi
  left=$(guest_processes)
  if [ -n "$left" ]; then
    warn "still running:"
    printf '%s\n' "$left" >&2
    return 1
  fi
}

status() {
  local pid up_for guests pss
  case ${1:-} in -h | --help) say "usage: ./welkin status     (exit status 0: up, 3: down)"; return 0 ;; esac
  if ! pid=$(server_pid); then
    say "down; state in $(short "$WELKIN_HOME")"
    return 3
  fi
  up_for=$(ps -o etime= -p "$pid" 2>/dev/null | tr -d ' ')
  pss=$(awk '/^Pss:/ {print int($2 / 1024)}' "/proc/$pid/smaps_rollup" 2>/dev/null || true)
  guests=$(guest_processes | grep -c 'qemu-system' || true)
  say "up for ${up_for:-?}, process $pid, ${pss:-?} MiB, $(endpoint)"
  note "state $(short "$WELKIN_HOME"), started with: $(stored_args | tr '\n' ' ')"
  note "guests running on this host: $guests"
}

logs() {
  case ${1:-} in
    -h | --help) say "usage: ./welkin logs [-f]"; return 0 ;;
    -f) exec tail -n 100 -F "$LOG_FILE" ;;
    '') [ ! -f "$LOG_FILE" ] || tail -n 200 "$LOG_FILE" ;;
    *) die "logs takes only -f" ;;
  esac
}
