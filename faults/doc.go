// Package faults holds the rigs that put the real binary through what a machine and a network do to it: killed processes,
// power cuts, torn sectors, failing disks, lying targets, flipped bits.
//
// # Basics
//
// The rigs are Go tests behind the build tag faults. `make test-faults` runs as many rounds of each as fit into 25 minutes,
// `make test-faults FAULTS=release` the whole column, `make test-faults RIG=cut N=50 SEED=7` one rig, so many rounds, one seed.
//
// Every rig runs `sihe run` as a process of its own on the hub in testdata/hub: orders come by signed webhooks and by polls,
// and each goes to two systems outside that count what they are made to do: a depot, which recognises a write's id, and
// a ledger, which makes a second entry when it is asked twice. What must hold in the end: everything that was acknowledged had
// exactly one effect in each, in order per key, nothing waits, and the books of the hub close.
//
// Every rig has a control: the same rig with the fault that it must see, or it proves nothing.
//
// # Caveats
//
// Power cuts and failing disks need root, loop devices, strace and mkfs.ext4; where they are missing the test is skipped and
// says so, except in CI, where it fails. Everything is below /dev/shm (or FAULTS_DIR) and is removed at the end.
package faults
