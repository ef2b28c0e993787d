#!/usr/bin/env bash
# Enters what an order needs: a customer with credit, and an item on stock.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
token=$(cat "$here/data/admin.token")
api() { curl -sS --fail-with-body -X POST "http://${ADMIN:-127.0.0.1:8687}/api/$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -H "Idempotency-Key: setup:$1:$2" -d "$3"; echo; }
api oa/employee 1 '{"employee_no":"E001","name":"Wang Min","position":"sales"}'
api oa/employee 2 '{"employee_no":"E002","name":"Li Qiang","position":"sales_manager"}'
api oa/employee 4 '{"employee_no":"E004","name":"Zhou Hui","position":"finance_director"}'
api erp/warehouse 1 '{"warehouse_no":"WH-FG","name":"Finished goods","kind":"finished"}'
api erp/item 1 '{"item_no":"P-GP30","name":"Gear pump","item_class":"finished","procurement":"none","sale_price":"2599.00","standard_cost":"1175.00","warehouse":"WH-FG","valuation_class":"finished"}'
api erp/stock_move 1 '{"move_type":"opening","item":"P-GP30","from_location":"opening","to_location":"WH-FG","quantity":"6","value":"7050.00"}'
api erp/stock_move/SM-$(date +%Y)-000001/post 1 '{}'
api finance/jobs/load-chart 1 '{}'
api crm/party 1 '{"name":"East China Water","owner":"E001"}'
api crm/party/C001/activate 1 '{}'
for _ in $(seq 50); do curl -sf -o /dev/null "http://${ADMIN:-127.0.0.1:8687}/api/finance/credit/C001" -H "Authorization: Bearer $token" && break; sleep 0.1; done
api finance/credit/C001/set_limit 1 '{"limit":"100000.00"}'
