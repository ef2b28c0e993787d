//go:build bench

// Command bench measures a hub as its users meet it, and prints a table and, with -json, a file.
//
// The street is the real program in a process of its own, between a sender and a target in processes of their own, against
// a program by hand that maps and posts without keeping anything. The others measure the store, the trace and the bus alone.
//
//	go run -tags bench ./bench [-only bus,street,parked,trace,delivered] [-json results.json]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// Settings are the flags.
type settings struct {
	program   string // the hub's binary
	folder    string // for what is measured; removed afterwards
	rounds    int
	documents int // a round of the street
	inFlight  int // connections of the sender
	who       string
	delivered int // records in the store that is opened again
	traced    int // documents in the store that is traced in
	parked    int // documents that are parked and replayed
}

func main() {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	var err error
	switch role {
	case "target":
		err = runTarget()
	case "by-hand":
		err = runByHand(os.Args[2])
	default:
		err = measure()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure() error {
	var s settings
	flag.StringVar(&s.program, "program", "bin/sihe", "the hub's binary")
	flag.StringVar(&s.folder, "folder", os.TempDir(), "where the files lie that are measured; on the disk that you want to know about")
	flag.IntVar(&s.rounds, "rounds", 5, "of the street, each with every contestant")
	flag.IntVar(&s.documents, "documents", 6000, "of one round of the street")
	flag.IntVar(&s.inFlight, "connections", 64, "of the sender")
	flag.StringVar(&s.who, "who", "by hand,hub,by hand again", "who takes part in the street")
	flag.IntVar(&s.delivered, "delivered", 200_000, "records in the store that is opened again")
	flag.IntVar(&s.traced, "traced", 100_000, "documents in the store that is traced in")
	flag.IntVar(&s.parked, "parked", 100_000, "documents that are parked and replayed")
	only := flag.String("only", "bus,street,parked,trace,delivered", "what to measure, in this order")
	out := flag.String("json", "", "file for the results")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder, err := os.MkdirTemp(s.folder, "sihe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	r := newReport()
	for _, name := range strings.Split(*only, ",") {
		run, ok := benches[name]
		if !ok {
			return fmt.Errorf("there is no measurement %q", name)
		}
		at := filepath.Join(folder, name)
		if err := os.MkdirAll(at, 0o700); err != nil {
			return err
		}
		if err := errors.Join(run(ctx, s, at, r), os.RemoveAll(at)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return r.write(os.Stdout, *out)
}

// benches are the measurements by name.
var benches = map[string]func(ctx context.Context, s settings, folder string, r *report) error{
	"street": street, "parked": parked, "delivered": delivered, "trace": traced, "bus": embedded,
}
