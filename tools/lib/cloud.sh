# shellcheck shell=bash
# up, down, restart, status, logs: this host's process of the cloud, one for each state folder.

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

# a line each; no option at all was kept as an empty line
stored_args() { [ ! -f "$ARGS_FILE" ] || sed '/^$/d' "$ARGS_FILE"; }

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

# top_setting NAME: what welkin.yaml says on a line of its own, brackets of a list taken off
top_setting() {
  [ -f "$WELKIN_HOME/welkin.yaml" ] || return 0
  sed -n "s/^$1:[[:space:]]*\([^#]*\).*/\1/p" "$WELKIN_HOME/welkin.yaml" | tr -d "[]\"' " | head -1
}

# roles ARG...: what this process plays
roles() {
  local words
  words=$(option roles '' "$@")
  [ -n "$words" ] || words=$(top_setting roles)
  printf '%s' "${words:-all}"
}

# plays ROLES ROLE: is it among them
plays() { case ",$1," in *,all,* | *,"$2",*) return 0 ;; *) return 1 ;; esac; }

plays_host() { plays "$1" compute || plays "$1" network-agent; }

# only hosts' roles: no services, no openrc
host_only() {
  local role
  for role in ${1//,/ }; do case $role in compute | network-agent) ;; *) return 1 ;; esac; done
}

# where the process listens as this machine reaches it
listens_at() {
  local address
  address=$(option listen 127.0.0.1 "$@")
  case $address in 0.0.0.0 | :: | '') address=127.0.0.1 ;; esac
  printf '%s' "$address"
}

up_help() {
  cat <<HELP
usage: ./welkin up [--roles ROLE,...] [--simulate N] [--listen ADDRESS] [--port PORT] [--wait SECONDS] [OPTION...]

Starts this host's process of the cloud in the background and waits until it is ready. Without options it starts as it
was started last.
  --roles ROLE,...  what it plays: all (default), or some of api, worker (control hosts), compute, network-agent
                    (hypervisors, network hosts), SERVICE:api, SERVICE:worker (one service alone, e.g. identity:api)
  --simulate N      N hypervisors that exist only in memory (0: a real host again)
  --listen ADDRESS  listen there instead of 127.0.0.1; 0.0.0.0 for all addresses of this host
  --port PORT       listen there instead of 5000
  --wait SECONDS    how long to wait until it is ready (120); 0: start it and do not wait
Other options go to the server as they are: "java -jar assembly/target/welkin.jar serve --help".
Settings are in $(short "$WELKIN_HOME/welkin.yaml"); docs/operators/README.md says what several hosts need there.

Exit status: 0 ready, 1 not started, 4 started and still waiting for something (the reason is printed).
Environment: WELKIN_HOME (state folder, ./var), WELKIN_HEAP (Java heap, 256m), JAVA_HOME.
HELP
}

# without_wait ARG...: the arguments the server gets, one a line
without_wait() {
  while [ $# -gt 0 ]; do
    case $1 in
      --wait) shift ;;
      --wait=*) ;;
      *) printf '%s\n' "$1" ;;
    esac
    [ $# -eq 0 ] || shift
  done
}

