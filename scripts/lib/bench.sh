# Sourced by scripts/bench.

readonly core_goals=(1 2 3 4 5 6 7 8 9 10 16)
readonly router_goals_known=(19 20)
readonly journal_goals_known=(13 14 latency)
readonly counted_pairs=100000

is_one_of() {
  local wanted="$1" known
  shift
  for known in "$@"; do
    [[ "${known}" == "${wanted}" ]] && return 0
  done
  return 1
}

# need_positive OPTION VALUE: a number above 0, as 1, 0.5 or 1e9.
need_positive() {
  [[ "$2" =~ ^([0-9]+\.?[0-9]*|\.[0-9]+)([eE]\+?[0-9]+)?$ &&
    "$2" =~ ^[0.]*[1-9] ]] ||
    die "$1: \"$2\" is not a number above 0, as 1, 0.5 or 1e9"
}

# Building is no part of what is printed, unless it fails.
build_bench() {
  local log="${RELAIS_ROOT}/build/bench_build.log"
  mkdir -p "${RELAIS_ROOT}/build"
  say "Building $1" >&2
  if ! build_preset release "$@" >"${log}" 2>&1; then
    cat "${log}" >&2
    die "the build of $1 failed, see above"
  fi
}

# run_goals PROGRAM ARGUMENT...: a mistake on the command line ends the script.
run_goals() {
  local program="${RELAIS_ROOT}/build/release/bin/$1" code=0
  shift
  "${program}" "$@" || code=$?
  ((code != 2)) || exit 2
  return "${code}"
}

# Instructions per decision of both sides, in each workload.
count_instructions() {
  local side workload output decisions collected directory
  command -v valgrind >/dev/null ||
    die "valgrind is missing; as root: apt-get install valgrind"
  build_bench relais-pairs
  directory="$(mktemp -d)"
  trap "rm -rf '${directory}'" EXIT
  for workload in overload-1e3 overload-1e5 idle-1e4 balanced; do
    for side in rival core; do
      output="$(valgrind --tool=callgrind --toggle-collect='*CountedPairs*' \
        --callgrind-out-file="${directory}/out" \
        "${RELAIS_ROOT}/build/release/bin/relais-pairs" \
        "${side}" "${workload}" "${counted_pairs}" 2>"${directory}/log")" || {
        cat "${directory}/log" >&2
        die "counting ${side} ${workload} failed, see above"
      }
      decisions="${output}"
      collected="$(sed -n 's/.*Collected : \([0-9]\{1,\}\).*/\1/p' \
        "${directory}/log")"
      [[ -n "${collected}" && "${decisions}" -gt 0 ]] ||
        die "callgrind counted nothing for ${side} ${workload}"
      printf 'instructions %s %s %d per decision\n' "${workload}" "${side}" \
        $((collected / decisions))
    done
  done
}
