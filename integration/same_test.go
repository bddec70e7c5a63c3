//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestTheSameAnswersGiveTheSameDocument(t *testing.T) {
	t.Parallel()
	const runs = 5
	for target, password := range map[string]string{
		"anna@good.test":         password,
		"good.test":              "",
		"anna@expired.test":      password,
		"anna@starttls.test":     password,
		"anna@absent.test":       "", // the name server knows that it does not exist
		"anna@elsewhere.example": "", // the name server refuses to say
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			first := withoutTimes(t, check(t, target, password, "-f", "json").stdout)
			for range runs - 1 {
				if again := withoutTimes(t, check(t, target, password, "-f", "json").stdout); !bytes.Equal(first, again) {
					t.Fatalf("two documents differ:\n%s", firstDifference(string(first), string(again)))
				}
			}
		})
	}
}

// withoutTimes gives a document without the fields that may differ between two runs.
func withoutTimes(t *testing.T, document []byte) []byte {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatalf("%v: %s", err, document)
	}
	removeTimes(value)
	rest, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return rest
}

func removeTimes(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if key == "started" || key == "at" || strings.HasSuffix(key, "_ms") {
				delete(v, key)
				continue
			}
			removeTimes(inner)
		}
	case []any:
		for _, inner := range v {
			removeTimes(inner)
		}
	}
}

// firstDifference gives the first line that differs, with what stands around it.
func firstDifference(a, b string) string {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	i := 0
	for i < min(len(one), len(other)) && one[i] == other[i] {
		i++
	}
	around := func(lines []string) string {
		return strings.Join(lines[max(0, min(i, len(lines))-10):min(len(lines), i+20)], "\n")
	}
	return around(one) + "\n--- and ---\n" + around(other)
}
