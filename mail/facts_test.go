package mail

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// Facts of all kinds stand side by side in an observation. Two of one name
// would hide each other, in Go and in JSON.
func TestNoTwoKindsOfFactsShareAName(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	claim := func(name, by string) {
		if other, taken := owner[name]; taken && other != by {
			t.Errorf("%s is a fact of %s and of %s", name, other, by)
		}
		owner[name] = by
	}
	observation := reflect.TypeFor[Observation]()
	for i := range observation.NumField() {
		f := observation.Field(i)
		if !f.Anonymous {
			claim(f.Name, "Observation")
			continue
		}
		facts := f.Type.Elem()
		for j := range facts.NumField() {
			json, _, _ := strings.Cut(facts.Field(j).Tag.Get("json"), ",")
			claim(facts.Field(j).Name, facts.Name())
			claim(json, facts.Name())
		}
	}
}

func TestPercentOfAQuota(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		used, limit int64
		want        int
	}{
		{0, 100, 0},
		{619, 1000, 62},
		{9999, 10000, 99},
		{100, 100, 100},
		{1006, 1000, 101},
		{1, 3, 33},
		{5, 0, 0},
		{math.MaxInt64, 1 << 10, 900719925474099200},
	} {
		if got := (Quota{Used: tc.used, Limit: tc.limit}).Percent(); got != tc.want {
			t.Errorf("%d of %d is %d %%, want %d", tc.used, tc.limit, got, tc.want)
		}
	}
}
