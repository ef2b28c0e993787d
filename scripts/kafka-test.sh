#!/usr/bin/env bash
# Tests the Kafka bus on a real Apache Kafka: the whole suite, a broker that is killed under load, the demo, and the demo
# through kills of the broker. Starts a broker of its own (kafka-up.sh) and stops it again, whatever happens.
#
# Environment: KAFKA_LIBS, KAFKA_HEAP as for kafka-up.sh; GO (default: go); KAFKA_KEEP=1 keeps the folder with the logs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
go=${GO:-go}
folder=$(mktemp -d "${TMPDIR:-/tmp}/sihe-kafka.XXXXXX")
export KAFKA_RUN=$folder/run

say() { printf 'kafka: %s\n' "$*" >&2; }

finish() {
  local status=$?
  trap - EXIT INT TERM
  "$here/kafka-up.sh" down || status=1
  if [ "$status" -ne 0 ] && [ -e "$KAFKA_RUN/broker.log" ]; then
    say "failed; the end of the broker's log:"
    tail -n 40 "$KAFKA_RUN/broker.log" >&2
  fi
  if [ -n "${KAFKA_KEEP:-}" ]; then say "data and logs are in $folder"; else rm -rf "$folder"; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# fresh gives an empty cluster: a broker that is killed must not have to recover what other tests left.
fresh() {
  "$here/kafka-up.sh" down
  "$here/kafka-up.sh" up >/dev/null
  SIHE_KAFKA_BROKERS=$(cat "$KAFKA_RUN/brokers")
  export SIHE_KAFKA_BROKERS
}

# run runs one test, which must not be skipped.
run() {
  local package=$1 name=$2
  say "$name"
  "$go" test -count=1 -timeout 15m -v -run "^$name\$" "$package" >"$folder/$name.log" 2>&1 || {
    grep -v BUS_UNREACHABLE "$folder/$name.log" | tail -n 100 >&2
    return 1
  }
  if grep -q -e '--- SKIP' -e 'no tests to run' "$folder/$name.log"; then
    say "$name was skipped"
    return 1
  fi
  grep -E '^ok|(restarts|figures|after the start)' "$folder/$name.log" | grep -v BUS_UNREACHABLE || true
}

"$here/kafka-up.sh" install
"$go" test -count=1 -run '^$' ./pipelines/bus ./cmd/sihe >/dev/null # builds before the broker needs the processor
export SIHE_KAFKA_CONTROL=$here/kafka-up.sh
fresh
run ./pipelines/bus TestKafkaCluster
run ./pipelines/bus TestKafkaRestart
run ./cmd/sihe TestDemoOnKafkaCluster
fresh
run ./cmd/sihe TestDemoThroughKafkaRestarts
say "all passed on a real broker"
