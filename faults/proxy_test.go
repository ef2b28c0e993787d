//go:build faults

package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A proxy stands between the hub and a target and spoils exchanges, each by the script that it draws.
type proxy struct {
	t      *testing.T
	addr   string
	target string
	share  int // of a thousand exchanges are spoilt
	only   string
	tally  *tally
	evil   string // where redirects point

	mu   sync.Mutex
	r    *rand.Rand
	seen map[string][]time.Time // when each write came, by the id in its body
}

// An exchange is one request on its way.
type exchange struct {
	p      *proxy
	client *net.TCPConn
	in     *bufio.Reader
	head   []byte // of the request, as it came
	length int64
	body   []byte
	get    bool
}

// A script is what happens to an exchange. It returns false when the connection is over.
type script struct {
	name string
	gets bool // it makes sense for a look-up as well
	run  func(x *exchange) bool
}

// scripts are all ways to spoil an exchange. What a script answers without asking the target was not done.
func scripts() []script {
	after := func(cut func(x *exchange, answer []byte)) func(*exchange) bool {
		return func(x *exchange) bool {
			answer, ok := x.read().forward()
			if ok {
				cut(x, answer)
			}
			return false
		}
	}
	all := []script{
		{"cut before the body", true, func(*exchange) bool { return false }},
		{"reset before the body", true, func(x *exchange) bool { x.reset(); return false }},
		{"cut in the body", false, func(x *exchange) bool { _, _ = io.CopyN(io.Discard, x.in, x.length/2); return false }},
		{"cut before the target", true, func(x *exchange) bool { x.read(); return false }},
		{"target gets half", false, func(x *exchange) bool { x.read().half(); return false }},
		{"done, no answer", true, after(func(*exchange, []byte) {})},
		{"done, reset", true, after(func(x *exchange, _ []byte) { x.reset() })},
		{"done, half-closed", true, after(func(x *exchange, _ []byte) { _ = x.client.CloseWrite(); pause(300 * time.Millisecond) })},
		{"done, cut in the status", true, after(func(x *exchange, a []byte) { x.say(a[:5]) })},
		{"done, cut in the headers", true, after(func(x *exchange, a []byte) { x.say(a[:bytes.Index(a, []byte("\r\n\r\n"))/2]) })},
		{"done, cut in the answer", true, after(func(x *exchange, a []byte) { x.say(a[:bytes.Index(a, []byte("\r\n\r\n"))+10]) })},
		{"done, answered, reset", true, after(func(x *exchange, a []byte) { x.say(a); x.reset() })},
		{"done, answered twice", false, func(x *exchange) bool {
			a, ok := x.read().forward()
			return ok && x.say(append(append([]byte{}, a...), bytes.Replace(a, []byte(`"id":"`), []byte(`"id":"WRONG-`), 1)...))
		}},
		{"slow to the target", true, func(x *exchange) bool { x.read(); pause(x.delay(700 * time.Millisecond)); return x.pass() }},
		{"slow answer", true, func(x *exchange) bool {
			a, ok := x.read().forward()
			pause(x.delay(700 * time.Millisecond))
			return ok && x.say(a)
		}},
		{"drip", true, func(x *exchange) bool {
			a, ok := x.read().forward()
			for i := range a {
				x.say(a[i : i+1])
				pause(time.Millisecond)
			}
			return ok
		}},
	}
	for name, text := range map[string]string{
		"garbage":        "\x00\x01\xff garbage",
		"a login page":   "<html><body><form action=/login></form></body></html>",
		"truncated JSON": `{"id":"ledg`,
		"nothing":        "",
		"JSON, no id":    `{"ok":true}`,
		"JSON null":      `null`,
		"a list":         `[1,2,3]`,
	} {
		all = append(all,
			script{"done, then 200 with " + name, true, func(x *exchange) bool { _, ok := x.read().forward(); return ok && x.answer(200, text) }},
			script{"not done, 200 with " + name, true, func(x *exchange) bool { x.read(); return x.answer(200, text) }})
	}
	for _, status := range []int{204, 302, 303, 500, 502, 504} {
		all = append(all, script{fmt.Sprint("done, then ", status), false, func(x *exchange) bool { _, ok := x.read().forward(); return ok && x.answer(status, "") }})
	}
	for _, status := range []int{204, 301, 302, 307, 308, 401, 500, 502, 503, 504} {
		all = append(all, script{fmt.Sprint("not done, ", status), true, func(x *exchange) bool { x.read(); return x.answer(status, "") }})
	}
	for _, wait := range []string{"1", "-5", "", "soon", "0", "Thu, 01 Jan 1970 00:00:00 GMT"} {
		all = append(all, script{"not done, 429 with " + wait, true, func(x *exchange) bool {
			x.read()
			return x.answer(429, "", "Retry-After: "+wait)
		}})
	}
	return all
}

