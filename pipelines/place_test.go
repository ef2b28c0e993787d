package pipelines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// A placeTest is a house whose bus is changed behind its back while the hub is down.
type placeTest struct {
	*testHouse
	crm, erp *twin
	said     int
}

const (
	placeGroup = "sihe.deal-to-job"
	placeTopic = "sihe.crm.deal"
)

func newPlaceTest(t *testing.T) *placeTest {
	p := &placeTest{crm: newTwin("crm", "crm", "D"), erp: newTwin("erp", "erp", "J")}
	p.testHouse = newTestHouse(t, dealToJob)
	p.systems = []System{p.crm.as(sayer{p.crm}), p.erp.as(blind{p.erp})}
	p.tune = func(o *Options) { o.Topics.Partitions = 1 }
	p.start()
	p.say(5)
	p.carried()
	p.halt()
	return p
}

// say lets the CRM state so many facts more, each about a deal of its own.
func (p *placeTest) say(n int) {
	for range n {
		p.said++
		p.crm.say("crm.deal", fmt.Sprint("D", p.said), "created", 1, deal(fmt.Sprint("D", p.said), 1))
	}
}

// carried waits until everything that was said has had its one effect.
func (p *placeTest) carried() {
	p.t.Helper()
	p.eventually("everything is carried", func() bool { return p.effects() >= p.said && p.street("deal-to-job").Lag == 0 })
	if n := p.effects(); n != p.said {
		p.t.Errorf("%d effects of %d facts", n, p.said)
	}
}

func (p *placeTest) effects() int {
	p.erp.mu.Lock()
	defer p.erp.mu.Unlock()
	return len(p.erp.effects)
}

// behind changes the bus while the hub is down.
func (p *placeTest) behind(change func(b *bus.Embedded) error) {
	p.t.Helper()
	b, err := bus.OpenEmbedded(filepath.Join(p.dir, "bus.db"), time.Now)
	if err == nil {
		err = change(b)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *placeTest) reset(next int64) {
	p.behind(func(b *bus.Embedded) error { return b.ResetGroup(p.t.Context(), placeGroup, placeTopic, []int64{next}) })
}

// fresh gives the hub an empty bus with so many strange events on the topic.
func (p *placeTest) fresh(others int) {
	if err := os.Remove(filepath.Join(p.dir, "bus.db")); err != nil {
		p.t.Fatal(err)
	}
	p.behind(func(b *bus.Embedded) error {
		if err := b.EnsureTopics(p.t.Context(), sihe.Topic{Name: placeTopic, Partitions: 1}); err != nil {
			return err
		}
		for i := range others {
			if _, err := b.Publish(p.t.Context(), strange(i).Message(placeTopic)); err != nil {
				return err
			}
		}
		return nil
	})
}

// strange is an event that somebody else has published.
func strange(i int) sihe.Event {
	return sihe.Event{
		ID: fmt.Sprint("strange", i), Source: "/sihe/north/crm", Type: "crm.deal.updated", Subject: fmt.Sprint("S", i),
		Time: time.Unix(0, 0), Version: 1, Data: []byte(`{"deal_no":"S","currency":"CNY"}`),
	}
}

// halted waits until the street stands with the code, and stays so without an effect.
func (p *placeTest) halted(code sihe.Code) {
	p.t.Helper()
	before := p.effects()
	p.eventually("the street stands", func() bool {
		h := p.street("deal-to-job").Health
		return h != nil && !h.OK && h.Code == code
	})
	if p.effects() != before {
		p.t.Error("it goes on all the same")
	}
	if s, _ := p.hub.Status(p.t.Context()); s.OK {
		p.t.Error("the hub says that it is well")
	}
}

func (p *placeTest) accept() []Break {
	p.t.Helper()
	all, err := p.hub.Accept(p.t.Context(), "deal-to-job", By{Who: "li", Why: "compared with the CRM"})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// A group that was moved over messages halts the street; the command lets it go on where the group was put.
func TestGroupMovedForward(t *testing.T) {
	p := newPlaceTest(t)
	p.behind(func(b *bus.Embedded) error {
		for i := range 3 {
			if _, err := b.Publish(t.Context(), strange(i).Message(placeTopic)); err != nil {
				return err
			}
		}
		return nil
	})
	p.reset(7)
	p.start()
	p.halted(sihe.CodeLogGap)
	if all := p.accept(); len(all) != 1 || all[0].Resume != 7 || !strings.Contains(all[0].Text, "from offset 5 to 7") {
		t.Errorf("%+v", all)
	}
	p.eventually("the last of the three is carried", func() bool { return p.street("deal-to-job").Lag == 0 })
	if all := p.accept(); len(all) != 0 {
		t.Errorf("accepted again: %+v", all)
	}
	if p.count("deal-to-job", store.Delivered) != 6 {
		t.Errorf("%v", p.street("deal-to-job").States)
	}
	rows, err := p.hub.Audit(0, 100)
	if err != nil || len(rows) != 1 || rows[0].Action != "accept" || rows[0].Who != "li" {
		t.Errorf("audit: %+v, %v", rows, err)
	}
}

// A group that was moved back, or that the bus has forgotten, has no effect twice and needs nobody.
func TestGroupMovedBack(t *testing.T) {
	for _, to := range []int64{0, 3, -1} {
		t.Run(fmt.Sprint(to), func(t *testing.T) {
			p := newPlaceTest(t)
			p.reset(to)
			p.start()
			p.say(2)
			p.carried()
			p.halt()
			p.start()
			p.say(1)
			p.carried()
			p.balanced()
		})
	}
}

// A topic that was made anew halts the street, whether it is shorter now or has other events; the command lets it go on from
// its beginning.
func TestTopicMadeAnew(t *testing.T) {
	for _, others := range []int{0, 2, 9} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			p := newPlaceTest(t)
			p.fresh(others)
			if others > 5 {
				p.reset(5)
			}
			p.start()
			p.halted(sihe.CodeLogReplaced)
			if all := p.accept(); len(all) != 1 || all[0].Code != sihe.CodeLogReplaced || all[0].Resume != 0 {
				t.Errorf("%+v", all)
			}
			p.eventually("what is there now is carried", func() bool {
				s := p.street("deal-to-job")
				return s.Lag == 0 && s.Health != nil && s.Health.OK
			})
			before := p.effects()
			p.say(1)
			p.eventually("new facts are carried", func() bool { return p.effects() == before+1 })
			p.balanced()
		})
	}
}

