//go:build bench

package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// An arrival is one document as the target got it.
type arrival struct {
	At   int64           `json:"at"` // nanoseconds of the wall clock
	Body json.RawMessage `json:"body"`
}

// A target takes documents, one answer each, and keeps what came.
type target struct {
	made  atomic.Int64
	mu    sync.Mutex
	since []arrival
}

// runTarget serves until its input ends, and says its address first.
func runTarget() error {
	t := &target{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", t.take)
	mux.HandleFunc("GET /arrived", func(w http.ResponseWriter, _ *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		_ = binary.Write(w, binary.LittleEndian, int64(len(t.since)))
	})
	mux.HandleFunc("POST /collect", func(w http.ResponseWriter, _ *http.Request) {
		t.mu.Lock()
		all := t.since
		t.since = nil
		t.mu.Unlock()
		_ = json.NewEncoder(w).Encode(all)
	})
	return serve(mux)
}

func (t *target) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	at := time.Now().UnixNano()
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	t.since = append(t.since, arrival{at, body})
	t.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"order_no":"SO-%08d"}`, t.made.Add(1))
}

// serve prints its address, and works until standard input ends.
func serve(h http.Handler) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	s := &http.Server{Handler: h}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = s.Close()
	}()
	if err := s.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}
