#!/usr/bin/env bash
# The rigs of faults/: what they need is installed when it can be, then they run one after the other.
#
#   RIG=kill|proxy|cut|img|sys|flip|disk|stop   only one of them (default: all)
#   N=50           so many rounds                SEED=7       the same choices again
#   FAULTS=short|ci|release                      how many rounds each (default: ci, 25 minutes on two cores)
#   WORKERS=2      hubs at once                  FAULTS_DIR   where data goes (default /dev/shm)
set -euo pipefail
cd "$(dirname "$0")/.."
GO=${GO:-go}

missing=()
command -v strace >/dev/null || missing+=(strace)
command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || echo "could not install ${missing[*]}" >&2
  else
    echo "${missing[*]} missing and no root: the rigs that need them will not run" >&2
  fi
fi

# Everything is below one folder, which goes away however this ends, with what is mounted in it.
FAULTS_DIR=$(mktemp -d "$(d=${FAULTS_DIR:-/dev/shm}; [ -d "$d" ] || d=/tmp; echo "$d")/sihe-rigs-XXXXXX")
export FAULTS_DIR
sweep() {
  awk -v d="$FAULTS_DIR/" 'index($2, d) == 1 { print $2 }' /proc/mounts | while read -r m; do umount -l "$m" || true; done
  rm -rf "$FAULTS_DIR"
}
trap sweep EXIT
trap 'exit 130' INT TERM

declare -A tests=(
  [stop]='^TestStop' [disk]='^TestDisk' [kill]='^TestKill' [proxy]='^TestProxy' [cut]='^TestCut' [img]='^TestImg' [sys]='^TestSys' [flip]='^TestFlip'
)
rigs=(stop disk kill proxy cut img sys flip)
if [ -n "${RIG:-}" ]; then
  [ -n "${tests[$RIG]:-}" ] || { echo "RIG=$RIG: there are ${rigs[*]}" >&2; exit 2; }
  rigs=("$RIG")
fi
limit=${LIMIT:-30m}
[ "${FAULTS:-ci}" = release ] && limit=${LIMIT:-240m}
failed=()
began=$SECONDS
for r in "${rigs[@]}"; do
  printf '\n== %s ==\n' "$r"
  at=$SECONDS
  "$GO" test -tags faults -count=1 -v -timeout "$limit" -run "${tests[$r]}" ./faults || failed+=("$r")
  echo "$r took $((SECONDS - at)) s"
done
echo
echo "all took $((SECONDS - began)) s"
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
