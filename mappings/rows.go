package mappings

import (
	"github.com/sihehub/sihe"
	"github.com/sihehub/sihe/canonical/expr"
)

// rows computes all parts of a list.
func (r *run) rows(parts []*part) (expr.Value, error) {
	var rows []expr.Value
	for _, p := range parts {
		var err error
		if rows, err = r.part(p, rows); err != nil {
			return expr.Value{}, err
		}
	}
	if rows == nil {
		rows = []expr.Value{}
	}
	return expr.ListValue(rows), nil
}

func (r *run) part(p *part, rows []expr.Value) ([]expr.Value, error) {
	if p.list == nil {
		r.frame.Vars[p.vars] = expr.IntValue(int64(len(rows)))
		return r.row(p, rows)
	}
	list, err := p.list.Eval(&r.frame)
	if err != nil {
		return nil, p.at.failed(err)
	}
	items := list.List()
	if rows == nil {
		rows = make([]expr.Value, 0, min(len(items), maxRows))
	}
	for _, item := range items {
		r.frame.Vars[p.vars] = item
		r.frame.Vars[p.vars+1] = expr.IntValue(int64(len(rows)))
		if rows, err = r.row(p, rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// row adds one row, unless the part's condition leaves it out.
func (r *run) row(p *part, rows []expr.Value) ([]expr.Value, error) {
	if r.spent++; r.spent > maxRows {
		return nil, p.at.failed(sihe.Permanent(sihe.Errorf(sihe.CodeExprBudget, "build the list: more than %d rows in one event", maxRows)))
	}
	if p.where != nil {
		v, err := p.where.Eval(&r.frame)
		if err != nil {
			return nil, p.at.failed(err)
		}
		if !v.Bool() {
			return rows, nil
		}
	}
	var v expr.Value
	var err error
	if p.row != nil {
		v, err = p.row.fill(r)
		err = below(err, p.at.path, len(rows))
	} else if v, err = p.value.eval(&r.frame); err != nil {
		err = p.at.failed(err)
	}
	if err != nil {
		return nil, err
	}
	return append(rows, v), nil
}
