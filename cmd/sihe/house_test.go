package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/store"
)

// shopSecret signs the shop's webhooks in tests.
const shopSecret = "whsec_c2loZS1zaG9wLXRlc3Qtc2VjcmV0LTMyLWJ5dGVzIQ=="

// A running is a whole hub in this process, over real files and real HTTP.
type running struct {
	t      *testing.T
	dir    string
	house  *house
	client *client
	stop   func()
}

// layShop copies the shop example into a folder of the test's own, with ports that the system chooses.
func layShop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	shop := os.DirFS(filepath.Join("..", "..", "examples", "shop"))
	err := fs.WalkDir(shop, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if path == "data" {
				return fs.SkipDir
			}
			return errors.Join(err, os.MkdirAll(filepath.Join(dir, path), 0o750))
		}
		b, err := fs.ReadFile(shop, path)
		if err != nil {
			return err
		}
		b = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAll(b, []byte("127.0.0.1:0"))
		return os.WriteFile(filepath.Join(dir, path), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// startShop runs the shop example in this process, with the secret in the environment.
func startShop(t *testing.T) *running {
	t.Helper()
	t.Setenv("SHOP_WEBHOOK_SECRET", shopSecret)
	return startHub(t, layShop(t))
}

// startHub runs the hub of dir until the test ends or stop is called; it must then end without an error.
func startHub(t *testing.T, dir string) *running {
	t.Helper()
	var f sihe.Findings
	c := compile(dir, &f)
	if f.Failed() {
		t.Fatal(f.Err())
	}
	return serveHub(t, dir, c)
}

func serveHub(t *testing.T, dir string, c *compiled) *running {
	t.Helper()
	h, err := build(c, time.Now, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	r := &running{t: t, dir: dir, house: h}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("the hub ended with %v", err)
		}
		h.Close()
	}
	t.Cleanup(r.stop)
	if r.client, err = newClient(c.config.Data, "en"); err != nil {
		t.Fatal(err)
	}
	return r
}

// post makes one call of the JSON API that must succeed.
func (r *running) post(path, body string) {
	r.t.Helper()
	err := r.client.do(r.t.Context(), request{method: http.MethodPost, path: path, body: json.RawMessage(body), key: path + body}, nil)
	if err != nil {
		r.t.Fatalf("POST %s: %v", path, err)
	}
}

// get reads from the admin API.
func (r *running) get(path string, out any) {
	r.t.Helper()
	if err := r.client.do(r.t.Context(), request{method: http.MethodGet, path: path}, out); err != nil {
		r.t.Fatalf("GET %s: %v", path, err)
	}
}

// found returns what a list of the JSON API finds.
func (r *running) found(path string) []map[string]any {
	r.t.Helper()
	var page struct {
		Items []map[string]any `json:"items"`
	}
	r.get(path, &page)
	return page.Items
}

// all returns every document of a kind.
func (r *running) all(path string) (all []map[string]any) {
	r.t.Helper()
	for q := (url.Values{"limit": {"200"}}); ; {
		var page struct {
			Items []map[string]any `json:"items"`
			Next  string           `json:"next"`
		}
		r.get(path+"?"+q.Encode(), &page)
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		q.Set("after", page.Next)
	}
}

