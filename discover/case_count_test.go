package discover

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// discoveryCases are the numbered cases of what networks answer that are about
// discovery, by group. Those that only a handshake or a person can show are not
// among them.
func discoveryCases() map[string][]int {
	return map[string][]int{
		"autoconfig documents": {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 16, 18, 19, 20, 22, 23, 25, 27, 28, 29, 30, 31, 33, 34, 35, 36, 37, 38, 39, 40},
		"the web":              {41, 42, 43, 45, 46, 47, 49, 50, 51, 52, 53, 54, 55, 56, 58, 59},
		"the DNS":              {60, 62, 63, 65, 66, 67, 68, 70, 71, 72, 73, 74, 77, 78, 79, 80, 81, 82, 83, 85, 86, 87, 88, 90},
		"Autodiscover":         {91, 93, 94, 95, 96, 97, 98, 99},
		"what is typed in":     {114, 116, 117, 118, 119, 120},
		"found in code":        {122, 123, 125, 127, 128},
	}
}

// TestEveryCaseHasATest counts the cases that a test names, by group; go test -v
// prints the counts.
func TestEveryCaseHasATest(t *testing.T) {
	t.Parallel()
	named := namedCases(t)
	cases := discoveryCases()
	for _, group := range slices.Sorted(maps.Keys(cases)) {
		count := 0
		for _, number := range cases[group] {
			if named[number] {
				count++
			} else {
				t.Errorf("%s: case %d has no test", group, number)
			}
		}
		t.Logf("%-20s %2d of %2d", group, count, len(cases[group]))
	}
}

// namedCases gives the numbers that stand in the name of a test.
func namedCases(t *testing.T) map[int]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal("the tests are not there", err)
	}
	name := regexp.MustCompile(`"case (\d+): |func TestCase(\d+)[A-Z]`)
	named := map[int]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range name.FindAllSubmatch(text, -1) {
			number, err := strconv.Atoi(string(match[1]) + string(match[2]))
			if err != nil {
				t.Fatal(err)
			}
			named[number] = true
		}
	}
	return named
}