func newProxy(t *testing.T, to *target, r *rand.Rand, count *tally, evil string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{t: t, addr: l.Addr().String(), target: to.addr, r: r, tally: count, evil: evil, seen: map[string][]time.Time{}}
	all := scripts()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c.(*net.TCPConn), all)
		}
	}()
	return p
}

func (p *proxy) url() string { return "http://" + p.addr }

// heal lets everything pass from now on.
func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.share = 0
}

func (p *proxy) serve(c *net.TCPConn, all []script) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		x := &exchange{p: p, client: c, in: in}
		if !x.readHead() {
			return
		}
		s := p.draw(all, x.get)
		if s == nil {
			if x.read(); !x.pass() {
				return
			}
			continue
		}
		p.tally.add("spoilt", 1)
		p.tally.add("by: "+s.name, 1)
		if !s.run(x) {
			return
		}
	}
}

// draw chooses a script, or none.
func (p *proxy) draw(all []script, get bool) *script {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.r.IntN(1000) >= p.share {
		return nil
	}
	for {
		s := &all[p.r.IntN(len(all))]
		if (!get || s.gets) && strings.Contains(s.name, p.only) {
			return s
		}
	}
}

func (x *exchange) readHead() bool {
	for {
		line, err := x.in.ReadBytes('\n')
		x.head = append(x.head, line...)
		if err != nil {
			return false
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	q, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(x.head)))
	if err != nil {
		return false
	}
	x.get, x.length = q.Method == http.MethodGet, max(q.ContentLength, 0)
	return true
}

// read takes the body and notes which write it is.
func (x *exchange) read() *exchange {
	x.body = make([]byte, x.length)
	if _, err := io.ReadFull(x.in, x.body); err != nil {
		return x
	}
	if i := bytes.Index(x.body, []byte(`"ref":"`)); i >= 0 {
		id, _, _ := strings.Cut(string(x.body[i+7:]), `"`)
		x.p.mu.Lock()
		x.p.seen[id] = append(x.p.seen[id], time.Now())
		x.p.mu.Unlock()
		x.p.tally.add("writes", 1)
	}
	return x
}

// forward asks the target and returns its whole answer.
func (x *exchange) forward() ([]byte, bool) {
	c, err := net.Dial("tcp", x.p.target)
	if err != nil {
		return nil, false
	}
	defer c.Close()
	if _, err := c.Write(append(append([]byte{}, x.head...), x.body...)); err != nil {
		return nil, false
	}
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return nil, false
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		return nil, false
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", a.StatusCode, http.StatusText(a.StatusCode), len(body), body), true
}

// half gives the target half of the body and hangs up.
func (x *exchange) half() {
	c, err := net.Dial("tcp", x.p.target)
	if err != nil {
		return
	}
	_, _ = c.Write(append(append([]byte{}, x.head...), x.body[:len(x.body)/2]...))
	_ = c.Close()
}

func (x *exchange) pass() bool {
	a, ok := x.forward()
	return ok && x.say(a)
}

func (x *exchange) say(b []byte) bool {
	_, err := x.client.Write(b)
	return err == nil
}

func (x *exchange) answer(status int, body string, header ...string) bool {
	if status/100 == 3 {
		header = append(header, "Location: "+x.p.evil)
	}
	lines := ""
	for _, h := range header {
		lines += h + "\r\n"
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	if status == http.StatusNoContent {
		length = ""
	}
	return x.say(fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n%s%s\r\n%s", status, http.StatusText(status), length, lines, body))
}

func (x *exchange) reset() {
	_ = x.client.SetLinger(0)
	_ = x.client.Close()
}

func (x *exchange) delay(most time.Duration) time.Duration {
	x.p.mu.Lock()
	defer x.p.mu.Unlock()
	return between(x.p.r, time.Millisecond, most)
}

func pause(d time.Duration) { time.Sleep(d) }

// replayed returns the writes that came again sooner than the hub itself ever repeats one: that was a transport.
func (p *proxy) replayed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for id, at := range p.seen {
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < 600*time.Millisecond {
				all = append(all, fmt.Sprintf("%s came again after %s", id, gap))
			}
		}
	}
	return all
}