// eventually polls until there is nothing wrong any more.
func (r *running) eventually(wrong func() string) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		w := wrong()
		if w == "" {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatal(w)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// settle waits until every street has carried what there is; what waits, or is parked, stays.
func (r *running) settle() pipelines.Status {
	r.t.Helper()
	var s pipelines.Status
	quiet := 0
	r.eventually(func() string {
		s = pipelines.Status{}
		r.get("/hub/status", &s)
		for _, x := range s.Streets {
			if x.Lag != 0 || x.States[store.Writing] != 0 || x.States[store.Retrying] != 0 {
				quiet = 0
				return x.Name + " is still at work"
			}
		}
		if quiet++; quiet < 3 {
			return "it has only just become quiet"
		}
		return ""
	})
	return s
}

// street returns one street of a status.
func street(t *testing.T, s pipelines.Status, name string) pipelines.StreetStatus {
	t.Helper()
	for _, x := range s.Streets {
		if x.Name == name {
			return x
		}
	}
	t.Fatalf("there is no street %s", name)
	return pipelines.StreetStatus{}
}

// sihe runs one command line against the hub, as a user would, and returns its exit code and output.
func (r *running) sihe(args ...string) (code int, out, errOut string) {
	r.t.Helper()
	var o, e bytes.Buffer
	code = execute(r.t.Context(), append([]string{"-C", r.dir, "--lang", "en"}, args...), &o, &e, func(string) string { return "" })
	return code, o.String(), e.String()
}

// enterMasters enters what the shop's orders need: a customer with credit, and an item on stock.
func (r *running) enterMasters() {
	r.t.Helper()
	r.post("/api/oa/employee", `{"employee_no":"E001","name":"Wang Min","position":"sales"}`)
	r.post("/api/oa/employee", `{"employee_no":"E002","name":"Li Qiang","position":"sales_manager"}`)
	r.post("/api/oa/employee", `{"employee_no":"E004","name":"Zhou Hui","position":"finance_director"}`)
	r.post("/api/erp/warehouse", `{"warehouse_no":"WH-FG","name":"Finished goods","kind":"finished"}`)
	r.post("/api/erp/item", `{"item_no":"P-GP30","name":"Gear pump","item_class":"finished","procurement":"none","sale_price":"2599.00","standard_cost":"1175.00","warehouse":"WH-FG","valuation_class":"finished"}`)
	r.post("/api/erp/stock_move", `{"move_type":"opening","item":"P-GP30","from_location":"opening","to_location":"WH-FG","quantity":"6","value":"7050.00"}`)
	moves := r.found("/api/erp/stock_move")
	r.post("/api/erp/stock_move/"+scalar(moves[0]["move_no"])+"/post", `{}`)
	r.post("/api/finance/jobs/load-chart", `{}`)
	r.enterCustomer("C001", "East China Water")
}

// enterCustomer makes the customer that the system numbers next, and gives it credit.
func (r *running) enterCustomer(no, name string) {
	r.t.Helper()
	r.post("/api/crm/party", `{"name":"`+name+`","owner":"E001"}`)
	r.post("/api/crm/party/"+no+"/activate", `{}`)
	r.eventually(func() string {
		err := r.client.do(r.t.Context(), request{method: http.MethodGet, path: "/api/finance/credit/" + no}, nil)
		if err != nil {
			return err.Error()
		}
		return ""
	})
	r.post("/api/finance/credit/"+no+"/set_limit", `{"limit":"1000000.00"}`)
}

// rawEnd returns how many records the shop has had appended.
func (r *running) rawEnd() (n int64) {
	r.t.Helper()
	spans, err := r.house.bus.Offsets(r.t.Context(), pipelines.RawTopic("shop"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, s := range spans {
		n += s.Next
	}
	return n
}

// facts returns the names of the events about one document, in order.
func (r *running) facts(entity, key string) (names []string) {
	r.t.Helper()
	topic := pipelines.CanonicalTopic(entity)
	spans, err := r.house.bus.Offsets(r.t.Context(), topic)
	if err != nil {
		r.t.Fatal(err)
	}
	for p, s := range spans {
		for at := s.First; at < s.Next; {
			messages, err := r.house.bus.Read(r.t.Context(), sihe.Position{Topic: topic, Partition: p, Offset: at}, 100)
			if err != nil {
				r.t.Fatal(err)
			}
			for _, m := range messages {
				at = m.Offset + 1
				if e, err := sihe.ReadEvent(m); err == nil && e.Subject == key {
					names = append(names, strings.TrimPrefix(e.Type, entity+"."))
				}
			}
		}
	}
	return names
}
