package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mailmedic/mailmedic/mail"
)

func TestJSONIsTheDocument(t *testing.T) {
	t.Parallel()
	schema := reportSchema(t)
	for _, name := range streams() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := printed(t, "json", Options{}, streamEvents(t, name))
			golden(t, name+".json", got)
			if err := schema.Validate(value(t, got)); err != nil {
				t.Errorf("docs/report.schema.json: %v", err)
			}
			if !bytes.HasSuffix(got, []byte("}\n")) {
				t.Error("the document does not end with a line end")
			}
		})
	}
}

func TestReplayEqualsTheRun(t *testing.T) {
	t.Parallel()
	for _, name := range append(streams(), "odd") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := oddEvents()
			if name != "odd" {
				live = streamEvents(t, name)
			}
			replayed := readAll(t, printed(t, "jsonl", Options{}, live))
			want, got := mustFold(t, live), mustFold(t, replayed)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Fold(Read(Write(events))) differs from Fold(events):\n%s", diff)
			}
			for _, format := range []string{"json", "text"} {
				o := Options{Verbose: 2, Unicode: true}
				if want, got := printed(t, format, o, live), printed(t, format, o, replayed); !bytes.Equal(want, got) {
					t.Errorf("%s of the replay differs:\n%s", format, cmp.Diff(lines(want), lines(got)))
				}
			}
		})
	}
}

// oddEvents are such as a live run holds and a recording cannot: text that is
// not UTF-8, empty facts and lists, local times with a clock reading.
func oddEvents() []mail.Event {
	zone := time.FixedZone("odd", 5*3600+1800)
	at := time.Date(2026, 11, 22, 15, 0, 0, 123456789, zone)
	endpoint := mail.Endpoint{Protocol: mail.IMAP, Security: mail.TLS, Host: "2001:db8::1", Port: 993}
	return []mail.Event{
		{Header: &mail.Header{Schema: mail.Schema, Started: at, Target: mail.Target{Input: "a\xff@b.example", Domain: "b.example"}}},
		{Candidate: &mail.Candidate{Endpoint: endpoint, Role: mail.Incoming, Claims: []mail.Claim{{Source: mail.SourceSRV, Auth: []string{}}}}},
		{Observation: &mail.Observation{ID: "tls:x", Kind: mail.KindTLS, Subject: endpoint.String(), At: at, TLSFacts: &mail.TLSFacts{}, Failure: &mail.Failure{Class: mail.TLSAlert, Detail: "\xc3("}}},
		{Observation: &mail.Observation{ID: "tls:y", Kind: mail.KindTLS, At: at, TLSFacts: &mail.TLSFacts{Version: "TLS 1.3", Certificates: []mail.Certificate{{NotBefore: at, NotAfter: at}}}}},
		{Observation: &mail.Observation{ID: "mx:b.example", Kind: mail.KindDNS, DNSFacts: &mail.DNSFacts{Name: "b.example", Type: "MX", Aliases: []string{}}}},
		{Observation: &mail.Observation{ID: "session:x", Kind: mail.KindSession, Subject: endpoint.String(), SessionFacts: &mail.SessionFacts{Greeting: "* OK \x80\x1b[2J\u202e", Capabilities: mail.BothWays{AfterTLS: []string{}}, Transcript: []mail.Line{{From: mail.Server, Text: "S: \xfe"}}}}},
		{Finding: &mail.Finding{ID: "x", Severity: mail.Error, Title: "a\x00b", Affects: []string{}}},
		{Setting: &mail.Setting{Endpoint: endpoint, Role: mail.Incoming}},
		{Verdict: &mail.Closing{Verdict: mail.Verdict{Summary: "done \u2028"}, NotChecked: []mail.NotChecked{{Subject: "b"}, {Subject: "a"}, {Subject: "b"}}}},
	}
}

func TestNoArrayOfTheDocumentIsNull(t *testing.T) {
	t.Parallel()
	for name, events := range map[string][]mail.Event{
		"an empty stream": nil,
		"facts without lists": {
			{Observation: &mail.Observation{ID: "mx:b.example", Kind: mail.KindDNS, DNSFacts: &mail.DNSFacts{Authentic: mail.Yes}}},
			{Observation: &mail.Observation{ID: "tls:x", Kind: mail.KindTLS, TLSFacts: &mail.TLSFacts{Certificates: []mail.Certificate{{}}}}},
			{Finding: &mail.Finding{ID: "x"}},
			{Candidate: &mail.Candidate{Endpoint: mail.Endpoint{Protocol: mail.SMTP, Security: mail.TLS, Host: "b.example", Port: 465}}},
			{Setting: &mail.Setting{Endpoint: mail.Endpoint{Protocol: mail.SMTP, Security: mail.TLS, Host: "b.example", Port: 465}}},
			{Verdict: &mail.Closing{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := printed(t, "json", Options{}, events)
			unknown := []byte(`"provider": null`) // nothing is known of the provider: no list, and so no []
			if bytes.Contains(bytes.Replace(got, unknown, nil, 1), []byte("null")) {
				t.Errorf("the document has a null:\n%s", got)
			}
		})
	}
}

func TestWhatWasNotAskedForIsNull(t *testing.T) {
	t.Parallel()
	got := printed(t, "json", Options{}, []mail.Event{{Observation: &mail.Observation{
		ID: "session:x", Kind: mail.KindSession,
		SessionFacts: &mail.SessionFacts{Capabilities: mail.BothWays{AfterTLS: []string{}}},
	}}})
	var doc struct {
		Observations []map[string]any `json:"observations"`
	}
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"before_tls": nil, "after_tls": []any{}}
	if diff := cmp.Diff(want, doc.Observations[0]["capabilities"]); diff != "" {
		t.Error(diff)
	}
}