up() {
  local args port address pid begin flags simulated roles reason limit found='' told='' logged=0
  case " $* " in *' --help '* | *' -h '*) up_help; return 0 ;; esac
  if pid=$(server_pid); then
    die "already up (process $pid, state in $(short "$WELKIN_HOME")); './welkin down' stops it, './welkin restart' starts its program anew"
  fi
  limit=$(option wait 120 "$@")
  mapfile -t args < <(without_wait "$@")
  [ ${#args[@]} -gt 0 ] || mapfile -t args < <(stored_args)
  port=$(option port 5000 ${args[@]+"${args[@]}"})
  address=$(listens_at ${args[@]+"${args[@]}"})
  simulated=$(option simulate 0 ${args[@]+"${args[@]}"})
  roles=$(roles ${args[@]+"${args[@]}"})
  case $port$simulated$limit in *[!0-9]*) die "--port, --simulate and --wait take a number" ;; esac
  ! port_taken "$port" "$address" || die "port $port is in use by another program; choose one with --port"
  if [ "$simulated" = 0 ] && plays_host "$roles" && ! reason=$(real_host); then
    die "cannot run real guests here: $reason. './welkin quickstart' installs what is missing; './welkin up --simulate 3' needs none of it"
  fi
  ensure_jar
  mkdir -p "$WELKIN_HOME/run" "$WELKIN_HOME/log"
  chmod 700 "$WELKIN_HOME/run"
  printf '%s\n' ${args[@]+"${args[@]}"} >"$ARGS_FILE"
  if [ "$simulated" = 0 ] && plays "$roles" network-agent; then bridge_again || die "the external bridge could not be made"; fi
  mapfile -t flags < <(jvm_flags; aot_flags)
  begin=$(now_ms)
  [ ! -f "$LOG_FILE" ] || logged=$(wc -c <"$LOG_FILE")
  # shellcheck disable=SC2086  # options are words
  setsid "$JAVA_HOME/bin/java" "${flags[@]}" ${WELKIN_JAVA_OPTS:-} -jar "$JAR" serve --home "$WELKIN_HOME" ${args[@]+"${args[@]}"} \
    >>"$LOG_FILE" 2>&1 </dev/null &
  pid=$!
  while [ "$limit" != 0 ]; do
    found=$(http_get "$address" "$port" /healthcheck) || found=
    case $found in '200 '*) break ;; esac
    if ! kill -0 "$pid" 2>/dev/null; then
      cannot_start "$logged"
      die "the process stopped while starting; its log is $(short "$LOG_FILE")"
    fi
    reason=${found#* }
    [ $(($(now_ms) - begin)) -gt 3000 ] || reason=''   # what passes by itself need not be read
    case $reason in '' | "$told" | *'is starting'*) ;; *) told=$reason; note "$reason" ;; esac
    if [ $(($(now_ms) - begin)) -gt $((limit * 1000)) ]; then not_ready "$pid" "$limit" "$found"; return; fi
    sleep 0.1
  done
  disown "$pid"
  case $found in '200 OK, '*) note "${found#200 OK, }" ;; esac
  if [ "$limit" = 0 ]; then say "started (process $pid); './welkin status' tells when it is ready"; return 0; fi
  up_says "$roles" "$simulated" "$begin" "$(option listen 127.0.0.1 ${args[@]+"${args[@]}"})"
  train_later
}

# cannot_start BYTES: what the log says about a start that failed, after so many bytes of earlier ones: the reason alone
# when it is one of configuration
cannot_start() {
  local said why
  said=$(tail -c +$(($1 + 1)) "$LOG_FILE" | tail -n 40)
  why=$(sed -n '/^cannot start: /,$p' <<<"$said")
  if [ -n "$why" ]; then printf '%s\n' "$why" >&2; else tail -n 20 <<<"$said" | sed 's/^/  | /' >&2; fi
}

# not_ready PID SECONDS ANSWER: it runs, and what it needs is not there
not_ready() {
  if [ -z "$3" ]; then
    kill "$1" 2>/dev/null || true
    die "nothing answers after $2 s, stopped it; see $(short "$LOG_FILE")"
  fi
  disown "$1"
  warn "started (process $1), and after $2 s still not ready: ${3#* }"
  warn "it goes on trying; './welkin status' tells, './welkin logs -f' shows, './welkin down' gives up"
  return 4
}

# heard_by_others ADDRESS: a word when the endpoint is of another machine and this process listens to its own alone
heard_by_others() {
  case $1 in 127.* | localhost | ::1) ;; *) return 0 ;; esac
  case $(top_setting endpoint) in
    '' | *//localhost* | *//127.* | *//\[::1\]*) ;;
    *) note "listens on $1 alone; for a load balancer elsewhere: './welkin restart --listen 0.0.0.0'" ;;
  esac
}

# up_says ROLES SIMULATED BEGIN ADDRESS
up_says() {
  if host_only "$1"; then
    say "up in $(seconds $(($(now_ms) - $3))) s: roles $1, speaks to the cloud's services"
  else
    say "up in $(seconds $(($(now_ms) - $3))) s: $(endpoint)"
    if grep -q "^export OS_PASSWORD='.\+'" "$WELKIN_HOME/openrc" 2>/dev/null; then
      note "clients: OS_CLIENT_CONFIG_FILE=$(short "$WELKIN_HOME/clouds.yaml") OS_CLOUD=welkin, or '. $(short "$WELKIN_HOME/openrc")'"
    else
      note "the administrator's password stands in openrc of the control host that started first"
    fi
    [ "$1" = all ] || note "roles: $1"
    heard_by_others "$4"
  fi
  [ "$2" = 0 ] || note "hypervisors: $2, simulated"
}

