#!/usr/bin/env bash
# Sends one order to the hub as the shop would, signed by Standard Webhooks: HMAC-SHA256 over "<id>.<timestamp>.<body>".
set -euo pipefail
secret=${SHOP_WEBHOOK_SECRET:?set it to the secret that the hub was started with}
order=${1:-1001}
id=msg_$order
stamp=$(date +%s)
body='{"type":"order.created","data":{"id":"'$order'","created_at":"2026-03-05T02:00:00Z","customer":"C001","address":"Shanghai","currency":"CNY","items":[{"sku":"P-GP30","quantity":2,"price":"2599.00","vat":"0.13"}]}}'
key=$(printf %s "${secret#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
signature=$(printf %s "$id.$stamp.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
curl -sS -i -X POST "http://${HUB:-127.0.0.1:8686}/in/shop" \
  -H 'Content-Type: application/json' -H "webhook-id: $id" -H "webhook-timestamp: $stamp" -H "webhook-signature: v1,$signature" \
  --data-binary "$body"
echo