func TestJSONHidesNothingFromATerminal(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "jsonl"} {
		events := streamEvents(t, "hostile")
		got := printed(t, format, Options{}, events)
		for _, r := range string(got) {
			if r != '\n' && hidden(r) {
				t.Errorf("%s has %U in it", format, r)
			}
		}
		if !strings.Contains(string(got), `\u202e`) || !strings.Contains(string(got), `\udb40\udc41`) {
			t.Errorf("%s has lost what was hidden:\n%s", format, got)
		}
	}
}

func TestJSONLWritesEachEventAtOnceOnItsLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p, err := New("jsonl", &out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range streamEvents(t, "works") {
		if err := p.Event(e); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(out.Bytes(), []byte("\n")); n != i+1 {
			t.Fatalf("after %d events there are %d lines", i+1, n)
		}
	}
	if want := streamBytes(t, "works"); !bytes.Equal(want, out.Bytes()) {
		t.Errorf("the recording was not written as it was read:\n%s", cmp.Diff(lines(want), lines(out.Bytes())))
	}
}

func TestSchemaRefusesWhatIsNoReport(t *testing.T) {
	t.Parallel()
	schema := reportSchema(t)
	whole := printed(t, "json", Options{}, streamEvents(t, "cannot-send"))
	for name, change := range map[string][2]string{
		"another schema":            {`"schema": "mailmedic.report/1"`, `"schema": "mailmedic.report/2"`},
		"an unknown state":          {`"send": "broken"`, `"send": "so so"`},
		"an unknown severity":       {`"severity": "critical"`, `"severity": "bad"`},
		"an unknown failure class":  {`"class": "cert-expired"`, `"class": "oops"`},
		"a port as text":            {`"port": 993`, `"port": "993"`},
		"null evidence":             {`"because": []`, `"because": null`},
		"no verdict":                {`"verdict"`, `"verdikt"`},
		"a dns answer without data": {`"records"`, `"rekords"`},
		"a malformed time":          {`"started": "2026-11-22T09:30:00Z"`, `"started": "yesterday"`},
		"a security of its own":     {`"security": "starttls"`, `"security": "ssl"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := bytes.Replace(whole, []byte(change[0]), []byte(change[1]), 1)
			if bytes.Equal(broken, whole) {
				t.Fatalf("the document has no %s", change[0])
			}
			if schema.Validate(value(t, broken)) == nil {
				t.Error("the schema lets it pass")
			}
		})
	}
	t.Run("but an added field is fine", func(t *testing.T) {
		t.Parallel()
		more := bytes.Replace(whole, []byte(`"preferred"`), []byte(`"new": {"x": 1}, "preferred"`), 1)
		if err := schema.Validate(value(t, more)); err != nil {
			t.Error(err)
		}
	})
}

func TestSchemaHoldsWhatDiscoveryAdds(t *testing.T) {
	t.Parallel()
	schema := reportSchema(t)
	whole := printed(t, "json", Options{}, streamEvents(t, "discover"))
	for name, change := range map[string][2]string{
		"an unknown command":                    {`"command": "discover"`, `"command": "ask"`},
		"an unknown source of an observation":   {`"source": "pacc"`, `"source": "hearsay"`},
		"days that are no number":               {`"days": 14`, `"days": "14"`},
		"leaving as a word":                     {`"leave": true`, `"leave": "yes"`},
		"a service on no port":                  {`"port": 4190`, `"port": 0`},
		"a program's server that is no address": {`"incoming": "imaps://imap.example.org:993"`, `"incoming": "imap.example.org"`},
		"a step that is half taken":             {`"taken": false`, `"taken": "half"`},
		"an unknown kind of publication":        {`"kind": "document"`, `"kind": "leaflet"`},
		"an unknown trust of a service":         {`"trust": "dns"`, `"trust": "hope"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := bytes.ReplaceAll(whole, []byte(change[0]), []byte(change[1]))
			if bytes.Equal(broken, whole) {
				t.Fatalf("the document has no %s", change[0])
			}
			if v, err := jsonschema.UnmarshalJSON(bytes.NewReader(broken)); err == nil && schema.Validate(v) == nil {
				t.Error("the schema lets it pass")
			}
		})
	}
}

func reportSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func value(t *testing.T, data []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustFold(t *testing.T, events []mail.Event) mail.Report {
	t.Helper()
	r, err := Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