// Retention that was faster than the hub halts the street before anything is carried.
func TestAcceptTrimmed(t *testing.T) {
	p := newPlaceTest(t)
	p.behind(func(b *bus.Embedded) error {
		for i := range 3 {
			if _, err := b.Publish(t.Context(), strange(i).Message(placeTopic)); err != nil {
				return err
			}
		}
		return b.EnsureTopics(t.Context(), sihe.Topic{Name: placeTopic, Partitions: 1, Retention: time.Hour})
	})
	later, err := bus.OpenEmbedded(filepath.Join(p.dir, "bus.db"), func() time.Time { return time.Now().Add(3 * time.Hour) })
	if err == nil {
		err = errors.Join(later.Trim(t.Context()), later.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	p.start()
	p.halted(sihe.CodeLogGap)
	if all := p.accept(); len(all) != 1 || all[0].Resume != 8 || !strings.Contains(all[0].Text, "3 messages") {
		t.Errorf("%+v", all)
	}
	p.say(1)
	p.carried()
}

// The command wants a street and a reason.
func TestAcceptIsSigned(t *testing.T) {
	p := newPlaceTest(t)
	p.fresh(0)
	p.start()
	p.halted(sihe.CodeLogReplaced)
	if _, err := p.hub.Accept(t.Context(), "deal-to-job", By{Who: "li"}); sihe.CodeOf(err) != sihe.CodeReasonMissing {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := p.hub.Accept(t.Context(), "nobody", By{Who: "li", Why: "x"}); err == nil {
		t.Error("a street that is not there")
	}
	if all, err := p.hub.Accept(t.Context(), viewName, By{Who: "li", Why: "x"}); err != nil || len(all) != 0 {
		t.Errorf("the view: %+v, %v", all, err)
	}
}
