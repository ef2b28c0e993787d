package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/connectors"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines"
	"github.com/sihehub/sihe/pipelines/console"
	"github.com/sihehub/sihe/pipelines/store"
)

// adminFile is where a running hub writes the address of its admin listener, for the command line.
const adminFile = "admin.address"

// A house is a whole hub: bus, store, systems, runtime and the two listeners. It is the one place that knows every room.
type house struct {
	config *config.Config
	hub    *pipelines.Hub
	bus    sihe.Bus
	opened map[string]*connectors.Opened // by the system's name
	loaded atomic.Pointer[loaded]
	admin  net.Listener
	intake net.Listener
	server *http.Server // of admin
	close  []func() error

	reserve *durable.Reserve
	log     *slog.Logger
}

// build opens everything that the compiled files name. business is the clock of the native modules; the runtime's own
// clock is the real one. What it returns must be closed, also after Run.
func build(c *compiled, business func() time.Time, log *slog.Logger) (*house, error) {
	h := &house{config: c.config, opened: map[string]*connectors.Opened{}, log: log}
	if err := h.open(c, business, log); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *house) open(c *compiled, business func() time.Time, log *slog.Logger) error {
	if err := os.MkdirAll(c.config.Data, 0o700); err != nil {
		return sihe.Errorf(sihe.CodeStoreUnusable, "make the data folder: %w", err)
	}
	if err := checkFolder(c.config.Data); err != nil {
		return err
	}
	file, err := durable.Open(filepath.Join(c.config.Data, "hub.db"))
	if err != nil {
		return err
	}
	h.close = append(h.close, file.Close)
	s := store.Embed(file, store.Options{Now: time.Now, Retention: retention(c.config.Retention)})
	if h.bus, err = openBus(c.config, file, log); err != nil {
		return err
	}
	h.close = append(h.close, h.bus.Close)
	if err := keepPrefix(c.config, s); err != nil {
		return err
	}
	if h.reserve, err = durable.OpenReserve(c.config.Data, c.config.Reserve); err != nil {
		return err
	}
	o := pipelines.Options{
		Name: c.config.Name, Plan: c.plan, Catalog: c.catalog, Bus: h.bus, Store: s, Now: time.Now, Zone: c.config.Zone,
		Rand: random, Log: log, Failpoint: failpoint(), Room: h.reserve.Short, Tuning: pipelines.Tuning{Drain: drainWithin},
		Brake:  pipelines.Brake(c.config.Brake),
		Topics: pipelines.Topics{Partitions: c.config.Bus.Partitions, Replication: c.config.Bus.Replication, Retention: c.config.Retention.Canonical, Raw: c.config.Retention.Raw},
		Checks: checksOf(c.config.Checks),
	}
	apis, err := h.systems(c, &o, business, log)
	if err != nil {
		return err
	}
	if err := schedule(o.Jobs, c.config.Schedules); err != nil {
		return err
	}
	if h.hub, err = pipelines.New(o); err != nil {
		return err
	}
	h.loaded.Store(&loaded{compiled: c, at: time.Now()})
	return h.listen(c, apis, log)
}

// random is uniform in [0,n).
func random(n int64) int64 {
	v, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		return 0
	}
	return v.Int64()
}

// systems opens every system and adds it to the options; it returns the APIs of the native ones by system name.
func (h *house) systems(c *compiled, o *pipelines.Options, business func() time.Time, log *slog.Logger) (map[string]http.Handler, error) {
	apis := map[string]http.Handler{}
	var f sihe.Findings
	for _, s := range c.config.Systems {
		kind, ok := connectors.Find(s.Connector)
		if !ok {
			f = append(f, unknownConnector(s))
			continue
		}
		opened, err := kind.Open(c.spec(s, business, log), &f)
		if err != nil {
			return nil, err
		}
		if opened == nil {
			continue
		}
		h.close = append(h.close, opened.Connector.Close)
		h.opened[s.Name] = opened
		o.Systems = append(o.Systems, pipelines.System{
			Name: s.Name, Module: s.Module, Kind: s.Connector, Native: opened.Native, Connector: opened.Connector,
			Normalise: opened.Normalise, Limits: limitsOf(c.config.Limits[s.Name]), Every: s.Poll.Every, Schedule: timetableOf(s.Poll),
		})
		for _, j := range opened.Jobs {
			o.Jobs = append(o.Jobs, pipelines.Job{Name: j.Name, Schedule: j.Schedule, Do: j.Do})
		}
		if opened.API != nil {
			apis[s.Name] = opened.API
		}
	}
	return apis, f.Err()
}

