# shellcheck shell=bash
# bus: credentials of hosts on the message bus.

init_host() {
  case ${1:-} in
    '' | -h | --help) say "usage: ./welkin init-host HOST --tunnel-ip IP [--network-host] [--node NAME] [--rabbitmqctl PROGRAM]

Makes the bus credential of a new hypervisor (or network host) and prints the welkin.yaml it needs. Run it where rabbitmqctl
works, as root or the broker's user, with a control host's welkin.yaml in $(short "$WELKIN_HOME")."
      case ${1:-} in '') return 2 ;; *) return 0 ;; esac ;;
  esac
  ensure_jar
  exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$JAR" init-host --home "$WELKIN_HOME" "$@"
}

bus() {
  case ${1:-} in
    host-credential | revoke-host) ;;
    *) say "usage: ./welkin bus host-credential HOST [--out FILE] [--bus URL] [--node NAME] [--rabbitmqctl PROGRAM]
       ./welkin bus revoke-host HOST [--node NAME] [--rabbitmqctl PROGRAM]

The first makes (or renews) the bus credential of a host's agents and prints the URL for 'bus' in that host's
configuration; it reaches services and the host's own queues, nothing else. Run it where rabbitmqctl works, as root or
the broker's user. The second takes it away."
      case ${1:-} in '' | -h | --help) return 0 ;; *) return 2 ;; esac ;;
  esac
  ensure_jar
  local home=()
  [ "$1" != host-credential ] || home=(--home "$WELKIN_HOME")
  exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$JAR" bus "$1" "${home[@]}" "${@:2}"
}