restart() {
  local args
  case " $* " in *' --help '* | *' -h '*) say "usage: ./welkin restart [OPTION...]
Ends this host's process and starts it again, with other options when some are given. Guests and their networks go on;
what was under way goes on elsewhere or afterwards. Behind a load balancer, with 'stop: {drain: SECONDS}' in
welkin.yaml, no request fails."; return 0 ;; esac
  if [ $# -gt 0 ]; then args=("$@"); else mapfile -t args < <(stored_args); fi
  ensure_jar
  stop_server
  up ${args[@]+"${args[@]}"}
}

# the cache for the next start is made in the background, when nobody waits for it
train_later() {
  [ "${WELKIN_AOT:-1}" = 1 ] && ! aot_usable || return 0
  setsid nice -n 19 "$ROOT/welkin" build --later >"$WELKIN_HOME/log/build.log" 2>&1 </dev/null 8>&- &
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

endpoint() {
  local told
  told=$(top_setting endpoint)
  [ -z "$told" ] || { printf '%s/v3' "${told%/}"; return 0; }
  sed -n 's/^export OS_AUTH_URL=//p' "$WELKIN_HOME/openrc" 2>/dev/null | tr -d \'\"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# processes of this home's guests and networks: their command lines name the state folder, or, as QEMU's, they work in it;
# those of a lab are not, though it lies there, too
home_processes() {
  local proc line cwd
  for proc in /proc/[0-9]*; do
    [ "${proc#/proc/}" != "$$" ] || continue
    line=$(tr '\0' ' ' 2>/dev/null <"$proc/cmdline") || continue
    cwd=$(readlink "$proc/cwd" 2>/dev/null) || cwd=
    case "$line $cwd/" in
      *"$WELKIN_HOME/lab/"*) ;;
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
  # the time to drain and to finish are options; both are over long before this
  wait_for 180 gone "$pid" && return 0
  warn "process $pid did not stop within 180 s; killing it (nothing acknowledged is lost)"
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
  if root && [ -f "$JAR" ] && [ -d "$WELKIN_HOME" ] && plays_host "$(roles $(stored_args))"; then
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
  local pid up_for guests pss args found roles
  case ${1:-} in -h | --help) say "usage: ./welkin status     (exit status 0: up, 3: down, 4: up but not ready, with the reason)"; return 0 ;; esac
  if ! pid=$(server_pid); then
    say "down; state in $(short "$WELKIN_HOME")"
    return 3
  fi
  mapfile -t args < <(stored_args)
  roles=$(roles ${args[@]+"${args[@]}"})
  up_for=$(ps -o etime= -p "$pid" 2>/dev/null | tr -d ' ')
  pss=$(awk '/^Pss:/ {print int($2 / 1024)}' "/proc/$pid/smaps_rollup" 2>/dev/null || true)
  guests=$(guest_processes | grep -c 'qemu-system' || true)
  say "up for ${up_for:-?}, process $pid, ${pss:-?} MiB, roles $roles, $(endpoint)"
  note "state $(short "$WELKIN_HOME"), started with: ${args[*]:-}"
  ! plays_host "$roles" || note "guests running on this host: $guests"
  found=$(http_get "$(listens_at ${args[@]+"${args[@]}"})" "$(option port 5000 ${args[@]+"${args[@]}"})" /healthcheck) || found=' no answer'
  case $found in '200 OK') ;; '200 '*) note "${found#* OK, }" ;; *) note "not ready: ${found#* }"; return 4 ;; esac
}

logs() {
  case ${1:-} in
    -h | --help) say "usage: ./welkin logs [-f]"; return 0 ;;
    -f) exec tail -n 100 -F "$LOG_FILE" ;;
    '') [ ! -f "$LOG_FILE" ] || tail -n 200 "$LOG_FILE" ;;
    *) die "logs takes only -f" ;;
  esac
}
