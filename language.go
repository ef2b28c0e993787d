package sihe

import "strings"

// PrefersChinese says whether an Accept-Language header prefers Chinese to English (RFC 9110, 12.5.4). When it names
// neither, the answer is otherwise.
func PrefersChinese(accept string, otherwise bool) bool {
	best, zh := Decimal{}, otherwise
	for part := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := DecimalFromInt(1)
		if s, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if q, err = ParseDecimal(s); err != nil {
				continue
			}
		}
		language, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if (language == "zh" || language == "en") && q.Cmp(best) > 0 {
			best, zh = q, language == "zh"
		}
	}
	return zh
}
