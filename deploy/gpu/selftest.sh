#!/usr/bin/env bash
# Proves a bundle made by pack.sh on the machine that it is started on: looks at the machine, runs
# the tests of the layers, a training step and the benchmark, and prints one table.
#
#   ./selftest.sh [--output FOLDER] [--threads N] [--quick] [--force]
#
#   --output FOLDER   for logs, reports and the driver's cache of compiled kernels (default: selftest-output)
#   --threads N       native threads of the CPU (default: all cores)
#   --quick           measures DenseNet-121 on small pictures instead of the full cooperative network
#   --force           goes on although doctor says that something would not run
# Needs nothing but the bundle, whose Java it starts unless JAVA_HOME names another, and, for a build for
# CUDA, NVIDIA's driver. Ends with 0 when everything passed, with 3 when something did not, with 1 for a wrong option.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

fail() {
  printf 'selftest.sh: %s\n' "$*" >&2
  exit 1
}

output=selftest-output threads=$(nproc) quick=no force=no
while (($# > 0)); do
  option=$1
  shift
  case $option in
    --output | --threads)
      (($# > 0)) || fail "$option needs a value"
      if [[ $option == --output ]]; then output=$1; else threads=$1; fi
      shift
      ;;
    --quick) quick=yes ;;
    --force) force=yes ;;
    --help | -h)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) fail "\"$option\" is no option; --help shows them" ;;
  esac
done
[[ $threads =~ ^[1-9][0-9]{0,3}$ ]] || fail "--threads must be a whole number from 1, not \"$threads\""
[[ -n $output ]] || fail "--output is empty"
[[ -r $here/bundle.properties ]] || fail "$here is no bundle: make one with deploy/gpu/pack.sh"
profile=$(sed -n 's/^profile=//p' "$here/bundle.properties")

java=$here/java/bin/java java_of="of the bundle"
if [[ -n ${JAVA_HOME:-} ]]; then
  java=$JAVA_HOME/bin/java java_of="of JAVA_HOME"
fi
command -v "$java" >/dev/null || fail "there is no Java at $java: unset JAVA_HOME, or set it to a Java 17"

mkdir -p "$output"
output=$(cd "$output" && pwd)

# CUDA's libraries of the bundle first. What the driver compiles from PTX is kept for the next start.
export LD_LIBRARY_PATH=$here/lib/native${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export CUDA_CACHE_PATH=${CUDA_CACHE_PATH:-$output/cuda-cache}
export CUDA_CACHE_MAXSIZE=${CUDA_CACHE_MAXSIZE:-4294967296}
export OMP_NUM_THREADS=$threads
class_path="$here/lib/cogaze-jobs.jar:$here/lib/spark/*"
test_class_path="$here/lib/cogaze-tests.jar:$here/lib/test/*:$class_path"
jvm=("$java" -Xmx4g "-Dorg.bytedeco.javacpp.cachedir=$output/javacpp-cache" "@$here/java.options")

rows=()
failed=no
row_seconds=0

# row NAME RESULT DETAIL
row() {
  local line
  printf -v line '%-15s %-8s %8s  %s' "$1" "$2" "$row_seconds" "$3"
  rows+=("$line")
  if [[ $2 == FAILED ]]; then
    failed=yes
  fi
}

# run NAME COMMAND...: keeps what it prints as NAME.log; its status is the command's.
run() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '%s ...\n' "$name" >&2
  "$@" >"$output/$name.log" 2>&1 || status=$?
  row_seconds=$((SECONDS - start))
  return "$status"
}

# last PATTERN NAME: the last line of NAME.log with the pattern, blanks joined.
last() {
  grep -E -- "$1" "$output/$2.log" | tail -n 1 | tr -s ' \t' ' ' || true
}

examine() {
  if run doctor "${jvm[@]}" -cp "$class_path" io.cogaze.jobs.Main doctor; then
    row doctor ok "$(last '^(ok|note) +gpu' doctor)"
    return 0
  fi
  row doctor FAILED "$(last '^wrong |^cogaze doctor:|rror' doctor)"
  [[ $force == yes ]]
}

test_layers() {
  local status=0
  run layer-tests "${jvm[@]}" -cp "$test_class_path" \
    org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=summary \
    "--scan-class-path=$here/lib/cogaze-tests.jar" "--reports-dir=$output/reports" \
    --include-package=io.cogaze.nn --include-package=io.cogaze.train.step --include-package=io.cogaze.weights \
    '--exclude-classname=.*NativeLibraryTest' --exclude-tag=long --exclude-tag=cluster || status=$?
  local passed broken
  passed=$(last 'tests successful' layer-tests | tr -dc '0-9')
  broken=$(last 'tests failed' layer-tests | tr -dc '0-9')
  if [[ $status == 0 && ${passed:-0} -gt 0 ]]; then
    row "layer tests" ok "$passed passed, ${broken:-0} failed"
  else
    row "layer tests" FAILED "${passed:-0} passed, ${broken:-?} failed; see $output/layer-tests.log"
  fi
}

# A step of a small network, whose loss can be compared with another machine's.
train_a_step() {
  if run training-step "${jvm[@]}" -cp "$test_class_path" io.cogaze.train.step.StepProbe small 64 64 2 4 "$threads"; then
    row "training step" ok "$(last '^probe ' training-step | sed 's/^probe //')"
  else
    row "training step" FAILED "$(last 'Exception|Error|error' training-step)"
  fi
}

# measure CASE PAIRS PHASE: `bench engine` without its peer.
measure() {
  local log=benchmark-$3
  if run "$log" "${jvm[@]}" -cp "$class_path" io.cogaze.jobs.Main bench engine --alone --case "$1" --pairs "$2" \
    --phase "$3" --threads "$threads" --cache "$output/bench"; then
    row "bench $3" ok "$(last ' s a step ' "$log")"
  else
    row "bench $3" FAILED "$(last 'Exception|Error|error|Cannot' "$log")"
  fi
}

started=$("$java" -version 2>&1) || fail "$java does not start: $started"
version=$(sed -n '1s/.*"\(.*\)".*/\1/p' <<<"$started")
row java ok "$version $java_of, build profile $profile, $threads threads"
if examine; then
  test_layers
  train_a_step
  case=cooperative:320x256:2
  if [[ $quick == yes ]]; then
    case=densenet121:64x64:2
  fi
  measure "$case" 2 train
  measure "$case" 2 inference
else
  row_seconds=-
  for name in "layer tests" "training step" "bench train" "bench inference"; do
    row "$name" "not run" "doctor says that it would fail; --force tries all the same"
  done
fi

{
  printf '%-15s %-8s %8s  %s\n' step result seconds detail
  printf '%s\n' "${rows[@]}"
} | tee "$output/table.txt"
if [[ $failed == yes ]]; then
  printf 'Something failed; the logs are in %s\n' "$output" >&2
  exit 3
fi
