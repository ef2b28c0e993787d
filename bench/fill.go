//go:build bench

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// fillBatch is how many records a transaction writes.
const fillBatch = 20_000

// fill writes records into the store of a hub that does not run.
func fill(ctx context.Context, folder string, n int, put func(tx *store.Tx, i int) error) error {
	data := filepath.Join(folder, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	db, err := durable.Open(filepath.Join(data, "hub.db"))
	if err != nil {
		return err
	}
	s := store.Embed(db, store.Options{Now: time.Now})
	began := time.Now()
	for from := 0; from < n; from += fillBatch {
		_, err := s.Update(ctx, func(tx *store.Tx) error {
			for i := from; i < min(n, from+fillBatch); i++ {
				if err := put(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if done := from + fillBatch; done%1_000_000 == 0 {
			fmt.Fprintf(os.Stderr, "%d records after %s, %d MB\n", done, time.Since(began).Round(time.Second), db.Size()>>20)
		}
	}
	return db.Close()
}

// old is a delivery of an order that came before. Ids rise, so that a large store is written in order.
func old(i int) *store.Delivery {
	key := fmt.Sprintf("OLD-%09d", i)
	amount := sihe.NewDecimal(int64(100_000+i%900_000), -2)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond)
	return &store.Delivery{
		Part: store.Part{Pipeline: "order-to-works", Partition: bus.PartitionOf([]byte(key), 8)}, ID: fmt.Sprintf("%032x", i), Topic: "sihe.crm.crm_order",
		Offset: int64(i), System: "shop", Entity: "crm.crm_order", Subject: key, Name: "placed", Version: 1, Time: at, Chain: key, Hops: 1,
		Day: at.Format(time.DateOnly), Amount: &amount, Currency: "CNY",
		Target: &store.Target{System: "works", Module: "erp", Entity: "erp.sales_order", Do: sihe.DoCreate},
	}
}

// order is the event of an old delivery, with one line.
func order(d *store.Delivery) sihe.Event {
	gross := d.Amount.String()
	return sihe.Event{
		ID: d.ID, Source: "/shop", Type: "crm.crm_order.placed", Subject: d.Subject, Time: d.Time, Version: 1, CorrelationID: d.Chain,
		Data: fmt.Appendf(nil, `{"order_no":%q,"revision":1,"customer":"C001","order_date":"2026-03-05","ship_to":"Wuhan","currency":"CNY",`+
			`"lines":[{"line_no":1,"item":"P-CP200","quantity":"1","unit_price":"%s","tax_rate":"0","gross":"%s","net":"%s","tax":"0.00"}],`+
			`"gross_total":"%s","net_total":"%s","tax_total":"0.00","state":"placed","version":1}`, d.Subject, gross, gross, gross, gross, gross),
	}
}
