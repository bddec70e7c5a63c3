package mail

import (
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
