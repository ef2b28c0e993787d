package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/config"
	"github.com/sihehub/sihe/durable"
	"github.com/sihehub/sihe/pipelines/bus"
	"github.com/sihehub/sihe/pipelines/store"
)

// openBus opens the body of the bus that hub.yaml names: the embedded one, or a Kafka cluster. The embedded one lies in the
// store's file, so that one sync serves both; where a hub of before has left it in a file of its own, it stays there.
func openBus(c *config.Config, file *durable.DB, log *slog.Logger) (sihe.Bus, error) {
	if len(c.Bus.Brokers) == 0 {
		own := filepath.Join(c.Data, "bus.db")
		if _, err := os.Stat(own); err == nil {
			return bus.OpenEmbedded(own, time.Now)
		}
		return bus.Embed(file, time.Now)
	}
	k := bus.KafkaConfig{
		Brokers: c.Bus.Brokers, ClientID: "sihe-" + c.Name, Replication: c.Bus.Replication, Now: time.Now,
		Report: func(err error) {
			log.Warn("the bus got over it", "code", string(sihe.CodeOf(err)), "error", err.Error())
		},
	}
	if c.Bus.Mechanism != "" {
		k.SASL = &bus.SASL{Mechanism: c.Bus.Mechanism, User: c.Bus.User, Password: c.Bus.Password.Reveal()}
	}
	if c.Bus.TLS {
		k.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		if c.Bus.CAFile != "" {
			pem, err := os.ReadFile(c.Bus.CAFile)
			if err != nil {
				return nil, sihe.Permanent(sihe.Errorf(sihe.CodeConfigValue, "read bus.kafka.ca_file: %w", err))
			}
			k.TLS.RootCAs = x509.NewCertPool()
			if !k.TLS.RootCAs.AppendCertsFromPEM(pem) {
				return nil, sihe.Permanent(sihe.Errorf(sihe.CodeConfigValue, "read bus.kafka.ca_file %s: it has no certificate", c.Bus.CAFile))
			}
		}
	}
	b, err := bus.OpenKafka(k)
	if err != nil {
		return nil, err
	}
	return bus.WithPrefix(b, c.Bus.Prefix), nil
}

// keepPrefix refuses to let a hub begin anew, without a word, on topics of another name than those that hold its messages.
func keepPrefix(c *config.Config, s *store.Store) error {
	if len(c.Bus.Brokers) == 0 {
		return nil
	}
	_, err := s.Update(context.Background(), func(tx *store.Tx) error {
		was, err := tx.BusPrefix()
		if err != nil {
			return err
		}
		if was == "" {
			if was, err = oldPrefix(c, tx); err != nil {
				return err
			}
		}
		if was != "" && was != c.Bus.Prefix {
			return sihe.Permanent(sihe.Errorf(sihe.CodeBusPrefixChanged, "open the bus: hub.yaml names its topics %s.*, but those of this hub are %s.*; write bus: {kafka: {prefix: %s, …}}", c.Bus.Prefix, was, was))
		}
		return tx.SetBusPrefix(c.Bus.Prefix)
	})
	return err
}

// oldPrefix returns what the topics began with before there was a choice; empty for a hub that has had none on a cluster.
func oldPrefix(c *config.Config, tx *store.Tx) (string, error) {
	last, err := tx.LastActivity()
	if err != nil || last == 0 {
		return "", err
	}
	embedded, err := tx.Embedded()
	if _, missing := os.Stat(filepath.Join(c.Data, "bus.db")); err != nil || embedded || missing == nil {
		return "", err
	}
	return bus.OwnPrefix, nil
}
