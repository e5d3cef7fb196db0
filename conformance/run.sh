#!/bin/bash
# usage: run.sh -w WORKSPACE [-c WORKERS] [-t SECONDS] [-n] [-a] [-l FILE | -C | -r REGEX]
# Runs Tempest in a workspace that setup.sh made. A few tests that failed are run again, one at a time: what passes then
# was a matter of timing on a busy machine, is named, and counts as passed. Without -l, -C, -r: the tests of list.txt, all of which must pass.
#   -l FILE  the tests named in FILE        -C  every candidate (candidates.txt)      -r RE  the tests that match
#   -a       add the tests that passed to list.txt (the list only grows)              -n     only print the names
# Last line: "Tempest: N passed, N failed, N skipped". A wanted test that did not run counts as failed. The exit
# status is 0 only when something passed and nothing failed.
set -uo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME || true
here=$(dirname "$(readlink -f "$0")")
ws='' workers=2 limit=3000 select=(--list "$here/list.txt") names=0 add=0 again=1
while getopts w:c:t:l:r:Cna1 o; do
  case $o in
    w) ws=$OPTARG ;; c) workers=$OPTARG ;; t) limit=$OPTARG ;; n) names=1 ;; a) add=1 ;;
    l) select=(--list "$(realpath "$OPTARG")") ;; r) select=(--regex "$OPTARG") ;;
    C) select=(--candidates "$here/candidates.txt") ;;
    1) again=0 ;;
    *) sed -n '2,8p' "$0"; exit 2 ;;
  esac
done
cd "${ws:?usage: run.sh -w WORKSPACE}" || exit 2
out=$(mktemp -d "$ws/run.XXXXXX")
tempest run --list-tests >"$out/all" 2>"$out/all.err" || { cat "$out/all.err" >&2; exit 2; }
python3 "$here/results.py" choose "$out" "${select[@]}" || exit 2
if [ "$names" = 1 ]; then cat "$out/want"; exit 0; fi
[ -d .stestr ] || stestr init >/dev/null 2>&1
timeout -k 30 "$limit" stestr run --concurrency "$workers" --load-list "$out/load" --subunit >"$out/subunit" 2>"$out/err"
python3 "$here/results.py" judge "$out"
status=$?
if [ "$add" = 1 ]; then
  { grep -h '^#' "$here/list.txt" 2>/dev/null; grep -hv '^#' "$here/list.txt" "$out/passed" 2>/dev/null | LC_ALL=C sort -u; } >"$out/list"
  cp "$out/list" "$here/list.txt"
fi
few=$(grep -c . "$out/failed" 2>/dev/null) || few=0
if [ "$again" = 1 ] && [ "$few" -gt 0 ] && [ "$few" -le 25 ]; then
  echo "again, one at a time: $few tests"
  awk '{print $1}' "$out/failed" >"$out/again"
  "$here/run.sh" -w "$PWD" -c 1 -t "$limit" -l "$out/again" -1 >"$out/again.out"
  status=$?
  grep '^FAIL' "$out/again.out"
  grep '^FAIL' "$out/again.out" | awk '{print $2}' >"$out/again.failed"
  grep -vxFf "$out/again.failed" "$out/again" | sed 's/^/passed the second time: /'
  few=$(grep -c . "$out/again.failed")
  second=$(grep -c . "$out/again")
  echo "Tempest: $(($(grep -c . "$out/passed") + second - few)) passed, $few failed, $(grep -c . "$out/skipped") skipped"
  [ "$few" = 0 ] && status=0
fi
exit "$status"
