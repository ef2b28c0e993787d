//go:build planted

package planted

// A bug is a mistake that somebody could make, planted as an exact text of one or more files and what replaces it.
type bug struct {
	name  string
	note  string // where the reference's bug has no counterpart here: what stands for it
	edits []edit
	in    string // the package whose tests are to find it
	run   string // which of them
}

type edit struct{ file, old, new string }

const simulation = "TestSimulation$"

func one(file, old, replacement string) []edit { return []edit{{file, old, replacement}} }

// runtimeBugs break the promises of the runtime; the simulation has to find them.
var runtimeBugs = []bug{
	{name: "ack before append", in: "pipelines", run: simulation, edits: []edit{
		{"pipelines/intake.go", "proof, err := h.o.Bus.Publish(ctx, messages...)", "late, proof, err := context.WithoutCancel(ctx), sihe.Synced(), error(nil)\n\tgo func() { _, _ = h.o.Bus.Publish(late, messages...) }()"},
	}},
	{name: "ack before sync", in: "pipelines", run: simulation, edits: []edit{
		{"pipelines/bus/publish.go", "\t_, err = e.db.Update(ctx, func(tx *durable.Tx) error {\n\t\tat := e.now().UnixMilli()", "\tgo e.db.Update(context.WithoutCancel(ctx), func(tx *durable.Tx) error {\n\t\tat := e.now().UnixMilli()"},
	}},
	{name: "cursor before append", in: "pipelines", run: simulation, edits: one("pipelines/poll.go",
		"\tproof, err := r.n.accept(ctx, records)\n\tif err != nil {\n\t\treturn err\n\t}\n",
		"\tr.cursor, r.proof, r.since = append(sihe.Cursor{}, c...), sihe.Synced(), 1\n\tif err := r.keep(ctx); err != nil {\n\t\treturn err\n\t}\n\tproof, err := r.n.accept(ctx, records)\n\tif err != nil {\n\t\treturn err\n\t}\n")},
	{name: "offset before record", in: "pipelines", run: simulation, edits: one("pipelines/claim.go",
		"\t\t\tproof, err := c.carry(ctx, p)\n", "\t\t\tc.window.done(p.slot, sihe.Synced())\n\t\t\tproof, err := c.carry(ctx, p)\n")},
	{name: "commit highest instead of contiguous offset", in: "pipelines", run: simulation, edits: one("pipelines/window.go",
		"for len(w.open) > 0 && w.open[0].done {", "for len(w.open) > 0 && w.open[0].offset <= s.offset {")},
	{name: `"seen" before success`, in: "pipelines", run: simulation, edits: one("pipelines/dedupe.go",
		"return d.State.Final() || d.Kept > 0 }", "return d.State.Final() || d.Kept > 0 || d.State == store.Writing }")},
	{name: "intent not synced before the call", in: "pipelines", run: simulation, edits: one("pipelines/deliver.go",
		"\trec, write, proof, again, err := d.intend(ctx, p, pl)\n\tif err != nil || again || !write {\n\t\tpass.unused(ctx)\n\t\treturn proof, again, err\n\t}\n\tout := d.attempt(ctx, p, pl, rec)\n",
		"\tout := d.attempt(ctx, p, pl, &store.Delivery{Part: p.part, ID: p.id})\n\trec, write, proof, again, err := d.intend(ctx, p, pl)\n\tif err != nil || again || !write {\n\t\tpass.unused(ctx)\n\t\treturn proof, again, err\n\t}\n")},
	{name: "timeout = failure", in: "pipelines", run: simulation, edits: one("pipelines/write.go",
		"if cutOff(ctx, err) && out.after == 0 {", "if false && cutOff(ctx, err) {")},
	{name: "timeout = success", in: "pipelines", run: simulation, edits: one("pipelines/write.go",
		"\t\tif cutOff(ctx, err) && out.after == 0 {\n\t\t\tout.to = store.Unknown\n", "\t\tif cutOff(ctx, err) && out.after == 0 {\n\t\t\tout.to = store.Delivered\n")},
	{name: "look-up by a non-unique key", note: "the key of a write is computed from the document instead of the event", in: "pipelines", run: simulation,
		edits: one("pipelines/try.go", "ID: sihe.EventID(p.Name, e.ID), Entity:", "ID: sihe.EventID(p.Name, e.Subject), Entity:")},
	{name: "retry overtakes same key", in: "pipelines", run: simulation, edits: []edit{
		{"pipelines/dedupe.go", "\tif held && !found {\n", "\tif held && !found && p.record.ID != \"\" {\n"},
		{"pipelines/dedupe.go", "\t\t_, held, err = tx.Lane(p.part, p.subject)\n\t\treturn err\n", "\t\treturn err\n"},
	}},
	{name: "parked key does not hold later ones", in: "pipelines", run: simulation, edits: []edit{
		{"pipelines/dedupe.go", "\t_, held, err := tx.Lane(p.part, p.subject)\n\tif err != nil {\n\t\treturn nil, outdated, err\n\t}\n", "\tl, held, err := tx.Lane(p.part, p.subject)\n\tif err != nil {\n\t\treturn nil, outdated, err\n\t}\n\theld = held && !l.Due.IsZero()\n"},
		{"pipelines/dedupe.go", "\t\t_, held, err = tx.Lane(p.part, p.subject)\n\t\treturn err\n", "\t\tl, _, err := tx.Lane(p.part, p.subject)\n\t\theld = !l.Due.IsZero()\n\t\treturn err\n"},
	}},
	{name: "wall clock in timers", in: "pipelines", run: simulation, edits: one("pipelines/doubts.go",
		"\treturn now.Sub(began)\n", "\treturn now.Round(0).Sub(rec.Since) + 0*now.Sub(began)\n")},
	{name: "bad record skipped", in: "pipelines", run: simulation, edits: one("pipelines/statement.go",
		"st.to, st.why = store.Parked, whyOf(err)", "st.to, st.why = store.Filtered, whyOf(err)")},
	{name: "retention gap accepted", in: "pipelines", run: simulation, edits: one("pipelines/claim.go",
		"\t\tif err != nil {\n\t\t\treturn gap(err)\n\t\t}\n", "\t\tif t := (sihe.ErrTrimmed{}); errors.As(err, &t) {\n\t\t\t_ = c.bus.Commit(ctx, t.First)\n\t\t\tpause(ctx, c.h.o.Tuning.FirstRetry)\n\t\t\tcontinue\n\t\t}\n\t\tif err != nil {\n\t\t\treturn gap(err)\n\t\t}\n")},
	{name: "mapping swapped mid-event", in: "pipelines", run: simulation, edits: one("pipelines/deliver.go",
		"\tout := d.attempt(ctx, p, pl, rec)\n", "\tif now, ok := d.h.deliverer(d.name()); ok {\n\t\tif x := now.plan(p); x.to == store.Writing {\n\t\t\tpl = x\n\t\t}\n\t}\n\tout := d.attempt(ctx, p, pl, rec)\n")},
	{name: "refresh token saved after use", note: "no connector refreshes tokens; what a normaliser has stated of a record is published, but not kept", in: "pipelines", run: simulation,
		edits: one("pipelines/statement.go", "return e, tx.SetStated(", "return e, (func(string, string, store.Stated) error { return nil })(")},
	{name: "brake counts after writing", in: "pipelines", run: simulation, edits: one("pipelines/brake.go",
		"if trip := t.exceeds(b, next, x); trip != nil {", "if trip := t.exceeds(b, tallied{next.records - 1, next.changed - 1, next.cancels - 1, next.amount.Sub(x.amount)}, x); trip != nil {")},
	{name: "tenant from the body", note: "there are no tenants; a system is believed about another module's documents", in: "pipelines", run: "TestUnpublishableRecordHoldsItsDocument|TestComparisonOfRecordsCascades|TestComparisonOfRecordsFindsNothing|TestComparisonOfRecordOutcomes|TestComparisonOfRecordsCountsTheLastState|TestComparisonOfRecordsThatWereNotPublished|TestComparisonOfRecordsUnderAnotherKeyOrName|TestComparisonKeepsWhatOthersWrote",
		edits: one("pipelines/fact.go", "\tif e.Module == o.Module {\n\t\treturn nil\n\t}\n", "\tif e.Module != \"\" {\n\t\treturn nil\n\t}\n")},
	{name: "audit row in its own transaction", in: "pipelines", run: "TestAudit", edits: one("pipelines/park.go",
		"\t\t\t\tif err := by.audit(tx, action, d.Pipeline+\"/\"+d.ID); err != nil {\n\t\t\t\t\treturn nil, err\n\t\t\t\t}\n\t\t\t\tparts, err := do(tx, d)\n",
		"\t\t\t\tgo h.update(ctx, func(tx *store.Tx) ([]store.Part, error) { return nil, by.audit(tx, action, d.Pipeline+\"/\"+d.ID) })\n\t\t\t\tparts, err := do(tx, d)\n")},
	{name: "two refreshers", note: "no connector refreshes tokens; a half-open breaker lets more than one call through", in: "pipelines", run: "Breaker|HalfOpen",
		edits: one("pipelines/breaker.go", "\tcase b.state == breakerHalfOpen && !b.trial:\n\t\tb.trial = true\n", "\tcase b.state == breakerHalfOpen:\n\t\tb.trial = true\n")},
}

