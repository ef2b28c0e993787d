package bus

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// handOver is how long the work of a partition may go on after the group has given the partition to somebody else.
const handOver = 15 * time.Second

// A group shares the partitions of its topics among the consumers of this process.
type group struct {
	bus  *Embedded
	name string

	mu      sync.Mutex
	members []*member // in the order of joining
	seats   map[*partition]*seat
}

// A seat is a partition in a group: who should hold it, and the claim that holds it now.
type seat struct {
	topic *topic
	want  *member
	claim *claim
}

// A member is one call of Consume.
type member struct {
	topics  []*topic
	work    work
	derive  func() (context.Context, context.CancelFunc) // a context for one claim
	done    <-chan struct{}                              // no more claims once it is closed
	fail    func(error)                                  // the first result of work that ended early
	working sync.WaitGroup
}

func (m *member) ended() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// join gives the member its share.
func (g *group) join(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = append(g.members, m)
	for _, t := range m.topics {
		for _, p := range t.partitions {
			if g.seats[p] == nil {
				g.seats[p] = &seat{topic: t}
			}
		}
	}
	g.assign()
	g.settle()
}

// leave gives its share to the others.
func (g *group) leave(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = slices.DeleteFunc(g.members, func(x *member) bool { return x == m })
	g.assign()
	g.settle()
}

func (g *group) active() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	held := false
	for _, s := range g.seats {
		held = held || s.claim != nil
	}
	return held || len(g.members) > 0
}

// assign decides who should hold what: as evenly as can be, moving no more than that needs.
func (g *group) assign() {
	order := make([]*partition, 0, len(g.seats))
	for p := range g.seats {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b *partition) int { return cmp.Compare(a.name, b.name) })
	quota := 0
	if n := len(g.members); n > 0 {
		quota = (len(order) + n - 1) / n
	}
	load := map[*member]int{}
	for _, p := range order {
		s := g.seats[p]
		if s.want == nil || !slices.Contains(g.members, s.want) || load[s.want] >= quota {
			s.want = nil
			continue
		}
		load[s.want]++
	}
	for _, p := range order {
		if s := g.seats[p]; s.want == nil {
			s.want = g.idlest(s.topic, load)
			load[s.want]++
		}
	}
	g.level(order, load)
}

// level moves single partitions while that makes the shares more even.
func (g *group) level(order []*partition, load map[*member]int) {
	for _, p := range order {
		s := g.seats[p]
		if s.want == nil {
			continue
		}
		if to := g.idlest(s.topic, load); load[s.want] > load[to]+1 {
			load[s.want]--
			load[to]++
			s.want = to
		}
	}
}

// idlest returns the consumer of the topic that has least, the eldest of equals, or nil.
func (g *group) idlest(t *topic, load map[*member]int) *member {
	var best *member
	for _, m := range g.members {
		consumes := slices.ContainsFunc(m.topics, func(x *topic) bool { return x.Name == t.Name })
		if consumes && (best == nil || load[m] < load[best]) {
			best = m
		}
	}
	return best
}

// settle takes partitions away from those who should not hold them any more and gives free ones out.
func (g *group) settle() {
	for p, s := range g.seats {
		switch {
		case s.claim == nil && s.want != nil && !s.want.ended():
			g.start(p, s)
		case s.claim != nil && s.claim.member != s.want:
			g.revoke(s)
		case s.claim == nil && s.want == nil && !g.wanted(s.topic):
			delete(g.seats, p)
		}
	}
}

func (g *group) wanted(t *topic) bool { return g.idlest(t, nil) != nil }

// start lets the member's work run on the partition.
func (g *group) start(p *partition, s *seat) {
	m := s.want
	ctx, cancel := m.derive()
	c := &claim{group: g, topic: s.topic, partition: p, member: m, done: ctx.Done(), cancel: cancel}
	s.claim = c
	m.working.Add(1)
	go func() {
		defer m.working.Done()
		err := m.work(ctx, c)
		if ctx.Err() == nil {
			m.fail(err)
		}
		cancel()
		g.free(c)
	}()
}

// revoke asks the work to end. It may still commit until it has returned, but no longer than handOver.
func (g *group) revoke(s *seat) {
	c := s.claim
	if c.timer != nil {
		return
	}
	c.cancel()
	c.timer = time.AfterFunc(handOver, func() { g.free(c) })
}

// free takes the partition from the claim, whose commits are refused from now on, and gives it to the next.
func (g *group) free(c *claim) {
	c.lost.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.seats[c.partition]
	if s == nil || s.claim != c {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	s.claim = nil
	g.settle()
}
