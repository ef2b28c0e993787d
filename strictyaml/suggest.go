package strictyaml

import "strings"

// Suggest returns the known name nearest to a word, or "" when none is near: at most a third of its runes, but always
// one, may be changed, added, left out or swapped with their neighbour. Case does not count.
func Suggest(word string, known []string) string {
	best, bestDistance := "", max(1, len([]rune(word))/3)+1
	for _, k := range known {
		if d := distance([]rune(strings.ToLower(word)), []rune(strings.ToLower(k)), bestDistance); d < bestDistance && k != word {
			best, bestDistance = k, d
		}
	}
	return best
}

func didYouMean(word string, known []string) string {
	if s := Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// distance counts the changes that make b of a, as Damerau and Levenshtein do; limit when there are that many or more.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
