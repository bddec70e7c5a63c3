package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/lab"
	"github.com/mailmedic/mailmedic/mail"
)

// impatient ends at once what only time can end.
func impatient() lab.Options {
	return lab.Options{After: func(time.Duration) <-chan time.Time { return time.After(0) }}
}

// controlled gives the IDs of what was seen of control hosts, and lets the world name them.
func controlled(r run) []string {
	var ids []string
	for _, e := range r.events {
		if o := e.Observation; o != nil && o.Control {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// TestStoriesOfTheWayThere plays the worlds in which the servers are well and
// something between here and there is not: nobody blames a server.
func TestStoriesOfTheWayThere(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		receive, send mail.State
		exit          int
		finding       string
		alone         string // the finding where no control host may be asked; "" for none of the way there
	}{
		"mail-blocked":    {mail.Unproven, mail.Unproven, 3, "net.mail-blocked", ""},
		"smtp-blocked":    {mail.Works, mail.Broken, 1, "net.smtp-blocked", "net.smtp-blocked"},
		"port-25-blocked": {mail.Works, mail.Works, 0, "net.port-25-blocked", ""},
		"captive-portal":  {mail.Unproven, mail.Unproven, 3, "net.captive-portal", "net.captive-portal"},
		"wrong-clock":     {mail.Unproven, mail.Unproven, 3, "net.clock-wrong", "net.clock-wrong"},
		"intercepted":     {mail.Broken, mail.Broken, 1, "tls.intercepted", ""},
		"case/tls-broken": {mail.Unproven, mail.Unproven, 3, "net.tls-broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world(t, name)
			r := play(t, w, impatient(), func(o *check.Options) { o.Control = w.Control })
			v := r.closing.Verdict
			if v.Receive != want.receive || v.Send != want.send || v.ExitCode != want.exit {
				t.Errorf("verdict %+v", v)
			}
			if got := r.findings(); !slices.Equal(got, []string{want.finding}) {
				t.Errorf("findings %v, want %s alone", got, want.finding)
			}
			for _, e := range r.events {
				if f := e.Finding; f != nil && (f.Owner == mail.OwnerProvider || f.Confidence != mail.Certain) {
					t.Errorf("%s: %s acts, %s", f.ID, f.Owner, f.Confidence)
				}
			}
			if len(controlled(r)) == 0 {
				t.Error("no control host was asked")
			}
			for _, c := range w.Control {
				for _, e := range r.events {
					if e.Candidate != nil && e.Candidate.Endpoint == c || e.Setting != nil && e.Setting.Endpoint == c {
						t.Errorf("the control host %s is taken for a server", c)
					}
				}
			}
			alone := play(t, w, impatient(), nil)
			if len(controlled(alone)) > 0 {
				t.Errorf("a control host was asked though none may be: %v", controlled(alone))
			}
			if want.alone != "" && !slices.Contains(alone.findings(), want.alone) {
				t.Errorf("without a control host the findings are %v", alone.findings())
			}
			if alone.closing.ExitCode == 0 && want.exit != 0 {
				t.Error("without a control host everything is fine")
			}
		})
	}
}

// altered is a world with one text in place of another.
func altered(t *testing.T, name, from, to string) *lab.World {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "world", name+".txtar"))
	if err != nil || !strings.Contains(string(data), from) {
		t.Fatalf("%q is not in it: %v", from, err)
	}
	w, err := lab.Parse(name, []byte(strings.ReplaceAll(string(data), from, to)))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Case 61, the other way round: certificates seem to have expired.
func TestAClockThatIsFastIsNoExpiredCertificate(t *testing.T) {
	t.Parallel()
	w := altered(t, "wrong-clock", "days_ahead = 400", "days_ahead = -400")
	r := play(t, w, lab.Options{}, func(o *check.Options) { o.Control = w.Control })
	if !slices.Equal(r.findings(), []string{"net.clock-wrong"}) || r.closing.ExitCode != 3 || !strings.HasSuffix(r.closing.Summary, "is 400 days fast.") {
		t.Errorf("findings %v, %+v", r.findings(), r.closing.Verdict)
	}
}

// Case 97: packets to port 25 vanish, whoever they are for.
func TestServersOnABlockedPort25AreNotBlamed(t *testing.T) {
	t.Parallel()
	w := altered(t, "port-25-blocked", `fault = "unreachable"`, `fault = "drop"`)
	_, network, _, leave := enter(t, w, impatient())
	defer leave()
	mx, err := mail.ParseServer("mx.port-25-blocked.example")
	if err != nil {
		t.Fatal(err)
	}
	var found []mail.Finding
	closing := check.Probe(t.Context(), []mail.Endpoint{mx}, check.Options{Network: network, FailOn: mail.Error, Control: w.Control}, func(e mail.Event) {
		if e.Finding != nil {
			found = append(found, *e.Finding)
		}
	})
	if len(found) != 1 || found[0].ID != "net.port-25-blocked" || found[0].Owner != mail.OwnerNetwork || closing.ExitCode != 3 {
		t.Errorf("exit code %d, %+v", closing.ExitCode, found)
	}
}

func TestNobodyElseIsAskedWhereAServerAnswers(t *testing.T) {
	t.Parallel()
	control := []mail.Endpoint{{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.control.example", Port: 993}}
	for _, name := range []string{"good", "expired-certificate", "wrong-password", "imap-down", "no-such-domain", "null-mx", "nothing-published"} {
		r := play(t, world(t, name), impatient(), func(o *check.Options) { o.Control = control })
		if got := controlled(r); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAControlHostOfTheSameHouseProvesNothing(t *testing.T) {
	t.Parallel()
	w := world(t, "mail-blocked")
	r := play(t, w, impatient(), func(o *check.Options) {
		o.Control = []mail.Endpoint{{Protocol: mail.IMAP, Security: mail.TLS, Host: "imap.mail-blocked.example", Port: 993}}
	})
	if got := controlled(r); len(got) > 0 {
		t.Errorf("asked was %v", got)
	}
}

// What a control host hears of the run is nothing: no name, no address, no secret.
func TestAControlHostLearnsNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"intercepted", "wrong-clock"} {
		w := world(t, name)
		r := play(t, w, impatient(), func(o *check.Options) { o.Control = w.Control })
		for _, s := range r.journal.Sessions {
			if strings.HasSuffix(s.Endpoint.Host, ".control.example") && len(s.Commands) > 0 {
				t.Errorf("%s: %s heard %q", name, s.Endpoint, s.Commands)
			}
		}
	}
}

func TestTheDefaultControlHostsAreOfTwoHousesAndForEveryTask(t *testing.T) {
	t.Parallel()
	houses := map[mail.Role]map[string]bool{mail.Incoming: {}, mail.Outgoing: {}, mail.MX: {}}
	for _, e := range check.DefaultControl() {
		google := strings.HasSuffix(e.Host, ".gmail.com") || strings.HasSuffix(e.Host, ".google.com")
		houses[e.Role()][map[bool]string{true: "Google", false: "Microsoft"}[google]] = true
	}
	for role, of := range houses {
		if len(of) != 2 {
			t.Errorf("%s: %v", role, of)
		}
	}
	if got := check.ControlOf(mail.Endpoint{Host: "mail.example"}); len(got) != 4 {
		t.Errorf("of a host alone %v are asked", got)
	}
}
