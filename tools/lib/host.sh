# shellcheck shell=bash
# What a host needs: Debian packages, and the bridge that floating addresses are reached through.

# PROGRAM:PACKAGE; what real guests, their networks and the guest image need
HOST_PROGRAMS="qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils dnsmasq:dnsmasq-base nft:nftables ip:iproute2
  genisoimage:genisoimage bridge:iproute2 conntrack:conntrack haproxy:haproxy setpriv:util-linux sysctl:procps"
IMAGE_PROGRAMS="mcopy:mtools mke2fs:e2fsprogs cpio:cpio busybox:busybox-static syslinux:syslinux"
WALK_PROGRAMS="python3:python3 ssh:openssh-client ssh-keygen:openssh-client openstack:python3-openstackclient"
BUILD_PROGRAMS="mvn:maven"
# the engines of a larger cloud; tests start their own and skip without
ENGINE_PROGRAMS="rabbitmq-server:rabbitmq-server psql:postgresql mariadbd:mariadb-server slapd:slapd xmlsec1:xmlsec1"

# missing LIST...: the packages of programs that are not here, a line each
missing() {
  local pair
  # shellcheck disable=SC2048,SC2086  # lists of words
  for pair in $*; do have "${pair%%:*}" || printf '%s\n' "${pair#*:}"; done | sort -u
  case " $* " in
    *openstack:*) /usr/bin/python3 -c 'import osc_placement' 2>/dev/null || printf 'python3-osc-placement\n' ;;
  esac
  case " $* " in *syslinux:*) [ -e /usr/lib/syslinux/mbr/mbr.bin ] || printf 'syslinux-common\n' ;; esac
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  "${apt[@]}" install -y -q --no-install-recommends "$@" && return 0
  "${apt[@]}" update -q && "${apt[@]}" install -y -q --no-install-recommends "$@"
}

# can this machine run real guests; when not, says why
real_host() {
  if ! root; then say "not root"; return 1; fi
  if ! have qemu-system-x86_64; then say "no QEMU (package qemu-system-x86)"; return 1; fi
  if ! have nft || ! have ip || ! have dnsmasq; then say "no nftables, iproute2 or dnsmasq"; return 1; fi
  if [ ! -c /dev/net/tun ]; then say "no /dev/net/tun"; return 1; fi
  if ! ip netns add "wk-probe$$" 2>/dev/null; then say "network namespaces are not allowed here"; return 1; fi
  ip netns del "wk-probe$$"
}

# ---- the bridge of the external network, in the host's own namespace
# Made here, not by the cloud, as an operator's would be; remembered in the state folder so that "down" takes it away.
EX_BRIDGE=${WELKIN_EXTERNAL_BRIDGE:-wk-ex}
EX_CIDR=${WELKIN_EXTERNAL_CIDR:-172.24.4.0/24}
EX_ADDRESS=${EX_CIDR%.*}.1
EX_STATE=$WELKIN_HOME/external-bridge

bridge_up() {
  ip link show "$EX_BRIDGE" >/dev/null 2>&1 || {
    if ip -4 -o addr show | grep -q " ${EX_ADDRESS%.*}\."; then
      warn "another interface of this host already uses ${EX_CIDR}; set WELKIN_EXTERNAL_CIDR to a free /24"
      return 1
    fi
    ip link add "$EX_BRIDGE" type bridge stp_state 0 forward_delay 0
  }
  ip addr replace "$EX_ADDRESS/${EX_CIDR#*/}" dev "$EX_BRIDGE"
  ip link set "$EX_BRIDGE" up
  [ -f "$EX_STATE" ] || {
    mkdir -p "$WELKIN_HOME"
    printf 'bridge=%s\ncidr=%s\nip_forward=%s\n' "$EX_BRIDGE" "$EX_CIDR" "$(sysctl -n net.ipv4.ip_forward)" >"$EX_STATE"
  }
  sysctl -q -w net.ipv4.ip_forward=1
  # 'add' and 'delete' first: the table is replaced whether it was there or not
  nft -f - <<NFT
table inet welkin-$EX_BRIDGE
delete table inet welkin-$EX_BRIDGE
table inet welkin-$EX_BRIDGE {
  chain outside {
    type nat hook postrouting priority srcnat;
    ip saddr $EX_CIDR oifname != "$EX_BRIDGE" masquerade
  }
}
NFT
}

# state_value FILE KEY
state_value() { sed -n "s/^$2=//p" "$1"; }

bridge_down() {
  [ -f "$EX_STATE" ] || return 0
  local bridge forward
  bridge=$(state_value "$EX_STATE" bridge)
  forward=$(state_value "$EX_STATE" ip_forward)
  nft delete table inet "welkin-$bridge" 2>/dev/null || true
  ip link del "$bridge" 2>/dev/null || true
  # another cloud of this host may still forward
  [ "$forward" = 1 ] || nft list tables 2>/dev/null | grep -q ' welkin-' || sysctl -q -w net.ipv4.ip_forward=0
}

# what "up" does: brings back the bridge that quickstart made
bridge_again() {
  [ -f "$EX_STATE" ] || return 0
  EX_BRIDGE=$(state_value "$EX_STATE" bridge)
  EX_CIDR=$(state_value "$EX_STATE" cidr)
  EX_ADDRESS=${EX_CIDR%.*}.1
  bridge_up
}
