# Sourced by every script: paths, messages, configuring and building.

RELAIS_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
readonly RELAIS_ROOT

# Colour where somebody looks.
if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
  readonly bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  readonly bold='' red='' green='' plain=''
fi

say() { printf '%s%s%s\n' "${bold}" "$*" "${plain}"; }

# A mistake of the caller or of the machine: exit code 2.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

# The comment at the head of the script is its help.
print_usage() {
  sed -n '2,/^[^#]\|^$/{s/^# \{0,1\}//p}' "$0"
}

# Edits (insert, drop, replace a character) that turn $1 into $2.
edit_distance() {
  local a="$1" b="$2" i j cost best
  local -a previous current
  for ((j = 0; j <= ${#b}; ++j)); do previous[j]=${j}; done
  for ((i = 1; i <= ${#a}; ++i)); do
    current=("${i}")
    for ((j = 1; j <= ${#b}; ++j)); do
      cost=1
      [[ "${a:i-1:1}" == "${b:j-1:1}" ]] && cost=0
      best=$((previous[j - 1] + cost))
      ((previous[j] + 1 < best)) && best=$((previous[j] + 1))
      ((current[j - 1] + 1 < best)) && best=$((current[j - 1] + 1))
      current[j]=${best}
    done
    previous=("${current[@]}")
  done
  printf '%s\n' "${previous[${#b}]}"
}

# unknown_option GIVEN KNOWN...: names the nearest and exits 2.
unknown_option() {
  local given="$1" known nearest='' distance shortest=1000
  shift
  for known in "$@"; do
    distance="$(edit_distance "${given}" "${known}")"
    if ((distance < shortest)); then
      shortest=${distance}
      nearest="${known}"
    fi
  done
  if [[ -n "${nearest}" ]] && ((shortest * 2 <= ${#given})); then
    die "unknown option ${given}; did you mean ${nearest}?"
  fi
  die "unknown option ${given}; known are: $*"
}

# need_value OPTION "$@": dies if nothing follows the option.
need_value() {
  (($# >= 3)) || die "$1 needs a value"
}

need_number() {
  [[ "$2" =~ ^[0-9]+$ ]] || die "$1: \"$2\" is not a whole number"
}

# As many compilers as processors, and as memory has room for: the largest
# generated file takes about 700 MB.
build_jobs() {
  local processors available
  processors="$(nproc)"
  available="$(awk '/^MemAvailable:/ {print int($2 / 1000000)}' /proc/meminfo)"
  ((available < processors)) && processors=${available}
  ((processors < 1)) && processors=1
  printf '%s\n' "${RELAIS_JOBS:-${processors}}"
}

# configure_preset PRESET: only if it was not, or the presets have changed;
# ninja itself notices changed CMake files.
configure_preset() {
  local ninja_file="${RELAIS_ROOT}/build/$1/build.ninja"
  if [[ -e "${ninja_file}" && \
        "${ninja_file}" -nt "${RELAIS_ROOT}/CMakePresets.json" ]]; then
    return 0
  fi
  say "Configuring preset $1"
  mkdir -p "${RELAIS_ROOT}/build/$1"
  local log="${RELAIS_ROOT}/build/$1/configure.log"
  if ! (cd "${RELAIS_ROOT}" && cmake --preset "$1") >"${log}" 2>&1; then
    cat "${log}" >&2
    return 1
  fi
  grep '^-- Not built here' "${log}" || true
}

# build_preset PRESET [TARGET...]: goes on after a failure, to show others too.
build_preset() {
  local preset="$1"
  shift
  configure_preset "${preset}" || return 1
  NINJA_STATUS='[%f/%t %es] ' ninja -C "${RELAIS_ROOT}/build/${preset}" \
    -j "$(build_jobs)" -k 10 "$@"
}
