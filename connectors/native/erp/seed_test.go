package erp_test

// seed enters the master data and the opening stock of suite.md 6.1.
func seed(b *bench) {
	b.t.Helper()
	for _, w := range [][2]string{{"WH-RM", "raw"}, {"WH-FG", "finished"}, {"WH-QH", "quality_hold"}, {"WH-ADM", "office"}} {
		b.post("/warehouse", record{"warehouse_no": w[0], "name": w[0], "kind": w[1]})
	}
	b.post("/work_center", record{"work_center_no": "WC-A", "name": "装配", "capacity_hours": "16", "labour_rate": "45.00", "overhead_rate": "30.00"})
	for _, s := range [][2]string{{"S001", "宁安电机"}, {"S002", "金陵密封"}} {
		b.post("/supplier", record{"supplier_no": s[0], "name": s[1]})
	}
	seedItems(b)
	seedProducts(b)
	for key, limit := range map[string]string{"C001": "120000.00", "C002": "50000.00", "C003": "0.00"} {
		deposit := "0.30"
		if key == "C003" {
			deposit = "1"
		}
		b.copied("crm.party", key, 2, record{"party_no": key, "name": key, "state": "active", "deposit_percent": deposit})
		b.copied("finance.credit", key, 1, record{"party_no": key, "limit": limit, "currency": "CNY", "exposure": "0.00", "hold": false, "state": "active"})
	}
	b.copied("crm.contract", "CT-2026-0001", 3, record{
		"contract_no": "CT-2026-0001", "title": "供水设备", "customer": "C001", "owner": "E001", "state": "draft", "currency": "CNY",
	})
}

func seedItems(b *bench) {
	b.t.Helper()
	type raw struct{ no, name, quantity, value, safety, minimum, supplier, price string }
	for _, x := range []raw{
		{"M-CAST", "泵壳铸件", "10", "4200.00", "2", "1", "", "420.00"},
		{"M-IMP", "叶轮", "10", "1800.00", "2", "1", "", "180.00"},
		{"M-SHAFT", "泵轴", "10", "1500.00", "2", "1", "", "150.00"},
		{"M-SEAL", "机械密封", "6", "480.00", "4", "10", "S002", "80.00"},
		{"M-MOT75", "电机 7.5 kW", "3", "3900.00", "2", "1", "S001", "1300.00"},
		{"M-MOT22", "电机 2.2 kW", "5", "3100.00", "0", "1", "S001", "620.00"},
		{"M-CTRL", "控制柜", "2", "3000.00", "0", "1", "", "1500.00"},
		{"M-SHELL", "潜水泵壳", "5", "1500.00", "0", "1", "", "300.00"},
		{"M-GEAR", "齿轮组", "6", "1260.00", "0", "1", "", "210.00"},
		{"M-PKG", "包装箱", "30", "1200.00", "10", "1", "", "40.00"},
	} {
		item := record{
			"item_no": x.no, "name": x.name, "warehouse": "WH-RM", "safety_stock": x.safety, "min_order_quantity": x.minimum,
			"purchase_price": x.price, "lead_time_days": 7,
		}
		if x.supplier != "" {
			item["supplier"] = x.supplier
		}
		if x.no == "M-MOT75" {
			item["lead_time_days"] = 14
		}
		b.post("/item", item)
		b.opening(x.no, "WH-RM", x.quantity, x.value)
	}
}

func (b *bench) opening(item, warehouse, quantity, value string) {
	b.t.Helper()
	m := b.post("/stock_move", record{
		"move_type": "opening", "item": item, "from_location": "opening", "to_location": warehouse, "quantity": quantity, "value": value,
	})
	b.post("/stock_move/"+at(m, "move_no")+"/post", nil)
}

func seedProducts(b *bench) {
	b.t.Helper()
	type product struct {
		no, price, standard, hours, quantity, value string
		parts                                       []string // item and quantity in turn
	}
	for _, p := range []product{
		{"P-CP100", "4750.00", "2320.00", "2", "12", "27600.00", []string{"M-CAST", "1", "M-IMP", "1", "M-SHAFT", "1", "M-SEAL", "1", "M-MOT75", "1", "M-PKG", "1"}},
		{"P-CP200", "6000.00", "2655.00", "3", "4", "10620.00", []string{"M-CAST", "1", "M-IMP", "2", "M-SHAFT", "1", "M-SEAL", "2", "M-MOT75", "1", "M-PKG", "1"}},
		{"P-SP50", "3028.40", "1450.00", "2", "8", "11600.00", []string{"M-SHELL", "1", "M-IMP", "1", "M-SEAL", "2", "M-MOT22", "1", "M-PKG", "1"}},
		{"P-GP30", "2599.00", "1175.00", "1", "6", "7050.00", []string{"M-GEAR", "1", "M-SHAFT", "1", "M-SEAL", "1", "M-MOT22", "1", "M-PKG", "1"}},
		{"P-BS1", "16000.00", "6440.00", "4", "1", "6440.00", []string{"P-CP100", "2", "M-CTRL", "1"}},
	} {
		b.post("/item", record{
			"item_no": p.no, "name": p.no, "item_class": "finished", "procurement": "make", "valuation_class": "finished", "warehouse": "WH-FG",
			"sale_price": p.price, "standard_cost": p.standard, "lead_time_days": 3,
		})
		b.opening(p.no, "WH-FG", p.quantity, p.value)
		b.recipe(p.no, p.hours, p.parts)
	}
	b.post("/item", record{
		"item_no": "S-COMM", "name": "调试服务", "item_class": "service", "procurement": "none", "valuation_class": "none", "stocked": false,
		"sale_price": "3180.00", "tax_rate": "0.06", "standard_hours": "6", "hourly_cost": "50.00",
	})
	b.post("/item", record{"item_no": "P-CP100R", "name": "CP-100 翻新", "item_class": "finished", "procurement": "none", "valuation_class": "finished", "warehouse": "WH-FG"})
}

// recipe releases bill of material and routing of a product.
func (b *bench) recipe(product, hours string, parts []string) {
	b.t.Helper()
	var lines []record
	for i := 0; i < len(parts); i += 2 {
		lines = append(lines, record{"item": parts[i], "quantity": parts[i+1]})
	}
	b.post("/bom/"+at(b.post("/bom", record{"item": product, "lines": lines}), "bom_no")+"/release", nil)
	routing := b.post("/routing", record{"item": product, "operations": []record{{"name": "装配", "work_center": "WC-A", "run_hours": hours}}})
	b.post("/routing/"+at(routing, "routing_no")+"/release", nil)
}
