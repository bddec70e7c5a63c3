package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mailmedic": main})
}

// TestScripts runs the command lines of testdata/script against the real main.
func TestScripts(t *testing.T) {
	t.Parallel()
	schema, err := filepath.Abs("../../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	worlds, err := filepath.Abs("../../testdata/world")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("WORLDS", worlds) // for those that are no scenarios of the demo
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"valid": func(ts *testscript.TestScript, _ bool, args []string) { valid(ts, schema, args) },
			"json":  jsonField,
		},
	})
}

// exits CODE COMMAND… runs a command and holds it to its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// reportSchema compiles a published schema.
func reportSchema(file string) (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return compiler.Compile(file)
}

// valid FILE… holds report documents to the published schema.
func valid(ts *testscript.TestScript, schema string, files []string) {
	compiled, err := reportSchema(schema)
	ts.Check(err)
	for _, name := range files {
		var document any
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &document))
		ts.Check(compiled.Validate(document))
	}
}

// json FILE PATH VALUE compares one value of a document; PATH is keys and indices with dots between.
func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &value))
	for _, key := range strings.Split(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			ts.Check(err)
			if i >= len(v) {
				ts.Fatalf("%s: there are only %d", args[1], len(v))
			}
			value = v[i]
		}
	}
	text, err := json.Marshal(value)
	ts.Check(err)
	if s, ok := value.(string); ok {
		text = []byte(s)
	}
	if (string(text) == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], text)
	}
}