// spec is what a connector is opened from.
func (c *compiled) spec(s config.System, business func() time.Time, log *slog.Logger) connectors.Spec {
	secrets := map[string]string{}
	for name, v := range s.Secrets {
		secrets[name] = v.Reveal()
	}
	return connectors.Spec{
		System: s.Name, Module: s.Module, At: s.At, Settings: s.Settings, Secrets: secrets, Files: c.folder,
		Data: c.config.Data, KeepEvents: c.config.Retention.Outbox, Catalog: c.catalog, Mappings: c.mappings, Now: business, Wall: time.Now, Zone: c.config.Zone,
		Log: log.With("system", s.Name),
	}
}

func unknownConnector(s config.System) sihe.Finding {
	return sihe.Finding{
		Severity: sihe.SeverityError, Code: sihe.CodeConfigValue, Path: config.File, Line: s.At.Line(), Column: s.At.Column(),
		Message: "system " + s.Name + ": there is no connector " + s.Connector, Suggestion: "connectors are " + join(connectorNames()),
	}
}

// listen opens the two listeners and writes the token and the address for the command line.
func (h *house) listen(c *compiled, apis map[string]http.Handler, log *slog.Logger) error {
	token, err := adminToken(c.config.Data)
	if err != nil {
		return err
	}
	if h.admin, err = listen(c.config.Admin, "hub.admin"); err != nil {
		return err
	}
	h.close = append(h.close, ignoreClosed(h.admin))
	if err := checkAdmin(h.admin.Addr()); err != nil {
		return err
	}
	if h.intake, err = listen(c.config.Intake, "hub.intake"); err != nil {
		return err
	}
	h.close = append(h.close, ignoreClosed(h.intake))
	h.server = console.Server(console.Options{Hub: h.hub, Catalog: c.catalog, APIs: apis, Token: token, Language: c.config.Language, Log: log, Config: h.shown})
	return replaceFile(filepath.Join(c.config.Data, adminFile), []byte(h.admin.Addr().String()))
}

func listen(address, key string) (net.Listener, error) {
	var l net.ListenConfig
	n, err := l.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, sihe.Permanent(sihe.Errorf(sihe.CodeConfigValue, "listen on %s (%s in hub.yaml): %w", address, key, err))
	}
	return n, nil
}

func ignoreClosed(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// adminToken returns the token of the admin API; the first start makes it, readable by its owner alone.
func adminToken(data string) (string, error) {
	path := filepath.Join(data, tokenFile)
	if err := checkSecret(path); err != nil {
		return "", err
	}
	b, err := os.ReadFile(filepath.Clean(path))
	switch token := strings.TrimSpace(string(b)); {
	case err == nil && len(token) < minToken:
		return "", sihe.Permanent(sihe.Errorf(sihe.CodeConfigInvalid, "read the admin token: %s has fewer than %d characters; remove it to get a new one", path, minToken))
	case err == nil:
		return token, nil
	case !errors.Is(err, os.ErrNotExist):
		return "", sihe.Permanent(sihe.Errorf(sihe.CodeConfigInvalid, "read the admin token: %w", err))
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	token := hex.EncodeToString(secret)
	return token, replaceFile(path, []byte(token))
}

// minToken is the shortest admin token that is taken: an empty file must not let everybody in.
const minToken = 32

// stopWithin is how long a hub that was told to stop lets what is under way finish; drainWithin is the part of it that
// calls of targets have.
const (
	stopWithin  = 9 * time.Second
	drainWithin = 8 * time.Second
)

// Run works until ctx ends, then lets what is under way finish. While it does, whoever comes is told to come again.
func (h *house) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go watchDisk(ctx, h.reserve, h.log)
	intake := h.hub.IntakeServer()
	ended := make(chan error, 3)
	go func() { ended <- served(h.server.Serve(h.admin)) }()
	go func() { ended <- served(intake.Serve(h.hub.LimitConnections(h.intake))) }()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ended <- h.hub.Run(ctx)
	}()
	var err error
	left := cap(ended)
	select {
	case err = <-ended:
		left--
	case <-ctx.Done():
	}
	stop()
	grace, end := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer end()
	select {
	case <-drained:
	case <-grace.Done():
		return errors.Join(err, sihe.Errorf(sihe.CodeStopping, "stop: calls were still under way after %s", stopWithin))
	}
	shutDown(grace, intake)
	shutDown(grace, h.server)
	for range left {
		err = errors.Join(err, <-ended)
	}
	return err
}

// shutDown lets requests finish as long as there is time. Those that do not were not acknowledged.
func shutDown(ctx context.Context, s *http.Server) {
	if s.Shutdown(ctx) != nil {
		_ = s.Close()
	}
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close closes everything that was opened, the last first.
func (h *house) Close() {
	for i := len(h.close) - 1; i >= 0; i-- {
		_ = h.close[i]() // nothing more can be done about it
	}
	if h.server != nil { // else the address, if there is one, is another process's
		_ = os.Remove(filepath.Join(h.config.Data, adminFile))
	}
}
