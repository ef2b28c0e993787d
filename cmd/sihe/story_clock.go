package main

import (
	"sync"
	"time"
)

// A storyClock is the business clock of a story: it is set at each step and goes on from there with real time.
type storyClock struct {
	mu     sync.Mutex
	at     time.Time
	anchor time.Time
	real   func() time.Time
}

func newStoryClock(at time.Time, realNow func() time.Time) *storyClock {
	return &storyClock{at: at, anchor: realNow(), real: realNow}
}

func (c *storyClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Add(c.real().Sub(c.anchor))
}

// set moves the clock forward to a moment; it never goes back.
func (c *storyClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.at.Add(c.real().Sub(c.anchor))
	if at.After(now) {
		c.at, c.anchor = at, c.real()
	}
}
