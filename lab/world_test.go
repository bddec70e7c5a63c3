package lab_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

func TestEveryWorldStartsAndTellsItsStory(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "world", "*.txtar"))
	if err != nil || len(files) < 16 {
		t.Fatalf("%d worlds, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := run(t, name, lab.Options{}).World()
			if w.Name != name || w.Description == "" || len(w.Title) > 70 || strings.HasSuffix(w.Title, ".") {
				t.Errorf("name %q, title %q, description %q", w.Name, w.Title, w.Description)
			}
			if _, err := mail.ParseTarget(w.Demo.Address); err != nil {
				t.Errorf("the demo has no address: %v", err)
			}
			if w.Demo.Password == "" && w.Demo.Token == "" && w.Demo.ClientCertificate == nil {
				t.Error("the demo does not sign in")
			}
		})
	}
}

func TestParseNamesTheSectionThatIsWrong(t *testing.T) {
	t.Parallel()
	const server = "-- servers.toml --\n[[server]]\nendpoints = [\"imaps://192.0.2.1:993\"]\n"
	for name, c := range map[string]struct{ text, want string }{
		"no title":            {"-- zone --\n", "the first line has to be the title"},
		"unknown section":     {"T\n-- zones --\n", "section zones: unknown"},
		"nameless section":    {"T\n-- --\n", "a section has no name"},
		"two zones":           {"T\n-- zone --\n-- zone --\n", "section zone: it is there twice"},
		"bad zone":            {"T\n-- zone --\na.example. MX none\n", "section zone: dns: bad MX"},
		"unknown key":         {"T\n" + server + "colour = \"red\"\n", `section servers.toml: unknown key "server.colour"`},
		"unknown fault":       {"T\n" + server + "fault = \"explode\"\n", `fault = "explode", want one of: reset`},
		"unknown certificate": {"T\n" + server + "certificate = { kind = \"gold\" }\n", `certificate.kind = "gold"`},
		"unknown TLS version": {"T\n" + server + "tls_versions = [\"4\"]\n", `tls_versions = "4"`},
		"bad endpoint":        {"T\n-- servers.toml --\n[[server]]\nendpoints = [\"ftp://a.example\"]\n", `unknown scheme "ftp"`},
		"no endpoints":        {"T\n-- servers.toml --\n[[server]]\n", "a server has no endpoints"},
		"two protocols":       {"T\n-- servers.toml --\n[[server]]\nendpoints = [\"imaps://192.0.2.1\", \"pop3s://192.0.2.1\"]\n", "of another protocol"},
		"no address":          {"T\n-- servers.toml --\n[[server]]\nendpoints = [\"imaps://a.example\"]\n", "a.example has no address"},
		"one port twice":      {"T\n" + server + strings.TrimPrefix(server, "-- servers.toml --\n"), "192.0.2.1:993 is taken by"},
		"no script":           {"T\n" + server + "script = \"x\"\n", "there is no section script/x"},
		"bad script":          {"T\n-- script/x --\nS: ok\nSAY hello\n", `section script/x: line 2: unknown step "SAY"`},
		"bad escape":          {"T\n-- script/x --\nS: \\q\n", `section script/x: line 1: unknown escape`},
		"half a branch":       {"T\n-- script/x --\nWHEN connection 1\nRESET\n", "section script/x: line 3: WHEN without END"},
		"end of no branch":    {"T\n-- script/x --\nEND\n", `line 1: unknown step "END"`},
		"bad condition":       {"T\n-- script/x --\nWHEN moon full\nEND\n", `line 1: unknown condition "moon"`},
		"bad hello":           {"T\n-- script/x --\nWHEN hello and hello colour red\nEND\n", `hello = "colour"`},
		"bad number":          {"T\n-- script/x --\nWHEN hello size big\nEND\n", `"big" is no number`},
		"bad step in branch":  {"T\n-- script/x --\nWHEN connection 1\nSAY hello\nEND\n", `line 2: unknown step "SAY"`},
		"bad handshake":       {"T\n-- script/x --\nTLS certificate=gold\n", `certificate = "gold"`},
		"bad suite":           {"T\n-- script/x --\nHELLO 1.0 RC4\n", `there is no suite "RC4"`},
		"nothing to repeat":   {"T\n-- script/x --\nREPEAT *\n", "nothing to repeat"},
		"web without address": {"T\n-- web/a.example/x --\n", `web "a.example": the host has no address`},
		"bad page":            {"T\n-- servers.toml --\n[[page]]\nurl = \"x\"\n", `page "x": write it as`},
		"bad network":         {"T\n-- servers.toml --\n[[network]]\nto = [\"a.example\"]\nfault = \"drop\"\n", "network: a.example has no address"},
		"bad network fault":   {"T\n-- servers.toml --\n[[network]]\nfault = \"lose\"\n", `network.fault = "lose"`},
		"bad DNS fault":       {"T\n-- servers.toml --\n[[dns.fault]]\nname = \"a.example\"\nfault = \"lie\"\n", `dns.fault of a.example = "lie"`},
		"bad DNS type":        {"T\n-- servers.toml --\n[[dns.fault]]\nname = \"a.example\"\ntype = \"B\"\nfault = \"timeout\"\n", `there is no type "B"`},
		"shared web fault":    {"T\n-- servers.toml --\n[[web]]\nhost = \"192.0.2.1\"\n[[web]]\nhost = \"a.example\"\naddresses = [\"192.0.2.1\"]\nfault = \"close\"\n", "shares an address with"},
		"bad scheme":          {"T\n-- servers.toml --\n[[web]]\nhost = \"192.0.2.1\"\nschemes = [\"ftp\"]\n", `schemes = "ftp"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := lab.Parse("dir/broken.txtar", []byte(c.text))
			if err == nil || w != nil {
				t.Fatalf("it was taken: %+v", w)
			}
			if !strings.HasPrefix(err.Error(), "dir/broken.txtar: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

func FuzzParseGivesAWorldOrAnError(f *testing.F) {
	f.Add("T\n-- zone --\na.example. A 192.0.2.1\n-- servers.toml --\n[[server]]\nendpoints = [\"imaps://a.example\"]\n-- script/x --\nS: \\x41\n")
	f.Add("T\n-- --\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if w, err := lab.Parse("fuzz.txtar", []byte(text)); (w == nil) == (err == nil) {
			t.Errorf("world %v and error %v", w, err)
		}
	})
}
