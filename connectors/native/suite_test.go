package native_test

import (
	"fmt"
	"testing"

	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/connectors/connectortest"
	"github.com/sihehub/sihe/connectors/native"
)

func TestConnector(t *testing.T) {
	connectortest.Run(t, connectortest.Subject{New: func(t *testing.T) connectortest.System {
		o := fixture(t)
		m := open(t, o)
		want(t, 201, m, "POST", "/supplier", `{"name":"Acme"}`)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		return connectortest.System{
			Open: func(t *testing.T) sihe.Connector { return open(t, o) },
			Happen: func(t *testing.T, c sihe.Connector, n int) {
				w := sihe.Write{
					ID: fmt.Sprint("happen-", n), Entity: "erp.supplier", Do: sihe.DoCreate, Writer: "erp",
					Data: fmt.Appendf(nil, `{"name":"supplier %d"}`, n),
				}
				if _, err := c.(sihe.Sink).Write(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			},
			Create: func(n int) sihe.Write {
				return sihe.Write{
					Entity: "erp.purchase_order", Do: sihe.DoCreate, Writer: "crm",
					Data: fmt.Appendf(nil, `{"supplier":"S001","note":"order %d"}`, n),
				}
			},
			Count: func(t *testing.T, c sihe.Connector) int {
				r := want(t, 200, c.(*native.Module), "GET", "/purchase_order?limit=500", "")
				return len(r.body["items"].([]any))
			},
			Update: func(key string, version int64, n int) sihe.Write {
				return sihe.Write{
					Entity: "erp.purchase_order", Do: sihe.DoWriteBack, Writer: "oa", Key: key, Version: version,
					Data: fmt.Appendf(nil, `{"approval_no":"AR-%d"}`, n),
				}
			},
			Refused: func(t *testing.T, c sihe.Connector) sihe.Write {
				return sihe.Write{Entity: "erp.purchase_order", Do: "cancel", Key: "PO-0", Writer: "crm"}
			},
		}
	}})
}
