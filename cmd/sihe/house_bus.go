package main

import (
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
	return bus.OpenKafka(k)
}
