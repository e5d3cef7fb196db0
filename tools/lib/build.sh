# shellcheck shell=bash
# Finding Java, building the jar, and the cache that makes it start fast.

JAR=$ROOT/assembly/target/welkin.jar
AOT=$ROOT/assembly/target/welkin.aot
BUILT=$ROOT/assembly/target/welkin.built    # when the jar was finished: while Maven writes, the jar is newer

is_jdk25() { [ -x "$1/bin/javac" ] && grep -qs '^JAVA_VERSION="2[5-9]' "$1/release"; }

# sets and exports JAVA_HOME
find_java() {
  local dir
  if [ -n "${JAVA_HOME:-}" ] && is_jdk25 "$JAVA_HOME"; then return 0; fi
  for dir in /usr/lib/jvm/*25* /usr/lib/jvm/* /opt/jdk* /opt/*jdk*; do
    if is_jdk25 "$dir"; then
      export JAVA_HOME=$dir
      return 0
    fi
  done
  die "needs a JDK 25 or newer (javac, not only a runtime): put one under /usr/lib/jvm or set JAVA_HOME.
        Debian 12 has none; Eclipse Temurin (https://adoptium.net) gives a package and an archive."
}

# the jar is missing or unfinished, or a source, resource or pom is newer
jar_stale() {
  [ -f "$JAR" ] && [ -f "$BUILT" ] && ! [ "$JAR" -nt "$BUILT" ] || return 0
  [ -n "$(find "$ROOT/pom.xml" "$ROOT"/{platform,services,agents,gateways,peers,assembly} \
    \( -name target -o -path '*/src/test' \) -prune -o -type f -newer "$BUILT" -print -quit 2>/dev/null)" ]
}

build_jar() {
  find_java
  have mvn || die "needs Maven (Debian package 'maven')"
  (
    flock 9   # two starts at once build once
    jar_stale || exit 0
    rm -f "$JAR"   # who runs from it keeps it; writing into it would pull it from under them
    cd "$ROOT" && mvn -B -q -pl assembly -am -Dmaven.test.skip=true package && [ -f "$JAR" ] && touch "$BUILT"
  ) 9<"$ROOT/pom.xml"
}

ensure_jar() {
  find_java
  jar_stale || return 0
  step "build the program" build_jar || die "the build failed; 'cd $ROOT && mvn package' shows all of it"
}

# Flags of the server's JVM. Serial collector and compact headers: the smallest, and the fastest start on few cores.
# A heap that begins small: by default the JVM begins with all of it, and a third is touched before the first collection.
jvm_flags() {
  local heap=${WELKIN_HEAP:-256m}
  case $heap in
    # who gives so much has load: what lives for one request shall not be taken for old, and large pages spare a tenth of the CPU
    [5-9][0-9][0-9][mM] | [1-9][0-9][0-9][0-9]*[mM] | *[gG]) printf '%s\n' -Xms192m -XX:NewSize=96m -XX:+UseTransparentHugePages ;;
    [1-9][0-9][0-9]*[mM]) printf '%s\n' -Xms64m ;;
  esac
  printf '%s\n' -XX:+UseSerialGC -XX:+UseCompactObjectHeaders "-Xmx$heap" \
    --enable-native-access=ALL-UNNAMED -XX:+ExitOnOutOfMemoryError
}

aot_usable() { [ -s "$AOT" ] && [ "$AOT" -nt "$JAR" ] && [ "$AOT" -nt "$JAVA_HOME/release" ]; }

# flags that use the cache; nothing without one. A cache that does not fit is passed over in silence by the JVM.
aot_flags() {
  ! aot_usable || printf '%s\n' "-XX:AOTCache=$AOT" -XX:AOTMode=auto -Xlog:aot=off -Xlog:cds=off
}

answers_or_dead() { answers "$1" || ! kill -0 "$2" 2>/dev/null; }

