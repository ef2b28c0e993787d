//go:build bench

package main

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// runByHand is the yardstick: the same job in net/http, with nothing kept. It checks the signature, maps the order, posts it
// and answers when the target has.
func runByHand(url string) error {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	client := &http.Client{Transport: transport}
	return serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h := r.Header
		want := "v1," + sign(h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
		if err != nil || !hmac.Equal([]byte(want), []byte(h.Get("webhook-signature"))) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var in struct {
			Type string    `json:"type"`
			Data shopOrder `json:"data"`
		}
		if err := json.Unmarshal(body, &in); err != nil || in.Type != "order.created" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		out, err := mapOrder(&in.Data, zone)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		raw, err := json.Marshal(out)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer, err := client.Post(url+"/orders", "application/json", bytes.NewReader(raw))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var made struct {
			OrderNo string `json:"order_no"`
		}
		err = json.NewDecoder(answer.Body).Decode(&made)
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusCreated || made.OrderNo == "" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
}
