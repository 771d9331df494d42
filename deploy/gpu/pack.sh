#!/usr/bin/env bash
# Packs what deploy/gpu/selftest.sh needs on a machine where nothing can be built or downloaded:
#
#   deploy/gpu/pack.sh --profile cuda|cuda-hopper|cpu --output FOLDER [--skip-build] [--no-cuda-libraries]
#
# FOLDER must not exist; copy it to the GPU machine and start FOLDER/selftest.sh there.
#   --skip-build          takes the jars of the last build, which must have had the same profile
#   --no-cuda-libraries   leaves CUDA's own libraries out, for machines that have CUDA 11 and cuDNN 8
# Needs Maven, a JDK 17 with jlink and unzip here. The machine needs NVIDIA's driver.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)

fail() {
  printf 'pack.sh: %s\n' "$*" >&2
  exit 1
}

profile='' output='' build=yes libraries=yes
while (($# > 0)); do
  option=$1
  shift
  case $option in
    --profile | --output)
      (($# > 0)) || fail "$option needs a value"
      if [[ $option == --profile ]]; then profile=$1; else output=$1; fi
      shift
      ;;
    --skip-build) build=no ;;
    --no-cuda-libraries) libraries=no ;;
    --help | -h)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *) fail "\"$option\" is no option; --help shows them" ;;
  esac
done
case $profile in
  cpu | cuda | cuda-hopper) ;;
  *) fail "--profile must be cpu, cuda or cuda-hopper, not \"$profile\"" ;;
esac
[[ -n $output ]] || fail "--output is missing"
# Relative to where it was started, which is left below.
output=$(realpath -m -- "$output")
[[ ! -e $output ]] || fail "$output exists already"

cd "$root"
maven=(mvn -B -ntp -q)
if [[ $profile != cpu ]]; then
  maven+=("-P$profile")
fi
if [[ $build == yes ]]; then
  # clean: classes that another release of DL4J compiled must not stay.
  "${maven[@]}" clean package -pl pipeline,jobs -am -DskipTests -Dquick=true
fi
for built in jobs/target/cogaze-jobs.jar jobs/target/spark-home/jars pipeline/target/test-classes; do
  [[ -e $built ]] || fail "$built is missing; build without --skip-build"
done

command -v jlink >/dev/null || fail "there is no jlink: install a JDK 17 (Debian: openjdk-17-jdk-headless)"
mkdir -p "$output/lib/spark" "$output/lib/test" "$output/lib/native"
output=$(cd "$output" && pwd)
cp jobs/target/cogaze-jobs.jar "$output/lib/"
cp jobs/target/spark-home/jars/*.jar "$output/lib/spark/"
(cd pipeline/target/test-classes && jar --create --file "$output/lib/cogaze-tests.jar" .)
dependencies=("${maven[@]}" -f deploy/gpu/pom.xml dependency:copy-dependencies -DoutputDirectory="$output/lib/test")
if [[ $libraries == no ]]; then
  dependencies+=(-DexcludeGroupIds=org.bytedeco)
fi
"${dependencies[@]}"

for redist in "$output"/lib/test/cuda-*-redist.jar; do
  if [[ -e $redist ]]; then
    # Only what ND4J's library and its connection to CUDA ask for; the connection itself is in cogaze-jobs.jar.
    wanted=()
    for name in cudart cublas cublasLt cusolver cusparse curand nvrtc nvrtc-builtins; do
      wanted+=("org/bytedeco/cuda/*/lib$name.so*")
    done
    if [[ $profile == cuda ]]; then
      wanted+=('org/bytedeco/cuda/*/libcudnn*.so*')
    fi
    unzip -q -j -o "$redist" "${wanted[@]}" -d "$output/lib/native"
    rm -f "$redist"
  fi
done
rm -f "$output"/lib/test/{cuda,javacpp}-*.jar

jlink --add-modules ALL-MODULE-PATH --strip-debug --no-header-files --no-man-pages --compress 2 \
  --output "$output/java"
cp deploy/gpu/selftest.sh deploy/gpu/README.md "$output/"
# What a JVM must open for Spark, as `java @FILE` reads it.
sed -n 's:.*<spark.add-opens>\(.*\)</spark.add-opens>.*:\1:p' pom.xml | tr ' ' '\n' >"$output/java.options"
[[ -s $output/java.options ]] || fail "pom.xml has no property spark.add-opens"
{
  echo "profile=$profile"
  echo "commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
  echo "packed_on=$(uname -s -m)"
} >"$output/bundle.properties"
sums=$(cd "$output" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
printf '%s\n' "$sums" >"$output/SHA256SUMS"
du -sh "$output" | sed 's/^/packed: /'
