package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/pipelines/store"
)

// A Dossier is everything that the hub knows about a document and its chain. It stands alone: whoever reads it needs no hub.
type Dossier struct {
	Format    string             `json:"format"` // "sihe-dossier/1"
	Hub       string             `json:"hub"`
	At        time.Time          `json:"at"`
	Zone      string             `json:"zone"` // of the hub's days
	Trace     Trace              `json:"trace"`
	Documents []Document         `json:"documents"` // as their owners last stated them
	Events    []DossierEvent     `json:"events"`    // in the order of the trace
	Edits     []DossierEdits     `json:"edits"`     // payloads that persons have changed
	Audit     []store.Audit      `json:"audit"`     // rows about these deliveries and documents
	Chain     AuditChain         `json:"audit_chain"`
	Codes     map[string]Meaning `json:"codes"` // every code that occurs
	// SHA256 is that of the dossier as JSON without blanks while this field is empty.
	SHA256 string `json:"sha256"`
}

// A DossierEvent is one event with its payload, as the bus has it; Missing when it is no longer kept there.
type DossierEvent struct {
	ID            string          `json:"id"`
	Type          string          `json:"type"`
	Source        string          `json:"source"`
	Subject       string          `json:"subject"`
	Version       int64           `json:"version"`
	Time          time.Time       `json:"time"`
	CorrelationID string          `json:"correlation_id,omitempty"`
	CausationID   string          `json:"causation_id,omitempty"`
	Topic         string          `json:"topic"`
	Partition     int             `json:"partition"`
	Offset        int64           `json:"offset"`
	Data          json.RawMessage `json:"data,omitempty"`
	SHA256        string          `json:"sha256,omitempty"` // of the payload's bytes on the bus
	Missing       bool            `json:"missing,omitempty"`
}

// DossierEdits are the changes of one delivery's payload by persons.
type DossierEdits struct {
	Pipeline string `json:"pipeline"`
	ID       string `json:"id"`
	store.Edits
}

// A Meaning is what a code says in both languages.
type Meaning struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Dossier collects it. Intents are in it: what was sent, word for word.
func (h *Hub) Dossier(ctx context.Context, key string) (*Dossier, error) {
	t, err := h.trace(key)
	if err != nil {
		return nil, err
	}
	d := &Dossier{
		Format: "sihe-dossier/1", Hub: h.o.Name, At: h.o.Now().UTC(), Zone: h.o.Zone.String(), Trace: t,
		Documents: []Document{}, Events: []DossierEvent{}, Edits: []DossierEdits{}, Audit: []store.Audit{}, Codes: map[string]Meaning{},
	}
	for _, step := range []func() error{
		func() error { return h.addDocuments(d) },
		func() error { return h.addEvents(ctx, d) },
		func() error { return h.addEdits(d) },
		func() error { return h.addAudit(ctx, d) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	d.explain()
	d.SHA256, err = d.Sum()
	return d, err
}

// Sum computes the dossier's hash. It is not that of a dossier whose SHA256 says otherwise: somebody has changed it.
func (d *Dossier) Sum() (string, error) {
	c := *d
	c.SHA256 = ""
	b, err := json.Marshal(c)
	if err != nil {
		return "", sihe.Errorf(sihe.CodeInternal, "write the dossier: %w", err)
	}
	return sha256Of(b), nil
}

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (h *Hub) addDocuments(d *Dossier) error {
	return h.o.Store.View(func(tx *store.Tx) error {
		d.Documents = d.Documents[:0]
		for _, x := range d.Trace.Documents {
			doc, found, err := tx.Document(x.Entity, x.Key)
			if err != nil {
				return err
			}
			if found {
				one := h.document(doc)
				one.Data = doc.Data
				d.Documents = append(d.Documents, one)
			}
		}
		return nil
	})
}

// addEvents reads the payloads on the bus, where the trace says that they are.
func (h *Hub) addEvents(ctx context.Context, d *Dossier) error {
	partitions := map[string]int{}
	for _, l := range d.Trace.Lines {
		s := l.Step
		if s == nil {
			continue
		}
		n, known := partitions[s.Topic]
		if !known {
			spans, err := h.o.Bus.Offsets(ctx, s.Topic)
			if err != nil {
				return err
			}
			n = len(spans)
			partitions[s.Topic] = n
		}
		e := DossierEvent{
			ID: s.ID, Type: s.Entity + "." + s.Name, Source: sourceOf(s.System), Subject: s.Key, Version: s.Version, Time: s.Time, CorrelationID: s.Chain,
			CausationID: s.Cause, Topic: s.Topic, Partition: partitionOf(s.Key, max(1, n)), Offset: s.Offset, Missing: true,
		}
		messages, err := h.o.Bus.Read(ctx, sihe.Position{Topic: e.Topic, Partition: e.Partition, Offset: e.Offset}, 1)
		if err == nil && len(messages) == 1 {
			if read, bad := sihe.ReadEvent(messages[0]); bad == nil && read.ID == s.ID {
				e.Missing, e.SHA256 = false, sha256Of(read.Data)
				if json.Valid(read.Data) {
					e.Data = read.Data
				}
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.Events = append(d.Events, e) // one that retention took is missing, and said to be
	}
	return nil
}

func (h *Hub) addEdits(d *Dossier) error {
	return h.o.Store.View(func(tx *store.Tx) error {
		d.Edits = d.Edits[:0]
		for _, l := range d.Trace.Lines {
			if l.Delivery == nil {
				continue
			}
			edits, found, err := tx.Edits(l.Delivery)
			if err != nil {
				return err
			}
			if found {
				d.Edits = append(d.Edits, DossierEdits{Pipeline: l.Delivery.Pipeline, ID: l.Delivery.ID, Edits: edits})
			}
		}
		return nil
	})
}

// auditPage bounds one look at the audit trail, so that none keeps the store from giving room back.
const auditPage = 5000

// addAudit takes the rows about the deliveries, the events and the links of the dossier.
func (h *Hub) addAudit(ctx context.Context, d *Dossier) error {
	about := map[string]bool{}
	for _, l := range d.Trace.Lines {
		if x := l.Delivery; x != nil {
			about[x.Pipeline+"/"+x.ID] = true
		}
	}
	for _, doc := range d.Trace.Documents {
		about[doc.Entity+"/"+doc.Key] = true
		for _, own := range doc.Own {
			about[own.System+"/"+own.Entity+"/"+own.Canonical] = true
		}
	}
	for from := uint64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, err := h.Audit(from, auditPage)
		if err != nil {
			return err
		}
		for _, a := range rows {
			object, _, _ := strings.Cut(a.Object, "=") // of a link: what it was changed to
			_, document, _ := strings.Cut(object, "/") // of a link: without the system
			if about[object] || about[document] {
				d.Audit = append(d.Audit, a)
			}
		}
		if len(rows) < auditPage {
			break
		}
		from = rows[len(rows)-1].Seq + 1
	}
	var err error
	d.Chain, err = h.VerifyAudit(0, "")
	return err
}

// explain says what every code in the dossier means.
func (d *Dossier) explain() {
	say := func(c sihe.Code) {
		if x, ok := sihe.Explain(c); ok {
			d.Codes[string(c)] = Meaning{x.En, x.Zh}
		}
	}
	for _, l := range d.Trace.Lines {
		if l.Delivery == nil {
			continue
		}
		say(l.Delivery.Code)
		for _, c := range l.Delivery.History {
			say(c.Code)
		}
	}
}