// otherBugs lie where the simulation does not reach; a test of their own has to find each.
var otherBugs = []bug{
	{name: "dedupe check outside the transaction", in: "connectors/native/finance", run: "TestSameWriteInParallel", edits: one("connectors/native/write.go",
		"\tvar receipt sihe.Receipt\n\terr = m.change(ctx, c, func(t *Tx) error {\n\t\tfirst, applied, err := appliedReceipt(t.d, w.ID)\n",
		"\tvar receipt, first sihe.Receipt\n\tvar applied bool\n\t_ = m.change(ctx, c, func(t *Tx) error {\n\t\tfirst, applied, err = appliedReceipt(t.d, w.ID)\n\t\treturn err\n\t})\n\terr = m.change(ctx, c, func(t *Tx) error {\n")},
	{name: "overlap window off", in: "connectors/rest", run: ".", edits: one("connectors/rest/read.go",
		"return t.Add(-d.Overlap).UTC()", "return t.UTC()")},
	{name: "fsync error ignored", in: "durable", run: ".", edits: one("durable/commit.go",
		"\tdb.failed.CompareAndSwap(nil, &err)\n", "")},
	{name: "rename without directory sync", in: "durable", run: ".", edits: one("durable/open.go",
		"\tif err == nil {\n\t\terr = syncFolder(path)\n\t}\n\tif err != nil {\n\t\treturn unusable(\"create \"+path, err)\n\t}\n", "\tif err != nil {\n\t\treturn unusable(\"create \"+path, err)\n\t}\n")},
	{name: "balance checked only before write", note: "a draft is checked when it is made, and not when it is posted", in: "connectors/native/finance", run: ".", edits: []edit{
		{"connectors/native/finance/ledger.go", "\tif err := checkLines(d); err != nil {\n\t\treturn err\n\t}\n\tif err := b.choosePeriod(tx, d); err != nil {", "\tif err := b.choosePeriod(tx, d); err != nil {"},
		{"connectors/native/finance/ledger.go", "\tif err := balanced(d); err != nil {\n\t\treturn err\n\t}\n\treturn b.noteReceived(tx, d)", "\treturn b.noteReceived(tx, d)"},
	}},
	{name: "period-close race", note: "the period is looked at when the entry is made, not in the transaction that posts it", in: "connectors/native/finance", run: ".", edits: []edit{
		{"connectors/native/finance/ledger.go", "\tif err := b.choosePeriod(tx, d); err != nil {\n\t\treturn err\n\t}\n", ""},
		{"connectors/native/finance/ledger.go", "\td.Set(\"prepared_by\", tx.Actor())\n", "\td.Set(\"prepared_by\", tx.Actor())\n\tif err := b.choosePeriod(tx, d); err != nil {\n\t\treturn err\n\t}\n"},
	}},
	{name: "stock check outside the transaction", note: "what others have reserved is not seen, and the level is changed without a condition", in: "connectors/native/erp", run: ".", edits: []edit{
		{"connectors/native/erp/level.go", "return s.onHand.Sub(s.reserved).Sub(s.blocked) }", "return s.onHand.Sub(s.blocked) }"},
		{"connectors/native/erp/level.go", "if onHand.Sign() < 0 || reserved.Sign() < 0 || reserved.Cmp(onHand.Sub(blocked)) > 0 {", "if false {"},
	}},
	{name: "redaction misses URL query", in: "connectors/rest", run: ".", edits: one("connectors/rest/call.go",
		"\tif errors.As(err, &u) {\n\t\treturn u.Err\n\t}\n", "\tif errors.As(err, &u) && u.Op == \"\" {\n\t\treturn u.Err\n\t}\n")},
	{name: "`..` as an id", in: "connectors/rest", run: ".", edits: one("connectors/rest/call.go",
		`v == "" || v == "." || v == ".." || strings`, `v == "" || v == "." || strings`)},
}
