package pipelines

import "testing/fstest"

var productMappings = fstest.MapFS{
	"shop.yaml": {Data: []byte(`
mapping: shop-order
from: shop/order
to: crm.deal
fields:
  deal_no: no
  amount: total
  rank: rank
  erp_status: status
`)},
}
