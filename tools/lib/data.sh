# shellcheck shell=bash
# backup, restore, migrate: what an operator does with a cloud's data.

# data backup|restore FILE..., data migrate sqlite-to URL
data() {
  local command=$1
  shift
  ensure_jar
  [ "$command" != migrate ] || case ${1:-} in
    sqlite-to) command="migrate sqlite-to"; shift ;;
    *) set -- --help ;;
  esac
  local home=(--home "$WELKIN_HOME")
  [ "$command $*" != "migrate --help" ] || home=()
  # shellcheck disable=SC2086  # one or two words
  exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
    -jar "$JAR" $command ${home[@]+"${home[@]}"} "$@"
}
