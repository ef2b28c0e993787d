package bus

import "testing"

// The values are those of Kafka's own test of Utils.murmur2.
func TestMurmur2IsJavas(t *testing.T) {
	for key, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestPartitionsAreNeverNegative(t *testing.T) {
	seen := map[int]bool{}
	for i := range 1000 {
		p := PartitionOf([]byte{byte(i), byte(i >> 8)}, 7)
		if p < 0 || p >= 7 {
			t.Fatalf("key %d is in partition %d of 7", i, p)
		}
		seen[p] = true
	}
	if len(seen) != 7 {
		t.Errorf("1000 keys reach %d of 7 partitions", len(seen))
	}
}
