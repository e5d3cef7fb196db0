# shellcheck shell=bash
# From a fresh machine to a server one can ssh into. Every step finds what is there before it makes anything.

IMAGE_FILE=$WELKIN_HOME/guest-image/guest.qcow2

quickstart_help() {
  cat <<HELP
usage: ./welkin quickstart [--yes] [--simulate N] [--port PORT]

Installs missing Debian packages (asks first, unless --yes), builds, starts the cloud, makes a small guest image,
flavors, networks, a router, a security group and a key, boots a server, gives it a floating IP and waits until ssh
answers. Run again, it finds everything and changes nothing. On a machine without root or QEMU it does the same walk
on simulated hosts; --simulate N asks for that.
HELP
}

ask() {
  local answer
  [ -t 0 ] || { warn "nobody to ask; run it with --yes"; return 1; }
  read -r -p "$1 [Y/n] " answer
  case $answer in '' | y | Y | yes) return 0 ;; *) return 1 ;; esac
}

# packages_for YES SIMULATE
packages_for() {
  local yes=$1 simulate=$2 programs=("$BUILD_PROGRAMS" "$WALK_PROGRAMS") want
  [ "$simulate" != 0 ] || programs+=("$HOST_PROGRAMS" "$IMAGE_PROGRAMS")
  mapfile -t want < <(missing "${programs[*]}")
  [ ${#want[@]} -gt 0 ] || { printf '  ok   %-56s %6s s  found\n' packages 0.0; return 0; }
  say "  missing Debian packages: ${want[*]}"
  if ! root || ! have apt-get; then
    warn "cannot install them (needs root and apt); going on without"
    return 0
  fi
  [ "$yes" = 1 ] || ask "       install them now?" || { warn "going on without"; return 0; }
  step "install ${#want[@]} packages" install_packages "${want[@]}" || warn "going on without"
}

guest_image() {
  # a changed recipe makes a new image
  [ ! -s "$IMAGE_FILE" ] || [ -n "$(find "$ROOT/guest-image" -type f ! -name '*.md' -newer "$IMAGE_FILE" -print -quit)" ] || {
    printf '  ok   %-56s %6s s  found\n' "guest image" 0.0
    return 0
  }
  mkdir -p "$WELKIN_HOME/guest-image"
  step "build the guest image" "$ROOT/guest-image/build.sh" "$IMAGE_FILE" "$WELKIN_HOME/guest-image/work" || return 1
  rm -rf "$WELKIN_HOME/guest-image/work"
}

# the bridge and the one line of configuration that names it
external_network() {
  local config=$WELKIN_HOME/welkin.yaml
  bridge_up || return 1
  # for its owner alone: passwords of a database and a broker may come to stand there
  [ -f "$config" ] || install -m 600 /dev/stdin "$config" <<YAML
# Settings of this cloud: group, then option. An option that does not exist stops the start and names the nearest.
network:
  # physical network : bridge of this host; flat provider networks go out there
  bridge_mappings: external:$EX_BRIDGE
YAML
  grep -q "bridge_mappings" "$config" ||
    warn "$(short "$config") has no network.bridge_mappings; the external network needs 'external:$EX_BRIDGE' there"
}

# name servers of this host that a guest can reach, too
host_dns() { sed -n 's/^nameserver \([0-9.]*\)$/\1/p' /etc/resolv.conf 2>/dev/null | grep -v '^127\.' | head -2; }

quickstart() {
  local yes=0 simulate=0 port='' reason begin walk=() start=() server
  while [ $# -gt 0 ]; do
    case $1 in
      --yes | -y) yes=1 ;;
      --simulate) simulate=${2:?--simulate needs a number}; shift ;;
      --simulate=*) simulate=${1#*=} ;;
      --port) port=${2:?--port needs a number}; shift ;;
      --port=*) port=${1#*=} ;;
      -h | --help) quickstart_help; return 0 ;;
      *) die "quickstart does not know '$1'; './welkin quickstart --help'" ;;
    esac
    shift
  done
  begin=$(now_ms)
  say "Welkin quickstart, state in $(short "$WELKIN_HOME")"
  if [ "$simulate" = 0 ] && server_pid >/dev/null; then simulate=$(option simulate 0 $(stored_args)); fi
  find_java
  packages_for "$yes" "$simulate"
  if [ "$simulate" = 0 ] && ! reason=$(real_host); then
    simulate=3
    say "  This machine cannot run real guests: $reason."
    say "  The same walk goes on with $simulate simulated hosts: everything but ssh is as it would be."
  fi
  ensure_jar
  ensure_aot
  if [ "$simulate" = 0 ]; then
    guest_image || die "the guest image could not be built"
    walk+=(--image "$IMAGE_FILE")
    if [ -f "$EX_STATE" ]; then
      bridge_again || die "no external network"
      printf '  ok   %-56s %6s s  found\n' "bridge $EX_BRIDGE for floating IPs" 0.0
    else
      step "bridge $EX_BRIDGE for floating IPs" external_network || die "no external network"
      # a cloud that runs already has to learn of it; its guests go on meanwhile
      ! server_pid >/dev/null || step "stop the cloud's program, to start it with the bridge" stop_server
    fi
    walk+=(--external-cidr "$EX_CIDR")
    for server in $(host_dns); do walk+=(--dns "$server"); done
  else
    walk+=(--simulated)
  fi
  if server_pid >/dev/null; then
    printf '  ok   %-56s %6s s  found\n' "the cloud is up" 0.0
  else
    [ "$simulate" = 0 ] || start+=(--simulate "$simulate")
    [ -z "$port" ] || start+=(--port "$port")
    step "start the cloud" up ${start[@]+"${start[@]}"} || die "the cloud did not start"
  fi
  have python3 || die "needs python3 for the rest of the walk"
  PYTHONDONTWRITEBYTECODE=1 python3 "$ROOT/tools/quickstart.py" --home "$WELKIN_HOME" "${walk[@]}" || exit 1
  say "  took $(seconds $(($(now_ms) - begin))) s"
}
