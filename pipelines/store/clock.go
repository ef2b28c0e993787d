package store

import "time"

// A pulse is when retention last looked at the clock, and how often it will only look.
type pulse struct {
	At   time.Time `json:"at"`
	Left int       `json:"left"`
}

// Look says whether the clock can be believed when it says that something is old: not for a day of work after it has leapt,
// because a clock that was set, or a hub that stood still for long, would let everything be forgotten at once
// (RELIABILITY B1). every is the time between two looks; the first one after a start does not count as one.
func (t *Tx) Look(every time.Duration, first bool) (steady bool, err error) {
	b := t.Bucket("clock")
	p, found, err := get[pulse](b, key("retention"))
	if err != nil {
		return false, err
	}
	switch passed := t.now.Sub(p.At); {
	case !found:
	case passed < -time.Hour || passed > every+day:
		p.Left = int(day/every) + 1
	case p.Left > 0 && !first:
		p.Left--
	}
	p.At = t.now
	return p.Left == 0, put(b, key("retention"), p)
}

// plausible is the time with which a state is entered. An outcome is not older than what the clock said when retention last
// looked: a clock that is set back for a while would let it be forgotten as soon as the clock is right again.
func (t *Tx) plausible(to State) (time.Time, error) {
	if !to.Final() {
		return t.now, nil
	}
	p, _, err := get[pulse](t.Bucket("clock"), key("retention"))
	if p.At.After(t.now) {
		return p.At, err
	}
	return t.now, err
}
