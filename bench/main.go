//go:build bench

// Command bench measures a hub as its users meet it, and prints a table and, with -json, a file.
//
// The street is the real program in a process of its own, between a sender and a target in processes of their own, against
// a program by hand that maps and posts without keeping anything. The others measure the store, the trace and the bus alone.
//
//	go run -tags bench ./bench [-only street] [-json results.json]
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
	only := flag.String("only", "street", "what to measure, in this order")
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
	"street": street,
}
