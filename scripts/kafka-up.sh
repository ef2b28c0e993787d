#!/usr/bin/env bash
# Runs a real Apache Kafka for tests: one KRaft node on free loopback ports, in a folder of its own.
#
#   kafka-up.sh provide    install Java and Maven where they are missing (Debian or Ubuntu, as root or with sudo)
#   kafka-up.sh install    fetch Kafka with Maven, once for all runs
#   kafka-up.sh up         install, then start on an empty folder; prints brokers=HOST:PORT and pid=N
#   kafka-up.sh kill       end the broker as a crash would (SIGKILL); the data stay
#   kafka-up.sh start      start again, on the same data and ports
#   kafka-up.sh down       stop the broker
#
# Environment: KAFKA_RUN   the broker's folder: data, log, pid (default: build/kafka below the current folder)
#              KAFKA_LIBS  where Kafka is kept (default: ${XDG_CACHE_HOME:-$HOME/.cache}/sihe-test/kafka)
#              KAFKA_HEAP  heap of the broker (default: 512m)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
run=${KAFKA_RUN:-$PWD/build/kafka}
libs=${KAFKA_LIBS:-${XDG_CACHE_HOME:-$HOME/.cache}/sihe-test/kafka}
version=$(sed -n 's:.*<version>\(4[0-9.]*\)</version>.*:\1:p' "$here/kafka/pom.xml" | head -1)
libs=$libs/$version
copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

say() { printf 'kafka: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# recent_java says whether there is a Java that runs Kafka 4.
recent_java() {
  local major
  command -v java >/dev/null || return 1
  major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
  [ "${major:-0}" -ge 17 ]
}

# need_java ends the script with a clear word when Kafka 4 could not run.
need_java() {
  recent_java || fail "Kafka $version needs Java 17 or later: run '$0 provide' (Debian: apt-get install openjdk-17-jre-headless)"
}

provide() {
  local missing=() sudo=()
  recent_java || missing+=(openjdk-17-jre-headless)
  [ -e "$libs/complete" ] || command -v mvn >/dev/null || missing+=(maven)
  command -v ps >/dev/null || missing+=(procps)
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "install ${missing[*]} first: there is no apt-get here"
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install() {
  need_java
  [ ! -e "$libs/complete" ] || return 0
  command -v mvn >/dev/null || fail "Maven is missing, which fetches Kafka: install it (Debian: apt-get install maven)"
  say "fetching Kafka $version with Maven (about 45 MB, the first time only)"
  local new
  mkdir -p "$(dirname "$libs")"
  new=$(mktemp -d "$libs.XXXXXX")
  if ! mvn -B -q -f "$here/kafka/pom.xml" "$copy" -DincludeScope=runtime -DoutputDirectory="$new" >"$new/maven.log" 2>&1; then
    cat "$new/maven.log" >&2
    rm -rf "$new"
    fail "Maven could not fetch Kafka"
  fi
  touch "$new/complete"
  rm -rf "$libs"
  mv "$new" "$libs" 2>/dev/null || rm -rf "$new" # another run was faster
  say "Kafka $version is in $libs"
}

# free_port prints a port below those that the system gives to outgoing connections, so that it stays free between kill and start.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + RANDOM % 10000))
    if [ "$port" != "${1:-}" ] && ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  fail "no port is free"
}

# jvm turns the shell that it runs in into Java, so that its pid is Java's.
jvm() { exec java -cp "$libs/*" -Dlog4j2.configurationFile="$here/kafka/log4j2.properties" "$@"; }

# ours says whether the process of the pid file is the broker of this folder: the number may have gone to another process.
ours() {
  [ -s "$run/pid" ] && [[ "$(ps -ww -o args= -p "$(cat "$run/pid")" 2>/dev/null)" == *"kafka.Kafka $run/server.properties"* ]]
}

# end sends the signal to the broker and waits until it is gone.
end() {
  ours || return 0
  kill "-$1" "$(cat "$run/pid")" 2>/dev/null || true
  for _ in $(seq 300); do
    ours || return 0
    sleep 0.1
  done
  return 1
}

configure() {
  local broker controller
  broker=$(free_port)
  controller=$(free_port "$broker")
  echo "127.0.0.1:$broker" >"$run/brokers"
  cat >"$run/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=BROKER://127.0.0.1:$broker,CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs=$run/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
CONF
  # A fixed id saves a start of Java: nobody else meets this cluster.
  (jvm kafka.tools.StorageTool format -t SiheTestSiheTestSiheTA -c "$run/server.properties") >"$run/format.log" 2>&1 || {
    cat "$run/format.log" >&2
    fail "Kafka could not make its data folder"
  }
}

start() {
  [ -s "$run/server.properties" ] || fail "there is no broker in $run: run '$0 up' first"
  ! ours || fail "the broker is already running, pid $(cat "$run/pid")"
  [ ! -e "$run/broker.log" ] || mv "$run/broker.log" "$run/broker.$(date +%s).log"
  jvm "-Xmx${KAFKA_HEAP:-512m}" -XX:+UseSerialGC kafka.Kafka "$run/server.properties" >"$run/broker.log" 2>&1 </dev/null &
  echo $! >"$run/pid"
  for _ in $(seq 1200); do
    if grep -q 'Kafka Server started' "$run/broker.log" 2>/dev/null; then
      say "Kafka $version answers on $(cat "$run/brokers"), pid $(cat "$run/pid")"
      return
    fi
    kill -0 "$(cat "$run/pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -40 "$run/broker.log" >&2
  end KILL || true
  fail "the broker did not start"
}

up() {
  install
  ! ours || fail "the broker is already running, pid $(cat "$run/pid")"
  mkdir -p "$run"
  run=$(cd "$run" && pwd)
  rm -rf "$run/data" "$run"/*.log
  say "starting in $run"
  configure
  start
  printf 'brokers=%s\npid=%s\n' "$(cat "$run/brokers")" "$(cat "$run/pid")"
}

case ${1:-} in
  provide) provide ;;
  install) install ;;
  up) up ;;
  start) need_java; start ;;
  kill) ours || fail "there is no broker to kill in $run"; end KILL && say "killed" ;;
  down) end TERM || end KILL || fail "the broker does not end"; rm -f "$run/pid" ;;
  *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
