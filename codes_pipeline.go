package sihe

// Codes of pipeline and check files.
const (
	CodePipelineDuplicate Code = "PIPELINE_DUPLICATE"
	CodePipelineReplaces  Code = "PIPELINE_REPLACES"
	CodePipelineEntity    Code = "PIPELINE_ENTITY"
	CodePipelineEvent     Code = "PIPELINE_EVENT"
	CodePipelineAction    Code = "PIPELINE_ACTION"
	CodePipelineMapping   Code = "PIPELINE_MAPPING"
	CodePipelineKey       Code = "PIPELINE_KEY"
	CodePipelineType      Code = "PIPELINE_TYPE"
	CodePipelineNeeds     Code = "PIPELINE_NEEDS"
	CodePipelineMatch     Code = "PIPELINE_MATCH"
	CodePipelineRequired  Code = "PIPELINE_REQUIRED"
	CodePipelineBounds    Code = "PIPELINE_BOUNDS"
	CodePipelineLoop      Code = "PIPELINE_LOOP"
	CodeCheckField        Code = "CHECK_FIELD"
)

func pipelineCodes() []Explanation {
	return []Explanation{
		{CodePipelineDuplicate, "two pipelines or checks have the same name", "管道或核对重名", "rename one of them; in place of a shipped one, add `replaces: shipped`", "请重命名其中一个；要取代内置文件，请加 replaces: shipped", 422},
		{CodePipelineReplaces, "there is no shipped pipeline or check of that name", "没有该名称的内置流程或核对", "use the shipped name and its flow, or remove `replaces`", "请使用内置名称并启用其所在的流程组，或删除 replaces", 422},
		{CodePipelineEntity, "no such entity in that module", "该模块没有此实体", "write <module>.<entity>; a copy has the name of the module that keeps it", "请写 <模块>.<实体>；副本写保存它的模块名", 422},
		{CodePipelineEvent, "the entity has no such event", "实体没有该事件", "use created, updated or a state of the entity", "请使用 created、updated 或实体的状态名", 422},
		{CodePipelineAction, "the target knows no such action", "目标没有该动作", "use create, copy, write_back or an action of the entity", "请使用 create、copy、write_back 或实体的动作", 422},
		{CodePipelineMapping, "the mapping does not fit the pipeline", "映射与管道不符", "use a mapping between the same two entities", "请使用同一对实体之间的映射", 422},
		{CodePipelineKey, "the target's key is missing or out of place", "目标键缺失或多余", "give key: for write_back and actions, none for create", "write_back 与动作需写 key，create 不写", 422},
		{CodePipelineType, "an expression of the pipeline has the wrong type", "管道中的表达式类型不符", "write an expression of the type that is named", "请写所要求类型的表达式", 422},
		{CodePipelineNeeds, "a prerequisite cannot be waited for", "无法等待该前提", "name a reference field and a module that keeps its document", "请写引用字段及保存该单据的模块", 422},
		{CodePipelineMatch, "a condition is not among the mapped fields", "条件不在映射字段中", "map the field", "请在映射中给出该字段", 422},
		{CodePipelineRequired, "a field that a new document needs is not mapped", "新建单据所需字段未映射", "add it to the mapping, or give it a default in the entity", "请在映射中补充，或在实体中设默认值", 422},
		{CodePipelineBounds, "a number or time is out of bounds", "数值或时间超出范围", "use a value within the bounds that are named", "请使用范围内的值", 422},
		{CodePipelineLoop, "pipelines may start each other without end", "管道可能互相触发、永不停止", "break the circle with on:, when: or a write-back that the other one does not listen to", "请用 on:、when: 或对方不监听的写回断开循环", 422},
		{CodeCheckField, "a check compares fields that do not fit", "核对比较的字段不符", "compare fields of the same kind", "请比较同类字段", 422},
	}
}
