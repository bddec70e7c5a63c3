// Package mailmedic_test holds the rules of the house: which folder may import
// which, and who must not reach the network.
package mailmedic_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mailmedic/mailmedic"

// A room is a top-level folder with Go code, packages below it included.
type room struct {
	folder  string
	imports string // folders of ours that its code may import, besides itself
	tests   string // what its tests may import on top of that
	offline bool   // its code must not reach package net, even indirectly
}

const everything = ". mail wire discover probe rules oauth check report lab"

var house = []room{
	{folder: ".", imports: "", tests: ""}, // the worlds, which can be embedded from here only
	{folder: "mail", imports: "", tests: "", offline: true},
	{folder: "wire", imports: "mail", tests: ""},
	{folder: "discover", imports: "mail wire", tests: "lab"},
	{folder: "probe", imports: "mail wire", tests: "lab"},
	{folder: "rules", imports: "mail", tests: "", offline: true},
	{folder: "oauth", imports: "mail wire", tests: "lab"},
	{folder: "check", imports: "mail wire discover probe rules", tests: "lab report ."},
	{folder: "report", imports: "mail", tests: "", offline: true},
	{folder: "lab", imports: "mail wire", tests: "."},
	{folder: "cmd", imports: everything, tests: ""},
	{folder: "integration", imports: "", tests: ""}, // it knows the binary only
}

// Names that say nothing of what is inside.
var nameless = []string{"utils", "util", "common", "helpers", "helper", "misc", "pkg"}

// listed is what the go command says of one package.
type listed struct {
	ImportPath   string
	Doc          string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
}

func TestTheHouseKeepsItsRules(t *testing.T) {
	t.Parallel()
	noteSources(t)
	for _, breach := range breaches(house, listPackages(t)) {
		t.Error(breach)
	}
}

// listPackages gives our packages and everything that they are built from.
func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags=integration,gendocs",
		"-json=ImportPath,Doc,Standard,Imports,TestImports,XTestImports,GoFiles", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// noteSources reads the folders, so that go test knows what its cached result
// depends on: it does not see what the go command reads.
func noteSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if name == ".git" {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// breaches says what is against the rules, in words that name both sides.
func breaches(house []room, packages []listed) []string {
	imports := map[string][]string{}
	for _, p := range packages {
		imports[p.ImportPath] = p.Imports
	}
	var found []string
	for _, p := range packages {
		folder, ours := folderOf(p.ImportPath)
		if !ours {
			continue
		}
		if p.Doc == "" && len(p.GoFiles) > 0 {
			found = append(found, p.ImportPath+" has no package comment")
		}
		for _, part := range strings.Split(p.ImportPath, "/") {
			if slices.Contains(nameless, part) {
				found = append(found, fmt.Sprintf("%s: %q names nothing of the domain", p.ImportPath, part))
			}
		}
		i := slices.IndexFunc(house, func(r room) bool { return r.folder == folder })
		if i < 0 {
			found = append(found, fmt.Sprintf("%s: the house has no room %q", p.ImportPath, folder))
			continue
		}
		found = append(found, house[i].breaches(p, imports)...)
	}
	return found
}

// breaches says where one package of the room breaks the room's rules.
func (r room) breaches(p listed, imports map[string][]string) []string {
	var found []string
	code := append(strings.Fields(r.imports), r.folder)
	tests := append(strings.Fields(r.tests), code...)
	for _, path := range p.Imports {
		if folder, ours := folderOf(path); ours && !slices.Contains(code, folder) {
			found = append(found, fmt.Sprintf("%s must not import %s", p.ImportPath, path))
		}
	}
	for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
		if folder, ours := folderOf(path); ours && !slices.Contains(tests, folder) {
			found = append(found, fmt.Sprintf("the tests of %s must not import %s", p.ImportPath, path))
		}
	}
	if way := wayTo("net", p.ImportPath, imports, map[string]bool{}); r.offline && way != nil {
		found = append(found, "must not reach the network: "+strings.Join(way, " → "))
	}
	return found
}

// folderOf gives the top-level folder of an import path, "." for the root, and whether it is ours at all.
func folderOf(path string) (folder string, ours bool) {
	if path == module {
		return ".", true
	}
	rest, ours := strings.CutPrefix(path, module+"/")
	folder, _, _ = strings.Cut(rest, "/")
	return folder, ours
}

// wayTo gives a chain of imports, nil if there is none.
func wayTo(target, from string, imports map[string][]string, seen map[string]bool) []string {
	if from == target {
		return []string{target}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	for _, path := range imports[from] {
		if way := wayTo(target, path, imports, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

func TestABreachIsFound(t *testing.T) {
	t.Parallel()
	good := listed{ImportPath: module + "/rules", Doc: "Package rules judges.", GoFiles: []string{"rules.go"}, Imports: []string{"strings", module + "/mail"}}
	changed := func(change func(*listed)) listed {
		p := good
		change(&p)
		return p
	}
	const net = "must not reach the network: " + module + "/rules → crypto/x509 → net"
	cases := map[string]struct {
		is   listed
		want []string
	}{
		"no breach":                        {good, nil},
		"a sibling is imported":            {changed(func(p *listed) { p.Imports = []string{module + "/probe"} }), []string{module + "/rules must not import " + module + "/probe"}},
		"a package of a sibling":           {changed(func(p *listed) { p.Imports = []string{module + "/report/export"} }), []string{module + "/rules must not import " + module + "/report/export"}},
		"a test imports a sibling":         {changed(func(p *listed) { p.XTestImports = []string{module + "/lab"} }), []string{"the tests of " + module + "/rules must not import " + module + "/lab"}},
		"the network behind a library":     {changed(func(p *listed) { p.Imports = []string{"crypto/x509"} }), []string{net}},
		"another folder":                   {changed(func(p *listed) { p.ImportPath = module + "/engine" }), []string{module + `/engine: the house has no room "engine"`}},
		"a nameless folder":                {changed(func(p *listed) { p.ImportPath = module + "/rules/utils" }), []string{module + `/rules/utils: "utils" names nothing of the domain`}},
		"no package comment":               {changed(func(p *listed) { p.Doc = "" }), []string{module + "/rules has no package comment"}},
		"a name that begins like our path": {changed(func(p *listed) { p.Imports = []string{module + "-plugins/probe"} }), nil},
	}
	library := listed{ImportPath: "crypto/x509", Standard: true, Imports: []string{"errors", "net"}}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := breaches(house, []listed{library, c.is}); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
