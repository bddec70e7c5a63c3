//go:build integration

package integration

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// compared is a port of a server that several tools look at, through a counter of connections.
type compared struct {
	endpoint string // as mailmedic writes it
	software string
	host     string
	via      string // the counter's address
	server   string // where it leads
	protocol string // of STARTTLS as other tools call it, "" for TLS from the first byte on
	slowly   bool   // testssl.sh looks at it too
}

func comparedEndpoints() []compared {
	return []compared{
		{"imaps://via.good.test:993", "Dovecot", "via.good.test", "127.0.10.31:993", "127.0.10.1:993", "", false},
		{"imap+starttls://via.good.test:143", "Dovecot", "via.good.test", "127.0.10.31:143", "127.0.10.1:143", "imap", false},
		{"pop3+starttls://via.good.test:110", "Dovecot", "via.good.test", "127.0.10.31:110", "127.0.10.1:110", "pop3", false},
		{"smtps://via.good.test:465", "Postfix", "via.good.test", "127.0.10.31:465", "127.0.10.1:465", "", false},
		{"smtp+starttls://via.good.test:587", "Postfix", "via.good.test", "127.0.10.31:587", "127.0.10.1:587", "smtp", true},
		{"imaps://via.expired.test:993", "Dovecot", "via.expired.test", "127.0.10.32:993", "127.0.10.2:993", "", false},
		{"smtp+starttls://via.expired.test:587", "Postfix", "via.expired.test", "127.0.10.32:587", "127.0.10.2:587", "smtp", false},
		{"smtp+starttls://via.exim.test:587", "Exim", "via.exim.test", "127.0.10.33:587", eximAddress + ":587", "smtp", false},
		{"smtps://via.exim.test:465", "Exim", "via.exim.test", "127.0.10.33:465", eximAddress + ":465", "", false},
		{"imaps://via.exim.test:993", "Courier", "via.exim.test", "127.0.10.33:993", courierAddress + ":993", "", false},
		{"imap+starttls://via.cyrus.test:143", "Cyrus", "via.cyrus.test", "127.0.10.34:143", cyrusAddress + ":143", "imap", false},
		{"imaps://via.cyrus.test:993", "Cyrus, TLS 1.2", "via.cyrus.test", "127.0.10.34:993", olderAddress + ":993", "", false},
	}
}

// account is what one tool says of an endpoint. What it does not say is empty.
type account struct {
	tool        string
	version     string              // of TLS, that was agreed on
	suite       string              // by its IANA name
	versions    []string            // all that the server speaks, oldest first
	suites      map[string][]string // all that it takes, by version and sorted, by their IANA names
	names       []string            // in the certificate, sorted
	notAfter    time.Time
	verdict     string   // on the certificate: "ok", "expired" or the tool's own word
	mechanisms  []string // after TLS, sorted, in lower case
	took        time.Duration
	connections int64
}

// TestOtherToolsSeeWhatMailmedicSees holds what mailmedic says of real servers
// against openssl, swaks, sslscan and testssl.sh, and logs a table of them all.
func TestOtherToolsSeeWhatMailmedicSees(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tables := map[string][]account{}
	t.Run("endpoint", func(t *testing.T) {
		for _, c := range comparedEndpoints() {
			t.Run(c.endpoint, func(t *testing.T) {
				t.Parallel()
				accounts := askEverybody(t, c)
				for i, other := range accounts[1:] {
					agree(t, accounts[0], other)
					for _, third := range accounts[1 : i+1] {
						agreeOnOffers(t, third, other)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				tables[c.endpoint] = accounts
			})
		}
	})
	t.Log("\n" + tableOf(tables))
}

// askEverybody asks mailmedic first, and one tool after the other.
func askEverybody(t *testing.T, c compared) []account {
	t.Helper()
	front := countConnections(t, c.via, c.server)
	tools := []func(*testing.T, compared) account{byMailmedic, byOpenSSL}
	if strings.HasPrefix(c.endpoint, "smtp") {
		tools = append(tools, bySwaks)
	} else {
		tools = append(tools, byHand)
	}
	tools = append(tools, bySSLScan, bySurvey)
	if c.slowly {
		tools = append(tools, byTestSSL)
	}
	var accounts []account
	for _, tool := range tools {
		front.made()
		began := time.Now()
		a := tool(t, c)
		a.took, a.connections = time.Since(began), front.made()
		accounts = append(accounts, a)
	}
	return accounts
}

// agree fails where another tool says otherwise than mailmedic. Which suite is
// agreed on depends on the wishes of the client, so it has to be one that others
// find too; which version does not.
func agree(t *testing.T, ours, other account) {
	t.Helper()
	differ := func(what string, a, b any) {
		t.Errorf("%s differs: mailmedic says %v, %s says %v", what, a, other.tool, b)
	}
	if other.version != "" && other.version != ours.version {
		differ("the version", ours.version, other.version)
	}
	if len(other.versions) > 0 && !slices.Contains(other.versions, ours.version) {
		differ("the version", ours.version, other.versions)
	}
	if len(other.suites) > 0 && !slices.Contains(other.suites[ours.version], ours.suite) {
		differ("the suite", ours.suite, other.suites)
	}
	if len(other.names) > 0 && !slices.Equal(other.names, ours.names) {
		differ("the list of names", ours.names, other.names)
	}
	if !other.notAfter.IsZero() && other.notAfter.Sub(ours.notAfter).Abs() >= time.Minute { // some tools cut the seconds off
		differ("the expiry", ours.notAfter, other.notAfter)
	}
	if other.verdict != "" && other.verdict != ours.verdict {
		differ("the verdict on the certificate", ours.verdict, other.verdict)
	}
	if len(other.mechanisms) > 0 && !slices.Equal(other.mechanisms, ours.mechanisms) {
		differ("the list of mechanisms", ours.mechanisms, other.mechanisms)
	}
}

// agreeOnOffers fails where two tools have asked for everything and found another list.
func agreeOnOffers(t *testing.T, one, other account) {
	t.Helper()
	if len(one.versions) > 0 && len(other.versions) > 0 && !slices.Equal(one.versions, other.versions) {
		t.Errorf("the versions differ: %s has %v, %s has %v", one.tool, one.versions, other.tool, other.versions)
	}
	if len(one.suites) > 0 && len(other.suites) > 0 && !maps.EqualFunc(one.suites, other.suites, slices.Equal) {
		t.Errorf("the suites differ: %s has %v, %s has %v", one.tool, one.suites, other.tool, other.suites)
	}
}

// numberOfSuites counts a suite once for each version, as the tools do.
func (a account) numberOfSuites() string {
	n := 0
	for _, suites := range a.suites {
		n += len(suites)
	}
	return strings.TrimPrefix(strconv.Itoa(n), "0")
}

func tableOf(tables map[string][]account) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "endpoint\tserver\ttool\tTLS\tsuite or number of suites\tnames\texpires\tcertificate\tsign-in\tms\tconnections")
	for _, c := range comparedEndpoints() {
		for _, a := range tables[c.endpoint] {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d\t%d\n", c.endpoint, c.software, a.tool,
				or(a.version, strings.Join(a.versions, ", ")), or(a.suite, a.numberOfSuites()), len(a.names),
				strings.TrimPrefix(a.notAfter.Format(time.DateOnly), "0001-01-01"), a.verdict, strings.Join(a.mechanisms, " "), a.took.Milliseconds(), a.connections)
		}
	}
	w.Flush()
	return b.String()
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// output runs a tool that must end in time, whatever its exit code is.
func output(t *testing.T, stdin string, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil || cmd.ProcessState == nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return string(out)
}
