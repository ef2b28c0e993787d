package sihe

// Codes of the native ERP module: what stock, orders, purchasing and production refuse.
const (
	CodeUnknownBuyer      Code = "UNKNOWN_BUYER"
	CodeItemNotMapped     Code = "ITEM_NOT_MAPPED"
	CodeLineUnknown       Code = "LINE_UNKNOWN"
	CodeOrderRevision     Code = "ORDER_REVISION"
	CodeStockShort        Code = "STOCK_SHORT"
	CodeMoveInvalid       Code = "MOVE_INVALID"
	CodeBOMMissing        Code = "BOM_MISSING"
	CodeBOMCycle          Code = "BOM_CYCLE"
	CodeNoCapacity        Code = "NO_CAPACITY"
	CodeMaterialShort     Code = "MATERIAL_SHORT"
	CodeOrderNotReleased  Code = "ORDER_NOT_RELEASED"
	CodeCreditHold        Code = "CREDIT_HOLD"
	CodeDeliveryQuantity  Code = "DELIVERY_QUANTITY"
	CodeInspectionMissing Code = "INSPECTION_MISSING"
	CodeInspectionTotal   Code = "INSPECTION_TOTAL"
	CodeReceiptQuantity   Code = "RECEIPT_QUANTITY"
	CodeNotApproved       Code = "NOT_APPROVED"
	CodeOrderedQuantity   Code = "ORDERED_QUANTITY"
	CodeSupplierBlocked   Code = "SUPPLIER_BLOCKED"
	CodeCompletedQuantity Code = "COMPLETED_QUANTITY"
	CodeServiceUnknown    Code = "SERVICE_NOT_CONFIRMED"
	CodeReturnQuantity    Code = "RETURN_QUANTITY"
	CodeProjection        Code = "PROJECTION"
	CodeCurrencyDiffers   Code = "CURRENCY_DIFFERS"
)

func erpCodes() []Explanation {
	return []Explanation{
		{CodeUnknownBuyer, "ERP does not know the customer", "ERP中没有该客户", "let CRM publish the customer first", "请先由CRM同步该客户", 422},
		{CodeItemNotMapped, "ERP does not know an item of the order", "ERP中没有该物料", "map the item, or create it in ERP", "请维护物料对照，或在ERP中新建物料", 422},
		{CodeLineUnknown, "the document has no such line", "单据中没有该行", "check the line number and the item", "请检查行号与物料", 422},
		{CodeOrderRevision, "the order cannot be replaced by this revision", "订单无法由该版本替换", "a newer revision is at work, or part of it is delivered: order the rest anew", "已有更新版本或已部分发货：请就剩余部分另行下单", 409},
		{CodeStockShort, "there is not enough stock", "库存不足", "wait for a receipt, or use a smaller quantity", "请等待入库，或减少数量", 409},
		{CodeMoveInvalid, "a stock move is not possible like this", "库存流水无效", "check kind, places, quantity and value", "请检查业务类型、库位、数量与金额", 422},
		{CodeBOMMissing, "a product has no released bill of material", "产品没有已发布的物料清单", "release a bill of material for it", "请为该产品发布物料清单", 422},
		{CodeBOMCycle, "a bill of material contains its own product", "物料清单中出现循环", "remove the line that leads back", "请删除形成循环的行", 422},
		{CodeNoCapacity, "the work centre has no free hours", "工作中心没有可用产能", "add capacity, or move other work orders", "请增加产能，或调整其他工单", 409},
		{CodeMaterialShort, "material is missing for the work order", "工单缺料", "wait for the purchase, or transfer stock", "请等待采购到货，或调拨库存", 409},
		{CodeOrderNotReleased, "the sales order is not released", "销售订单尚未下达", "get the contract approved, or the prepayment", "请完成合同审批或收到预付款", 409},
		{CodeCreditHold, "the customer is on credit hold", "客户已被信用冻结", "ask finance to lift the hold", "请财务解除冻结", 409},
		{CodeDeliveryQuantity, "more is to be delivered than is open", "发货数量超过未发数量", "check what was delivered before", "请核对已发数量", 422},
		{CodeInspectionMissing, "a completed inspection is missing", "缺少已完成的质检单", "complete an inspection for the document first", "请先为该单据完成质检", 409},
		{CodeInspectionTotal, "qualified and rejected do not add up to what was inspected", "合格数与不合格数之和不等于检验数", "correct the quantities", "请更正数量", 422},
		{CodeReceiptQuantity, "the quantities of a receipt do not fit the order", "入库数量与采购订单不符", "received is accepted plus sent back, and accepted at most what is open", "实收等于合格加退回，且合格数不得超过未收数量", 422},
		{CodeNotApproved, "the requisition is not approved", "采购申请尚未批准", "wait for the approval", "请等待审批", 409},
		{CodeOrderedQuantity, "more is ordered than was approved", "订购数量超过批准数量", "order at most what is open on the requisition", "订购数量不得超过申请的未订数量", 409},
		{CodeSupplierBlocked, "the supplier is blocked", "供应商已停用", "choose another supplier", "请选择其他供应商", 409},
		{CodeCompletedQuantity, "good and scrap do not fit the planned quantity", "合格数与报废数和计划数量不符", "enter good and scrap pieces up to the planned quantity", "请填写合格与报废数量，合计不超过计划数量", 422},
		{CodeServiceUnknown, "services are billed from confirmations only", "服务只能凭确认单计费", "confirm the service in CRM; the line follows by itself", "请在CRM中完成服务工单，服务行会自动生成", 422},
		{CodeReturnQuantity, "more is returned than was delivered", "退货数量超过已发数量", "return at most what was delivered and not returned yet", "退货数量不得超过已发减已退数量", 422},
		{CodeCurrencyDiffers, "the document is in another currency than the item's cost", "单据币种与物料成本币种不同", "order in the currency in which the item is kept", "请使用物料的成本币种下单", 422},
		{CodeProjection, "the record is kept by the system", "该记录由系统维护", "post the document that changes it", "请通过相应单据过账", 403},
	}
}
