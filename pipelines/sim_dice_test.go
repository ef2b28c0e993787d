package pipelines

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Dice give chance that does not depend on the order in which goroutines run: a throw is computed from the seed, the place
// where it is made, what it is about, and how often that was asked before. So a seed tells nearly the same story each time.
type dice struct {
	seed uint64

	mu    sync.Mutex
	times map[uint64]uint64
}

func newDice(seed uint64) *dice { return &dice{seed: seed, times: map[uint64]uint64{}} }

// throw returns 64 random bits.
func (d *dice) throw(place, about string) uint64 {
	h := uint64(14695981039346656037)
	for _, s := range [2]string{place, about} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	d.mu.Lock()
	n := d.times[h]
	d.times[h] = n + 1
	d.mu.Unlock()
	return mix(mix(h^d.seed) + n)
}

// mix is splitmix64's last step.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hits says yes so many times of a thousand.
func (d *dice) hits(permille int, place, about string) bool {
	return permille > 0 && d.throw(place, about)%1000 < uint64(permille)
}

// pick returns a number in [0,n).
func (d *dice) pick(n int, place, about string) int { return int(d.throw(place, about) % uint64(n)) }

// span returns a duration in [from,to).
func (d *dice) span(from, to time.Duration, place, about string) time.Duration {
	return from + time.Duration(d.throw(place, about)%uint64(to-from))
}

// rates say how often what goes wrong in one run, in a thousand; they are drawn for each seed, many of them as zero, so that
// no fault hides behind another.
type rates struct {
	refused, lost, hang, late, slow, throttle, panics int // calls of targets
	findFails                                         int
	readFails, rereads                                int // sources
	publishFails, publishLost, publishTwice           int // bus
	nextFails, stale, commitFails, commitLost         int
	full, slowDisk                                    int // disk
	die                                               int // at a step
	swap                                              int // the files, while a call is about to be made
	hookLost, hookTwice, hookSlow, hookAbort          int // senders of webhooks
}

func drawRates(r *rand.Rand) rates {
	some := func(rare, often int) int {
		switch r.IntN(4) {
		case 0:
			return often
		case 1:
			return rare
		}
		return 0
	}
	return rates{
		refused: some(50, 300), lost: some(50, 250), hang: some(10, 60), late: some(50, 200), slow: some(50, 300), throttle: some(20, 100), panics: some(10, 50),
		findFails: some(100, 400),
		readFails: some(50, 200), rereads: some(50, 300),
		publishFails: some(30, 150), publishLost: some(30, 150), publishTwice: some(50, 300),
		nextFails: some(20, 80), stale: some(200, 700), commitFails: some(50, 200), commitLost: some(50, 200),
		full: some(10, 40), slowDisk: some(20, 100),
		die: some(4, 25), swap: some(50, 200),
		hookLost: some(100, 300), hookTwice: some(100, 400), hookSlow: some(50, 200), hookAbort: some(50, 150),
	}
}