# One start at a time makes it; whoever comes later finds it made. With "now", who meets another at it goes without.
train_aot_once() {
  (
    flock ${1:+-n} 9 || exit 0
    aot_usable || train_aot
  ) 9<"$BUILT"
}

# A short life of the cloud in a home of its own, to learn which classes a start needs. Never fatal.
train_aot() {
  local home port pid flags
  home=$(mktemp -d "${TMPDIR:-/tmp}/welkin-train.XXXXXX")
  port=$(free_port 21000)
  mapfile -t flags < <(jvm_flags)
  "$JAVA_HOME/bin/java" "${flags[@]}" "-XX:AOTCacheOutput=$home/welkin.aot" -Xlog:aot=off -Xlog:cds=off \
    -jar "$JAR" serve --home "$home/home" --simulate 1 --port "$port" >"$home/log" 2>&1 </dev/null &
  pid=$!
  # shellcheck disable=SC2064  # the values of now
  trap "kill -9 $pid 2>/dev/null || true; rm -rf '$home'" EXIT
  wait_for 60 answers_or_dead "$port" "$pid" && answers "$port" || { cat "$home/log"; exit 1; }
  ! have python3 || python3 "$ROOT/tools/exercise.py" "$home/home/openrc" || true
  kill "$pid"
  wait "$pid" || true
  [ -s "$home/welkin.aot" ] || exit 1
  mkdir -p "$(dirname "$AOT")"
  cp "$home/welkin.aot" "$AOT.new.$$" && mv "$AOT.new.$$" "$AOT"
}

ensure_aot() {
  [ "${WELKIN_AOT:-1}" = 1 ] || return 0
  find_java
  aot_usable || step "make the start cache" train_aot_once ${1:+"$1"} || say "       (starts are slower without it)"
}

build() {
  case ${1:-} in
    -h | --help) say "usage: ./welkin build
Builds assembly/target/welkin.jar when a source is newer, and the cache beside it that halves the time of a start.
Knows JAVA_HOME, or finds a JDK 25 under /usr/lib/jvm. WELKIN_AOT=0 leaves the cache out."; return 0 ;;
    '' | --later) ;;
    *) die "build takes no arguments" ;;
  esac
  ensure_jar
  ensure_aot ${1:+now}
  say "$(short "$JAR")"
}

check() {
  local properties=()
  while [ $# -gt 0 ]; do
    case $1 in
      --seconds | --seed)
        [[ ${2:-} =~ ^[0-9]+$ ]] || die "check $1 needs a number, not '${2:-}'"
        properties+=("-Dtrials.${1#--}=$2"); shift ;;
      --engine)
        case ${2:-} in
          sqlite | postgresql | mariadb) properties+=("-Dwelkin.test.database=$2"); shift ;;
          *) die "check --engine needs sqlite, postgresql or mariadb, not '${2:-}'" ;;
        esac ;;
      -h | --help) say "usage: ./welkin check [--seconds N] [--seed N] [--engine sqlite|postgresql|mariadb]
Runs the random trials for N seconds each (20): nonsense to every route of every service, to Identity also almost-tokens and chains of delegation, and a tenant who does anything
while hosts fail and the cloud restarts. A run prints its seed; --seed N makes the same choices again.
It needs no cloud: it starts its own, in memory. With --engine its data is in a PostgreSQL or MariaDB that it starts as
well (their server programs must be installed). It ends with \"nothing found\" and 0, or with what was found and 1."; return 0 ;;
      *) die "check does not know '$1'; './welkin check --help'" ;;
    esac
    shift
  done
  find_java
  (cd "$ROOT" && mvn -B -q -pl trials -am test -Dsurefire.failIfNoSpecifiedTests=false \
    -Dtest=NonsenseTrialTest,HardInputTest,BadInputTest,RandomCloudTrialTest,RowsTest,MalformedTokenTest,Ossa2026005Test ${properties[@]+"${properties[@]}"}) && say "nothing found"
}
